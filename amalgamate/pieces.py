# SPDX-License-Identifier: Apache-2.0
"""Source files as pieces of text and the includes between them.

An include outside of any #if splits a file in two pieces; what is included comes between them.
A file is included once, so the guards of headers are left out. An include inside an #if is
replaced by the file's text, with its guard.
"""

import re
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

DIRECTIVE = re.compile(r"\s*#\s*(\w+)\s*(.*)")
INCLUDE = re.compile(r'\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)')


class Failed(Exception):
    """What is wrong, for the user."""


def is_public(path):
    return "/include/os/" in str(path)


def without_guard(lines):
    """The lines of a header between its guard's #define and #endif."""
    at = [i for i, line in enumerate(lines) if DIRECTIVE.match(line)]
    if len(at) < 3:
        return lines
    first, second = (DIRECTIVE.match(lines[i]) for i in at[:2])
    if first[1] != "ifndef" or second[1] != "define" or first[2] != second[2]:
        return lines
    return lines[:at[0]] + lines[at[1] + 1:at[-1]]


@lru_cache(maxsize=None)
def parse(path, keep_guard=False):
    """[("text", lines) | ("include", name) | ("system", name)], in order; an include inside an
    #if is part of the text."""
    lines = (ROOT / path).read_text().splitlines()
    if "SPDX" in lines[0]:
        lines = lines[1:]
    if is_public(path):
        return [("text", lines)] # a program may include it as well: the guard remains
    if path.suffix == ".h" and not keep_guard:
        lines = without_guard(lines)
    items, text, depth = [], [], 0
    for line in lines:
        directive = DIRECTIVE.match(line)
        include = INCLUDE.match(line)
        if include and depth == 0 and not keep_guard:
            items.append(("text", text))
            text = []
            items.append(("include", include[1]) if include[1] else ("system", include[2]))
            continue
        if directive and directive[1] in ("if", "ifdef", "ifndef"):
            depth += 1
        elif directive and directive[1] == "endif":
            depth -= 1
        text.append(line)
    items.append(("text", text))
    return items


class Unit:
    """What one port's compiler would see: its pieces, in order."""

    def __init__(self, port, folders, given):
        self.port = port
        self.folders = folders
        self.given = given      # include name -> (title, lines): text that is no file of ours
        self.pieces = []        # (title, number, text), the same in two ports if it is equal
        self.system = []        # headers of the C library
        self.included = set()

    def resolve(self, name, near):
        for folder in (str(near.parent), *self.folders):
            path = Path(folder) / name
            if (ROOT / path).is_file():
                return Path(*_simplified(path.parts))
        raise Failed(f"{near} includes {name}, which no folder of {self.port.name} has")

    def add(self, title, number, lines):
        text = "\n".join(lines).strip("\n")
        if re.sub(r"/\*.*?\*/", "", text, flags=re.S).strip():
            self.pieces.append((title, number, text))

    def include(self, name, near):
        if name in self.given:
            if name not in self.included:
                self.included.add(name)
                self.add(*self.given[name])
            return
        path = self.resolve(name, near)
        if path not in self.included:
            self.included.add(path)
            self.header(path)

    def header(self, path):
        self.body(path, parse(path))

    def body(self, path, items):
        waiting = []  # a comment before the first include belongs to what follows
        for number, (kind, what) in enumerate(items):
            if kind == "text":
                text = self.in_place(what, path)
                if self._is_comment(text):
                    waiting += text
                else:
                    self.add(str(path), number, waiting + text)
                    waiting = []
            elif kind == "system" and what not in self.given:
                if what not in self.system:
                    self.system.append(what)
            else:
                self.include(what, path)

    @staticmethod
    def _is_comment(lines):
        return not re.sub(r"/\*.*?\*/", "", "\n".join(lines), flags=re.S).strip()

    def in_place(self, lines, path):
        """The lines with includes replaced by the text of files that are not there yet."""
        out = []
        for line in lines:
            match = INCLUDE.match(line)
            name = match and (match[1] or (match[2] if match[2] in self.given else None))
            if not name:
                out.append(line)
            elif name in self.given:
                if name not in self.included:
                    raise Failed(f"{path}: {name} is needed inside an #if")
            else:
                inner = self.resolve(name, path)
                if inner not in self.included:
                    text = [l for kind, what in parse(inner, True) if kind == "text" for l in what]
                    out += [f"/* {inner} */", *self.in_place(text, inner)]
        return out

    def headers_of(self, path):
        """Everything that a source includes before its first line."""
        for kind, what in self._leading(parse(path)):
            if kind == "system" and what not in self.given:
                if what not in self.system:
                    self.system.append(what)
            elif kind != "text":
                self.include(what, path)

    def _leading(self, items):
        for kind, what in items:
            if kind == "text" and not self._is_comment(what):
                return
            yield kind, what


def _simplified(parts):
    out = []
    for part in parts:
        if part == "..":
            out.pop()
        else:
            out.append(part)
    return out


def merged(units):
    """[(piece, the ports that have it)]: every unit's pieces in that unit's order. A piece that two
    units have in another order comes twice."""
    order = []  # [piece, [ports]]
    for unit in units:
        at = 0
        result = []
        for piece in unit.pieces:
            found = next((i for i in range(at, len(order)) if order[i][0] == piece), None)
            if found is None:
                result.append([piece, [unit.port]])
            else:
                result += order[at:found]
                order[found][1].append(unit.port)
                result.append(order[found])
                at = found + 1
        order = result + order[at:]
    return order
