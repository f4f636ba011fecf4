#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Builds the library for each chip of docs/chips.md by the chip's own cross file, and checks how the
library reads a core's number.

The cross files are arch/firmware/chips/NAME.ini. Each is one row of the page's table, with the two
numbers that the file has. In the library's disassembly, the exclusive pairs or masked sections of the
lists must read the core's number as the row says, and nothing else may.

usage: chips.py BUILD-ROOT [--fast] [NAME ...]
  --fast  also at -O2; without it for size, where the library is one translation unit
"""
import argparse
import concurrent.futures
import configparser
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILES = ROOT / "arch" / "firmware" / "chips"
PAGE = ROOT / "docs" / "chips.md"

# What reads a core's number, by objdump's words, and what a list operation is made of.
MPIDR_64 = r"mrs\s+x\d+, mpidr_el1"
MPIDR_32 = r"mrc\s+15, 0, \w+, cr0, cr0, \{5\}"
HART = r"csrr\s+\w+,mhartid"
SIO = r"(?:mov(?:\.w)?\s+\w+, #3489660928|\.word\s+0xd0000000)"
# Thumb-1 makes the address by a shift.
SIO_M0 = r"movs\s+\w+, #208\b[^\n]*\n(?:[^\n]*\n){0,3}?[^\n]*lsls\s+\w+, \w+, #24"
ANY_NUMBER = f"{MPIDR_64}|{MPIDR_32}|{HART}|{SIO}"
EXCLUSIVE = r"\b(?:ldrex|ldxr)\b"
MASKED = r"csrrci?\s+\w+,mstatus,8"
MASKED_M = r"cpsid\s+i"
RESERVED = r"\blr\.[wd]\b"
CHIPS = {  # name: (how a core's number is read, what must be there, what must not)
    "rp2040": (SIO_M0, MASKED_M, rf"{EXCLUSIVE}"),
    "rp2350-arm": (SIO, EXCLUSIVE, None),
    "rp2350-riscv": (HART, f"{MASKED}|{RESERVED}", None),
    "esp32p4": (HART, f"{MASKED}|{RESERVED}", None),
    "polarfire": (HART, f"{MASKED}|{RESERVED}", None),
    "jh7110": (HART, f"{MASKED}|{RESERVED}", None),
    "zynqmp-a53": (MPIDR_64, EXCLUSIVE, None),
    "zynqmp-r5": (MPIDR_32, EXCLUSIVE, None),
    "stm32h7-m7": (None, EXCLUSIVE, None),
    "stm32h7-m4": (None, EXCLUSIVE, None),
    "imxrt1170-m7": (None, EXCLUSIVE, None),
    "imxrt1170-m4": (None, EXCLUSIVE, None),
    "esp32c3": (HART, MASKED, rf"{RESERVED}|\bamo\w+"),
}


def run(*command):
    return subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)


def numbers(path):
    """The prefix of the binutils, and the two numbers."""
    parsed = configparser.ConfigParser(interpolation=None)
    parsed.read(path)
    options = parsed["project options"]
    prefix = parsed["binaries"]["c"].strip("'").removesuffix("gcc")
    return prefix, options["ram"].strip("'"), options["cores"].strip("'")


def wrong_with(name, folder, optimization):
    """Why the chip's library is not as it should be, or nothing."""
    path = FILES / f"{name}.ini"
    prefix, ram, cores = numbers(path)
    if f"| `{name}.ini` |" not in PAGE.read_text():
        return f"{PAGE.name} has no row for {name}.ini"
    row = next(line for line in PAGE.read_text().splitlines() if f"| `{name}.ini` |" in line)
    if f"| {ram}, {cores} |" not in row:
        return f"the row of {PAGE.name} does not have '{ram}, {cores}', as the file has"
    build = folder / f"{name}-{optimization}"
    if not (build / "build.ninja").exists():
        done = run("/usr/bin/meson", "setup", build, ROOT, "--cross-file", path, "-Dtests=false",
                   "-Dstorm=false", f"-Doptimization={optimization}")
        if done.returncode != 0:
            return done.stdout
    done = run("ninja", "-C", build, "-j1")
    if done.returncode != 0:
        return done.stdout
    read, needed, forbidden = CHIPS[name]
    text = run(f"{prefix}objdump", "-d", build / "libosheap.a").stdout
    if re.search(ANY_NUMBER, text) and read is None:
        return "it reads a core's number, and should not"
    if read is not None:
        others = re.sub(read, "", text)
        if not re.search(read, text):
            return f"nothing reads a core's number by {read}"
        if re.search(ANY_NUMBER, others):
            return f"a core's number is read otherwise than by {read}"
    for pattern in needed.split("|") if needed != EXCLUSIVE else [needed]:
        if not re.search(pattern, text):
            return f"there is no {pattern}"
    if forbidden and (found := re.search(forbidden, text)):
        return f"there is a {found[0]}"
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path)
    parser.add_argument("--fast", action="store_true")
    parser.add_argument("names", nargs="*", metavar="NAME")
    arguments = parser.parse_args()
    files = {path.stem for path in FILES.glob("*.ini")}
    if files != set(CHIPS):
        sys.exit(f"chips: {FILES} and this tool differ: {', '.join(sorted(files ^ set(CHIPS)))}")
    if unknown := set(arguments.names) - files:
        sys.exit(f"chips: no chip {', '.join(sorted(unknown))}; there are: {', '.join(CHIPS)}")
    folder = arguments.root.resolve() / "chips"
    folder.mkdir(parents=True, exist_ok=True)
    builds = [(name, optimization) for name in arguments.names or CHIPS
              for optimization in ("s", "2")[:1 + arguments.fast]]
    with concurrent.futures.ThreadPoolExecutor(2) as two:
        found = list(two.map(lambda build: wrong_with(build[0], folder, build[1]), builds))
    failed = 0
    for (name, optimization), wrong in zip(builds, found):
        if wrong:
            failed += 1
            print(f"{name} at -O{optimization}: {wrong}")
    print(f"chips: {len(builds)} libraries of {len(arguments.names or CHIPS)} chips, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
