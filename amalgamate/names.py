# SPDX-License-Identifier: Apache-2.0
"""Names that only one source has: in one translation unit they meet those of the others."""

import re
from functools import lru_cache

from pieces import ROOT

NOT_CODE = re.compile(r'(/\*.*?\*/|"(?:\\.|[^"\\])*")', re.S)


@lru_cache(maxsize=None)
def code(path):
    return NOT_CODE.sub(" ", (ROOT / path).read_text())


@lru_cache(maxsize=None)
def local_names(path):
    """(functions, variables) that are static in the source."""
    text = re.sub(r"__attribute__\s*\(\(.*?\)\)|OSH_ALIGNED\(\w+\)", "", code(path), flags=re.S)
    text = re.sub(r"^\s*#(?:.*\\\n)*.*$", "", text, flags=re.M)
    functions = re.findall(r"^(?:OSH_\w+ )*static\b[^;={}()]*?\b(\w+)\s*\(", text, re.M)
    functions += re.findall(r"^OSH_(?:INLINE|SHARED_CODE)\b[^;={}()]*?\b(\w+)\s*\(", text, re.M)
    variables = []
    for names in re.findall(r"^(?:static|OF_THIS_THREAD)\b([^;={}()]*)[=;]", text, re.M):
        variables += [re.sub(r"\[.*", "", name, flags=re.S).split()[-1].lstrip("*") for name in names.split(",")]
    return frozenset(functions), frozenset(variables + re.findall(r"^\}\s*(\w+)\s*[=;\[]", text, re.M))


@lru_cache(maxsize=None)
def words(path):
    """Words that may be a name of their own: no members."""
    return frozenset(re.findall(r"(?<![\w.])(?<!->)[A-Za-z_]\w*", code(path)))


def undefined(path):
    """#undef for each macro of the source, so that the next may have its own."""
    defined = dict.fromkeys(re.findall(r"^\s*#\s*define (\w+)", code(path), re.M))
    guarded = set(re.findall(r"^\s*#\s*ifndef (\w+)", code(path), re.M))
    return [f"#undef {name}" for name in defined if name not in guarded]


class Renames:
    """Puts the source's name in front of a function that two sources of a port have, and of a
    variable whose name another source has for anything."""

    def __init__(self, sources_of_ports):
        self.of = {}
        for paths in sources_of_ports:
            for path in paths:
                others = [other for other in paths if other != path]
                functions, variables = local_names(path)
                mine = {name for name in functions
                        if any(name in local_names(other)[0] | local_names(other)[1] for other in others)}
                mine |= {name for name in variables if any(name in words(other) for other in others)}
                self.of.setdefault(str(path), set()).update(mine)

    def apply(self, path, lines):
        names = self.of.get(str(path))
        if not names:
            return lines
        stem = re.sub(r"^osh?_", "", path.stem)
        pattern = re.compile(rf"(?<![\w.])(?<!->)({'|'.join(sorted(names))})\b")
        parts = NOT_CODE.split("\n".join(lines))
        for i in range(0, len(parts), 2):
            parts[i] = pattern.sub(rf"{stem}_\1", parts[i])
        return "".join(parts).splitlines()
