#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Under memcheck a clean program has no errors on a heap that marks its blocks
(-Dtools=valgrind), each wrong one is reported with its line, and none of them is
on a heap that does not mark."""
import argparse
import subprocess
import sys

FREED = ("bytes inside a block of size", "free'd", "Block was alloc'd at")
INVALID_FREE = "Invalid free() / delete / delete[] / realloc()"
SAID = {  # of each error, what memcheck must say
    "write-behind": ("Invalid write of size 1", "is 0 bytes after a block of size", "alloc'd"),
    "read-behind": ("Invalid read of size 1", "is 0 bytes after a block of size", "alloc'd"),
    "read-before": ("Invalid read of size 1", "is 1 bytes before a block of size", "alloc'd"),
    "read-after-free": ("Invalid read of size 1", *FREED),
    "write-after-free": ("Invalid write of size 1", *FREED),
    "read-after-realloc": ("Invalid read of size 1", *FREED),
    "fresh-read": ("uninitialised value", "created by a heap allocation"),
    "fresh-read-after-realloc": ("uninitialised value", "created by a heap allocation"),
    "double-free": (INVALID_FREE, *FREED),
    "free-inside": (INVALID_FREE, "is 16 bytes inside a block of size", "alloc'd"),
    "realloc-after-free": (INVALID_FREE, *FREED),
    "lost": ("bytes in 1 blocks are definitely lost",),
}


def memcheck(program, what):
    """All that program and memcheck say, and the exit status."""
    done = subprocess.run(
        ["valgrind", "--quiet", "--leak-check=full", "--track-origins=yes", "--error-exitcode=9",
         program, what], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.stdout, done.returncode


def parts(text):
    """What was said of each error: {name and size: text}."""
    return {part.split("\n")[0]: part for part in text.split("\nerror ")[1:]}


def faults(part):
    """Why this is not a report of the error."""
    name = part.split()[0]
    lines = [line.split()[1] for line in part.splitlines() if line.startswith("line ")]
    if len(lines) != 1:
        return ["did not come to its line"]
    wanted = (*SAID[name], f"valgrind_program.c:{lines[0]})")
    return [f"does not say {text!r}" for text in wanted if text not in part]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("plain", help="the program on the library without marks")
    parser.add_argument("marked", nargs="+", help="on the library with them")
    options = parser.parse_args()
    failed = False

    def say(good, text, said=""):
        nonlocal failed
        failed = failed or not good
        print(("ok   " if good else "FAIL ") + text, said if not good else "")

    for program in options.marked:
        text, status = memcheck(program, "clean")
        say((text, status) == ("clean\n", 0), f"{program}: a clean program", text)
        made = parts("\n" + memcheck(program, "each")[0])
        say({part.split()[0] for part in made} == set(SAID), f"{program}: all errors are made")
        for name, part in made.items():
            wrong = faults(part)
            say(not wrong, f"{program}: {name}" + ": ".join(["", *wrong]), part)
    for name, part in parts("\n" + memcheck(options.plain, "each")[0]).items():
        said = [line for line in part.splitlines() if line.startswith("==")]
        say(not said, f"without marks: {name} is not reported", part)
    return failed


if __name__ == "__main__":
    sys.exit(main())
