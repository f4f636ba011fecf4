# SPDX-License-Identifier: Apache-2.0
"""The sources of each port, as the build's files list them."""

import re
from pathlib import Path

from pieces import ROOT, Failed

# Empty in one translation unit.
EMPTY = "arch/atomic/osh_atomic.c"
# Libraries of their own in the build.
BESIDE = {"firmware": ["arch/firmware/osh_no_os.c", "arch/firmware/osh_selftest.c"]}


def assigned(text, folder):
    """Variable -> list of sources and of other variables' names, from a meson.build."""
    found = {}
    statement = re.compile(r"^ *(\w*_sources) (\+?=) (files\(.*?\))(?=\n)", re.M | re.S)
    joined = re.sub(r"\) \+ (\w+) \+ files\(", r", \1,", text)
    for name, how, value in statement.findall(joined):
        items = re.findall(r"'([^']+\.c)'|\b(\w+_sources)\b", value)
        listed = [str((folder / path)) if path else variable for path, variable in items]
        found[name] = (found.get(name, []) if how == "+=" else []) + listed
    return found


def of_file(path):
    folder = Path(path).parent
    return assigned((ROOT / path).read_text(), folder)


def simplified(path):
    return Path(*_without_parents(Path(path).parts))


def _without_parents(parts):
    out = []
    for part in parts:
        out = out[:-1] if part == ".." else out + [part]
    return out


def sources(port, newlib):
    """(the port's, the heap's, on firmware what the build keeps as objects of their own, newlib's),
    in the build's order."""
    top = of_file("meson.build")
    top.update(of_file("fallback/meson.build"))
    arch = (ROOT / f"arch/{port.system}/meson.build").read_text()
    folder = Path("arch") / port.system
    lists = assigned(_branch(arch, port), folder)
    for name in ("heap_sources", "fallback_sources"):
        if not top.get(name):
            raise Failed(f"meson.build: there is no {name} = files(...)")
    if not lists.get("arch_sources"):
        raise Failed(f"{folder}/meson.build: there is no arch_sources += files(...)")
    heap = []
    for item in top["heap_sources"]:
        heap += top[item] if item in top else [item]
    found = [[simplified(path) for path in paths if path != EMPTY]
             for paths in (lists["arch_sources"], heap,
                           lists.get("arch_own_sources", []) + BESIDE.get(port.system, []))]
    for path in [path for paths in found for path in paths]:
        if not (ROOT / path).is_file():
            raise Failed(f"the build lists {path}, which does not exist")
    return (*found, Path(f"fallback/{'nano' if newlib == 'nano' else 'newlib'}/osh_newlib.c"))


def _branch(text, port):
    """Of an if for the portable port, the branch that this port takes."""
    match = re.search(r"^if get_option\('port'\) == 'portable'\n(.*?)^else\n(.*?)^endif\n", text, re.M | re.S)
    if not match:
        return text
    return text[:match.start()] + match["portable" in port.name and 1 or 2] + text[match.end():]
