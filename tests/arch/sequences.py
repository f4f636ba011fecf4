#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Where each restartable sequence of libosheap.a begins and ends, from its listing.

The kernel restarts a thread only between the two addresses that a sequence's descriptor
names. So the load of the CPU's number, the load of the list and the commit all have to lie
there, and nothing may enter there but at the start. No run shows a range that begins one
instruction late, unless a preemption falls on just that instruction, and a migration on a
later one while another thread works on the list of the CPU that was left.

usage: sequences.py ARCHIVE [TOOL-PREFIX]
"""
import re
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

SIGNATURES = {"x86-64": bytes.fromhex("0fb93d53300553"), "aarch64": bytes.fromhex("00bc28d4")}
NUMBER = r"(0x[0-9a-f]+|\d+)"

# What an instruction of a sequence looks like. `area` is the register with the address of
# struct rseq, in which cpu_id is at 4 and rseq_cs at 8; `lists` has the CPU's lists.
FORMS = {
    "x86-64": {
        "describe": r"mov +%(?P<value>\w+),%fs:0x8\(%(?P<area>\w+)\)$",
        "number": r"movslq +%fs:0x4\(%(?P<area>\w+)\),%(?P<lists>\w+)$",
        "load": r"mov +(?P<at>\(%{lists},%\w+,8\)),%\w+$",
        "store": r"mov +%\w+,(?:0x0)?(?P<at>\([^)]*\))$",
        "list": r"\(%{lists}[,)]",
        "jump": r"^j\w+ +([0-9a-f]+)",
        "always": r"^jmp",
    },
    "aarch64": {
        "describe": r"str\t(?P<value>\w+), \[(?P<area>\w+), #8\]$",
        "number": r"ldrsw\t(?P<lists>x\d+), \[(?P<area>\w+), #4\]$",
        "load": r"ldr\t\w+, (?P<at>\[{lists}\])$",
        "store": r"str\t\w+, (?P<at>\[[^\]]*\])$",
        "list": r"\[{lists}[,\]]",
        "jump": r"^(?:b|b\.\w+|cbn?z|tbn?z)\t(?:[^<]*, )?([0-9a-f]+) <",
        "always": r"^b\t",
    },
}


def wide(register):
    """The 64-bit name of a register of x86-64 or AArch64."""
    if register.startswith("w"):
        return "x" + register[1:]
    if register.startswith("e"):
        return "r" + register[1:]
    return register[:-1] if re.fullmatch(r"r\d+d", register) else register


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def link(archive, prefix, folder):
    """All of the archive at fixed addresses: never run, so what it lacks is no matter."""
    program = str(Path(folder) / "sequences.elf")
    run(prefix + "gcc", "-nostdlib", "-static", "-no-pie", "-Wl,-e,0,--unresolved-symbols=ignore-all",
        "-Wl,--build-id=none,--whole-archive", archive, "-o", program)
    return program


class Program:
    """A linked program's instructions, and the bytes of its sections."""

    def __init__(self, path, prefix):
        self.sections = {}
        data = Path(path).read_bytes()
        self.cpu = {62: "x86-64", 183: "aarch64"}[struct.unpack_from("<H", data, 18)[0]]
        self.forms = FORMS[self.cpu]
        table = run(prefix + "readelf", "-SW", path)
        for name, at, offset, size in re.findall(
                r"^ +\[ *\d+\] (\S+) +\w+ +([0-9a-f]+) ([0-9a-f]+) ([0-9a-f]+)", table, re.M):
            self.sections[name] = (int(at, 16), data[int(offset, 16):int(offset, 16) + int(size, 16)])
        self.code = {} # address -> text
        self.order = []
        for line in run(prefix + "objdump", "-d", "--no-show-raw-insn", path).splitlines():
            found = re.match(r"^ +([0-9a-f]+):\t(.*?) *$", line)
            if found:
                # Without what objdump says of the target, but where that is part of the form.
                text = re.sub(r"\t// .*|\s+# .*$", "", found[2]).strip()
                self.code[int(found[1], 16)] = text
                self.order.append(int(found[1], 16))
        self.index = {at: i for i, at in enumerate(self.order)}

    def descriptors(self):
        """(its address, version, flags, start, length, abort) of each."""
        at, raw = self.sections.get("__rseq_cs", (0, b""))
        for offset in range(0, len(raw) - 31, 32):
            yield (at + offset, *struct.unpack_from("<IIQQQ", raw, offset))

    def bytes_before(self, address, count):
        for at, raw in self.sections.values():
            if at != 0 and at + count <= address <= at + len(raw):
                return raw[address - at - count:address - at]
        return b""

    def before(self, address, steps=1):
        i = self.index.get(address)
        return None if i is None or i < steps else self.order[i - steps]

    def target(self, at):
        found = re.search(self.forms["jump"], self.code.get(at, ""))
        return int(found[1], 16) if found else None

    def names(self, at, register):
        """The address that the instructions at `at` leave in the register, and how many they are."""
        if self.cpu == "x86-64":
            found = re.match(r"lea +(-?0x[0-9a-f]+)\(%rip\),%(\w+)$", self.code.get(at, ""))
            behind = self.order[self.index[at] + 1]
            return (behind + int(found[1], 16), 1) if found and found[2] == register else (None, 1)
        page = re.match(r"adrp\t(\w+), ([0-9a-f]+)", self.code.get(at, ""))
        rest = re.match(r"add\t(\w+), (\w+), #(0x[0-9a-f]+)", self.code.get(at + 4, ""))
        if not page or not rest or {page[1], rest[1], rest[2]} != {register}:
            return None, 2
        return int(page[2], 16) + int(rest[3], 16), 2


