# SPDX-License-Identifier: Apache-2.0
"""Frames and calls of a firmware build, and the deepest stack below a function.

Frames are the compiler's own figures (-fcallgraph-info=su). Calls are the compiler's list and every
call and jump to another function in the object's relocations. A function that is only jumped to gets
the stack of the function that jumps: that frame is gone by then. What comes from libc and libgcc is
read from the linked image: the sum of what the function takes off the stack pointer, in every
instruction.
"""
import re
import subprocess
from pathlib import Path

NODE = re.compile(r'^node: \{ title: "([^"]+)" label: "([^"]*)"(.*)\}')
EDGE = re.compile(r'^edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"')
FRAME = re.compile(r"\\n(\d+) bytes \(([a-z,]+)\)")
FUNCTION = re.compile(r"^[0-9a-f]+ <([^>]+)>:$")
RELOCATION = re.compile(r"^\s+[0-9a-f]+: (R_\S*(?:CALL|JUMP|JAL|BRANCH|BR\d)\S*)\s+(\S+)")
# Not ble, bls and blt, which are branches.
CALL = re.compile(r"(bl(x|eq|ne|cs|cc|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)?|auipc\s+ra)\b")
INDIRECT = "__indirect_call"


class Wrong(Exception):
    """No figure can be given."""


def short(name):
    return name.split(":")[-1]


def output_of(*command):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True).stdout


class Graph:
    def __init__(self, prefix):
        self.prefix = prefix  # of the binutils
        self.frames = {}      # function -> bytes. A static function's name has its file before it
        self.calls = {}       # function -> the functions that it calls
        self.jumps = {}       # function -> the functions that it may only jump to

    def add_object(self, path):
        """An object, with the .ci file that the compiler has put beside it."""
        names = {}
        for line in path.with_suffix(".ci").read_text().splitlines():
            if node := NODE.match(line):
                title, label = node[1], node[2]
                frame = FRAME.search(label)
                if not frame:
                    continue  # of another file
                if frame[2] != "static":
                    raise Wrong(f"{title}: its frame is {frame[2]}")
                if title in self.frames:
                    raise Wrong(f"{title}: defined twice")
                self.frames[title] = int(frame[1])
                self.calls[title], self.jumps[title] = set(), set()
                names[title.split(":")[-1]] = title
            elif edge := EDGE.match(line):
                self.calls[edge[1]].add(edge[2])
        self.add_relocations(path, names)

    def add_relocations(self, path, names):
        """names: the object's functions, by their symbols."""
        function, instruction = None, ""
        called = {title: set() for title in names.values()}
        jumped = {title: set() for title in names.values()}
        names = {**self.aliases(path, names), **names}
        for line in output_of(f"{self.prefix}objdump", "-dr", "--no-show-raw-insn", path).splitlines():
            if begins := FUNCTION.match(line):
                symbol = re.sub(r"\.cold$", "", begins[1])  # runs in the frame of its function
                if symbol in names:
                    function = symbol
                elif not symbol.startswith((".L", "$")):
                    raise Wrong(f"{path.name}: the compiler gives no frame of {symbol}")
            elif found := RELOCATION.match(line):
                target = re.sub(r"^\.text\.(unlikely\.)?|(\.cold)?([+-]0x[0-9a-f]+)?$", "", found[2])
                if target.startswith((".L", "*ABS*")) or target == function:
                    continue
                is_call = CALL.match(instruction) or "JAL" in found[1]
                (called if is_call else jumped).setdefault(names[function], set()).add(names.get(target, target))
            elif "\t" in line:
                instruction = line.split("\t", 1)[1]
        for title, targets in jumped.items():
            self.jumps[title] |= targets - called.get(title, set())
        for title in called:
            self.calls[title] = (self.calls[title] | called[title]) - self.jumps[title]

    def aliases(self, path, names):
        """Other symbols of the object's functions. The graph gets their public names."""
        at = {}
        for line in output_of(f"{self.prefix}objdump", "-t", path).splitlines():
            words = line.split()
            if len(words) > 4 and words[-4:-3] != ["*UND*"] and " F " in line:
                at.setdefault((words[-3], words[0]), []).append(words[-1])
        found = {}
        for symbols in at.values():
            known = [symbol for symbol in symbols if symbol in names]
            for symbol in symbols if known else []:
                if symbol not in names:
                    found[symbol] = symbol
                    self.calls[symbol], self.jumps[symbol] = {names[known[0]]}, set()
                    self.frames[symbol] = 0
        return found

    def add_image(self, image, wanted, library):
        """Functions of the image's libraries, and what these call in turn. What the library only has
        a weak reference to may be absent: it then asks before it calls."""
        weak = {line.split()[-1] for line in output_of(f"{self.prefix}nm", library).splitlines()
                if line.split()[-2:-1] == ["w"]}
        bodies, name = {}, None
        for line in output_of(f"{self.prefix}objdump", "-d", "--no-show-raw-insn", image).splitlines():
            if begins := FUNCTION.match(line):
                name = begins[1]
                bodies[name] = []
            elif name and "\t" in line:
                bodies[name].append(line.split("\t", 1)[1])
        at = {}  # the disassembly has one symbol of each address
        for line in output_of(f"{self.prefix}objdump", "-t", image).splitlines():
            words = line.split()
            if words and re.fullmatch(r"[0-9a-f]+", words[0]):
                at.setdefault(words[0], []).append(words[-1])
        for symbols in at.values():
            for symbol in symbols:
                body = next((bodies[other] for other in symbols if other in bodies), None)
                if body is not None:
                    bodies.setdefault(symbol, body)
        wanted = set(wanted)
        while wanted:
            name = wanted.pop()
            if name not in bodies and name in weak:
                self.frames[name], self.calls[name], self.jumps[name] = 0, set(), set()
                continue
            if name not in bodies:
                raise Wrong(f"{name} is called, and is not in {image.name}")
            self.frames[name], self.calls[name] = read(name, bodies[name])
            self.jumps[name] = set()
            wanted |= {called for called in self.calls[name] if called not in self.frames}

    def deepest(self, function, indirect, ends=None):
        """Bytes of stack from the function's entry down. `indirect` says what a function calls by a
        pointer. With `ends` only what is in use when one of these functions is called; -1 if none
        is."""
        known, active = {}, []

        def of_all(targets, name):
            most = -1
            for target in sorted(targets):
                if target == INDIRECT:
                    if short(name) not in indirect:
                        raise Wrong(f"{short(name)} calls by a pointer: what can it call?")
                    options = indirect[short(name)]
                else:
                    options = [target]
                most = max([most] + [below(self.named(option)) for option in options])
            return most

        def below(name):
            if ends is not None and short(name) in ends:
                return 0
            if name in active:
                raise Wrong(f"recursion: {' -> '.join(active[active.index(name):] + [name])}")
            if name not in known:
                active.append(name)
                called, jumped = of_all(self.calls[name], name), of_all(self.jumps[name], name)
                active.pop()
                if ends is None:
                    called = max(called, 0)
                known[name] = max(self.frames[name] + called if called >= 0 else -1, jumped)
            return known[name]
        return below(self.named(function))

    def named(self, function):
        """A static function may be given without its file."""
        if function in self.frames or ":" in function:
            return function
        found = [name for name in self.frames if short(name) == function]
        return found[0] if len(found) == 1 else function

    def unknown(self, roots, indirect):
        """What the roots call, and those in turn, that is in no object."""
        seen, todo = set(), {self.named(root) for root in roots}
        while todo:
            name = todo.pop()
            seen.add(name)
            targets = self.calls.get(name, set()) | self.jumps.get(name, set())
            if INDIRECT in targets:
                targets = targets - {INDIRECT} | set(indirect.get(short(name), ()))
            todo |= {self.named(target) for target in targets} - seen
        return seen - set(self.frames)


