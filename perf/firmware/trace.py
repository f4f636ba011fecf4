# SPDX-License-Identifier: Apache-2.0
"""
Judges the firmware storm's counter by another count: QEMU executes the hot pair one
instruction at a time and logs each one. What the images count of os_malloc and os_free
must be what the log has of them.
"""

import argparse
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from . import plan, run
from .run import FirmwareError
from ..command import names

FUNCTIONS = {"malloc": "os_malloc", "free": "os_free"}


def addresses(text: str) -> list[int]:
    """The instructions that were executed. One that reads a device is logged, rewound
    and logged again: the first is none."""
    found: list[int] = []
    for line in text.splitlines():
        if line.startswith("Trace"):
            try:
                found.append(int(line.split("[")[1].split("/")[1], 16))
            except (IndexError, ValueError) as error:
                raise FirmwareError(f"no line of a trace: {line}") from error
        elif line.startswith("cpu_io_recompile") and found:
            found.pop()
    return found


def lengths(executed: list[int], first: int) -> Counter[int]:
    """How many calls had how many instructions; each begins at `first`."""
    starts = [i for i, address in enumerate(executed) if address == first]
    return Counter(b - a for a, b in zip(starts, [*starts[1:], len(executed)]))


def _range(nm: str, image: Path, function: str) -> tuple[int, int]:
    done = subprocess.run([nm, "-S", str(image)], capture_output=True, text=True, check=True)
    for line in done.stdout.splitlines():
        words = line.split()
        if words[-1] == function and len(words) == 4:
            return int(words[0], 16) & ~1, int(words[1], 16)
    raise FirmwareError(f"no {function} in {image}")


def check(root: Path, board: str) -> dict[str, int]:
    """The median of each function, the same by both counts; else an error."""
    folder = run.build(root, board, 0)
    image = folder / run.IMAGE.format("osheap")
    nm = plan.BOARDS[board].compiler.removesuffix("gcc") + "nm"
    found = {}
    for call, function in FUNCTIONS.items():
        first, size = _range(nm, image, function)
        with tempfile.NamedTemporaryFile("r", suffix=".log") as log:
            options = ["-singlestep", "-d", "exec,nochain", "-D", log.name,
                       "-dfilter", f"{first:#x}+{size:#x}"]
            counted = run.counted(board, image, "pair", options).calls[call]
            logged = lengths(addresses(log.read()), first)
        # The log has the calls that warm up as well.
        if logged[counted.median] < counted.times[counted.median]:
            raise FirmwareError(
                f"{board}: {counted.times[counted.median]} calls of {function} counted as "
                f"{counted.median} instructions; the trace has {dict(logged)}")
        found[function] = counted.median
    return found


def main(argv: list[str] | None = None) -> int:
    """Exit status: 0 both agree, 1 they do not, 2 wrong usage."""
    parser = argparse.ArgumentParser(prog="firmware_trace", description=__doc__,
                                     allow_abbrev=False)
    parser.add_argument("--build", type=Path, required=True, metavar="DIR",
                        help="where the images are built")
    parser.add_argument("--boards", type=names(plan.BOARDS, "board"), metavar="A,B",
                        default=list(plan.BOARDS))
    args = parser.parse_args(argv)
    for board in args.boards:
        try:
            found = check(args.build, board)
        except FirmwareError as error:
            print(f"FAIL {error}")
            return 1
        print(f"ok   {board}: " + ", ".join(f"{f} {n}" for f, n in found.items())
              + " instructions, by the counter and by the trace", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