def judge(program, descriptor):
    """(what kind of operation it is, everything that is wrong)."""
    forms, wrong = program.forms, []
    where, version, flags, start, length, abort = descriptor
    end = start + length
    inside = [at for at in program.order if start <= at < end]
    if (version, flags) != (0, 0):
        wrong.append("its version and flags are not 0")
    if not inside or inside[0] != start or end not in program.index:
        return "none", [*wrong, "it does not begin and end between instructions"]

    describes = program.before(start)
    named = re.match(forms["describe"], program.code.get(describes, ""))
    number = re.match(forms["number"], program.code[start])
    if not named:
        wrong.append("the instruction before it does not store the descriptor's address")
    if not number:
        wrong.append("its first instruction does not load the CPU's number")
    if not named or not number:
        return "none", wrong
    if named["area"] != number["area"]:
        wrong.append("descriptor and CPU's number are not of one area")
    steps = 1 if program.cpu == "x86-64" else 2
    names = program.before(describes, steps)
    if program.names(names, named["value"])[0] != where:
        wrong.append("what is stored is not the descriptor's address")

    at_list = {key: forms[key].replace("{lists}", wide(number["lists"])) for key in ("load", "list")}
    loads = [re.match(at_list["load"], program.code[at]) for at in inside]
    places = {found["at"] for found in loads if found}
    stores = {at: found["at"] for at in inside if (found := re.match(forms["store"], program.code[at]))}
    commits = [at for at, to in stores.items() if re.search(at_list["list"], to)]
    if len(places) != 1:
        wrong.append(f"{len(places)} words of the CPU's lists are loaded, not one")
    if commits != [inside[-1]]:
        wrong.append("its last instruction is not the one store to the list")
    elif {stores[inside[-1]]} != places:
        wrong.append("the commit is to another word than the one that was loaded")
    for at in inside:
        if (to := program.target(at)) is not None and start <= to < end:
            wrong.append(f"a jump at {at:#x} stays inside")
        if re.match(r"(call|bl|blr|syscall|svc)\b", program.code[at]):
            wrong.append(f"something is called at {at:#x}")
    for at in program.order:
        to = program.target(at)
        if to is not None and not start <= at < end and start <= to < end:
            wrong.append(f"a jump at {at:#x} leads inside")

    signature = SIGNATURES[program.cpu]
    if program.bytes_before(abort, len(signature)) != signature:
        wrong.append("the signature is not before the abort handler")
    if start <= abort < end:
        wrong.append("the abort handler is inside")
    if not re.match(forms["always"], program.code.get(abort, "")) or program.target(abort) != names:
        wrong.append("the abort handler does not jump to where the descriptor is stored")

    writes = len(stores) - len(commits)
    reads = len([at for at in inside[1:] if re.match(forms["load"].replace("{lists}", r"\w+")
                 if program.cpu == "aarch64" else r"mov +\(%\w+\),%\w+$", program.code[at])])
    reads -= program.cpu == "aarch64" # the list itself
    return ("push" if writes else "pop" if reads else "exchange"), wrong


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    prefix = sys.argv[2] if len(sys.argv) == 3 else ""
    with tempfile.TemporaryDirectory() as folder:
        program = Program(link(sys.argv[1], prefix, folder), prefix)
    kinds, failed = {}, 0
    for descriptor in program.descriptors():
        kind, wrong = judge(program, descriptor)
        kinds[kind] = kinds.get(kind, 0) + 1
        for line in wrong:
            print(f"sequences: {kind} at {descriptor[3]:#x}: {line}")
        failed += len(wrong)
    for kind in ("pop", "push", "exchange"):
        if kind not in kinds:
            print(f"sequences: there is no sequence of a {kind}")
            failed += 1
    print(f"sequences: {program.cpu}: " + ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items()))
          + f": {failed} faults")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