def read(name, lines):
    """Frame and calls of a function in a disassembly. The frame is the sum of all that it takes, as
    if each instruction ran once."""
    frame, calls = 0, set()
    for line in lines:
        line = re.split(r"\s*[@;]|\s+//|\s+#\s", line)[0].strip()
        word, _, operands = line.partition("\t")
        operands = operands.strip()
        listed = re.search(r"\{(.*)\}", operands)
        if re.match(r"(push|stmdb|stmfd)(\.w)?$", word) and listed and \
                (word.startswith("push") or operands.startswith("sp!")):
            frame += 4 * len(listed[1].split(","))
        elif found := re.match(r"sp, (?:sp, )?#(\d+|0x[0-9a-f]+)$", operands):
            if word.startswith("sub"):
                frame += int(found[1], 0)
        elif found := re.search(r"\[sp, #-(\d+)\]!$", operands):
            frame += int(found[1])
        elif found := re.match(r"sp,\s*sp,\s*-(\d+)$", operands):
            frame += int(found[1])
        elif re.match(r"(sub|addi?|mov|mv|add)(\.w|s|w)?$", word) and re.match(r"sp,", operands) and \
                not re.match(r"sp,\s*(sp,\s*)?#?(\d+|0x[0-9a-f]+)$", operands):
            raise Wrong(f"{name}: sp changes in a way that is not read: {line}")
        if re.match(r"blx?$|blr$|jalr$", word) and re.match(r"(r\d+|ip|lr|x\d+|ra|[ast]\d+)$", operands):
            raise Wrong(f"{name} calls by a pointer: {line}")
        if target := re.search(r"<([^>+]+)>$", operands):  # with an offset it is inside a function
            if target[1] != name and re.match(r"b|j|call|tail", word):
                calls.add(target[1])
    return frame, calls
