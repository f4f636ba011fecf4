#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every caller of the malloc family inside a C library reaches this heap, and one libosheap.a links
with each C library: newlib, its nano variant, picolibc.

For each C library, all members of its libc.a that refer to a function of the family are linked
together with libosheap.a, the allocator's own files aside. The linker's map is judged as an image's
(routing.py), and must show each of those members. Then the same link without this library must be
found out.

usage: callers.py BUILD-ROOT     where run.sh has built an521 and rv32, with newlib's headers
"""
import pathlib
import re
import subprocess
import sys
import tempfile

import routing

M33 = "arm-none-eabi-gcc -mcpu=cortex-m33+nodsp -mthumb -mfloat-abi=soft".split()
RV32 = "riscv64-unknown-elf-gcc -march=rv32imac -mabi=ilp32 -misa-spec=2.2".split()
PICOLIBC = pathlib.Path("/usr/lib/picolibc")
# What only the allocator itself has: a program that uses it links that allocator, and fails to link.
ALLOCATOR = re.compile(r"_*(mallinfo|mallopt|malloc_(stats|trim))(_r)?$|__malloc_(?!lock$|unlock$)")
# The port and the linker script define these.
OTHERS = re.compile(r"os_heap_port_|__osh_heap_(start|end)$")


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def libc_of(compiler, name):
    if name != "picolibc":
        return pathlib.Path(run(*compiler, f"-print-file-name={name}"))
    triple = compiler[0].removesuffix("-gcc")
    return PICOLIBC / triple / "lib" / run(*compiler, "-print-multi-directory").strip() / "libc.a"


def members(compiler, archive):
    """{member: (names it defines, names that it needs, but for weak ones)}"""
    found = {}
    for line in run(compiler[0].removesuffix("gcc") + "nm", "-A", str(archive)).splitlines():
        match = re.match(r".*[:(]([^:()]+\.o(?:bj)?)\)?:\s*[0-9a-f]*\s+(\w) (\S+)$", line)
        if match:
            defines, needs = found.setdefault(match[1], (set(), set()))
            if match[2] == "U":
                needs.add(match[3])
            elif match[2] in "TDBRVWCGSi":
                defines.add(match[3])
    return found


def callers(libc):
    """{member that calls the family: a name that it defines}"""
    family = routing.FAMILY | routing.BREAK
    named = {}
    for member, (defines, needs) in libc.items():
        is_allocator = any(name in family or ALLOCATOR.match(name) for name in defines)
        if needs & family and not is_allocator and defines:
            named[member] = min(defines)
    return named


def cross_references(compiler, names, archives, work):
    """Of a link of all that `names` are defined by; what they need besides may be missing."""
    wanted = [f"-Wl,-u,{name}" for name in ["malloc", *names]] # as osheap.pc and the others have it
    run(*compiler, "-r", "-nostdlib", f"-Wl,--cref,-Map={work}/map", *wanted, *map(str, archives),
        "-o", f"{work}/all.o")
    return routing.cross_references(f"{work}/map")


def wrongs(compiler, archive, libc_path, work):
    """What is wrong, a sentence each; then the number of callers."""
    libc = members(compiler, libc_path)
    wanted = callers(libc)
    if len(wanted) < 10:
        yield f"{libc_path}: only {len(wanted)} callers: is this a C library?"
    table = cross_references(compiler, wanted.values(), [archive, libc_path], work)
    yield from routing.wrongs(table)
    linked = {user for name in routing.FAMILY for user in table.get(name, [])[1:]}
    for member in wanted:
        if not any(user.endswith(f"({member})") for user in linked):
            yield f"{libc_path}({member}) calls the family, and is not in the map"

    libgcc = pathlib.Path(run(*compiler, "-print-libgcc-file-name").strip())
    libraries = (members(compiler, archive), libc, members(compiler, libgcc))
    available = set().union(*(defines for lib in libraries for defines, _ in lib.values()))
    for member, (_, needs) in libraries[0].items():
        for name in needs - available:
            if not OTHERS.match(name):
                yield f"{archive.name}({member}) needs {name}, which {libc_path} does not have"

    without = routing.wrongs(cross_references(compiler, wanted.values(), [libc_path], work))
    if not any("is defined by" in wrong for wrong in without):
        yield "the same link without this library: passes"
    return len(wanted)


def main():
    if len(sys.argv) != 2 or sys.argv[1] in ("-h", "--help"):
        print(__doc__, file=sys.stdout if len(sys.argv) == 2 else sys.stderr)
        return 0 if len(sys.argv) == 2 else 2
    root = pathlib.Path(sys.argv[1])
    failed = False
    for board, compiler, name in (("an521", M33, "libc.a"), ("an521", M33, "libc_nano.a"),
                                  ("an521", M33, "picolibc"), ("rv32", RV32, "picolibc")):
        archive = root / board / "libosheap.a"
        if not archive.exists():
            sys.exit(f"callers.py: {archive} is missing: tests/firmware/run.sh {root} {board}")
        found = []
        with tempfile.TemporaryDirectory() as work:
            libc_path = libc_of(compiler, name)
            judge = wrongs(compiler, archive, pathlib.Path(str(libc_path).strip()), work)
            while True:
                try:
                    found.append(next(judge))
                except StopIteration as end:
                    count = end.value
                    break
                except subprocess.CalledProcessError as error:
                    sys.exit(f"callers.py: {name}: {error.stderr[-2000:]}")
        for wrong in found:
            print(f"{board} with {name}: {wrong}")
        failed = failed or bool(found)
        if not found:
            print(f"{board} with {name}: {count} callers in the C library, all reach this heap; "
                  "without it they are found out")
    return failed


if __name__ == "__main__":
    sys.exit(main())
