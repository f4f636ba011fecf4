# SPDX-License-Identifier: Apache-2.0
"""Builds the firmware storm's images and runs them under QEMU, instructions counted."""

import os
import re
import subprocess
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from . import plan

SECONDS_A_RUN = 600
INTERRUPT_STORM = "tests/firmware/storm.elf"
IMAGE = "perf/firmware/storm-{}.elf"
COMMON = ["-nodefaults", "-display", "none", "-monitor", "none", "-serial", "none",
          "-chardev", "stdio,id=sh"]


class FirmwareError(Exception):
    """A build or a run that failed, with what it said."""


@dataclass
class Calls:
    """How often a call took how many instructions."""

    times: dict[int, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return sum(self.times.values())

    @property
    def total(self) -> int:
        return sum(instructions * n for instructions, n in self.times.items())

    @property
    def best(self) -> int:
        return min(self.times)

    @property
    def worst(self) -> int:
        return max(self.times)

    @property
    def median(self) -> int:
        """The lower one of two in the middle: it has happened."""
        seen = 0
        for instructions in sorted(self.times):
            seen += self.times[instructions]
            if 2 * seen >= self.count:
                return instructions
        raise ValueError("no calls")


@dataclass
class Run:
    """What an image printed."""

    calls: dict[str, Calls]
    values: dict[str, int]

    @property
    def pair(self) -> float:
        """Instructions of a malloc and a free, in the mean over the run."""
        mean = sum(c.total / c.count for c in self.calls.values())
        return int(mean) if mean == int(mean) else round(mean, 1)


def _take(run: Run, line: str) -> None:
    """One line; IndexError and ValueError when it is of another form."""
    words = line.split()
    if words[0] == "calls":
        calls = run.calls.setdefault(words[1], Calls())
        for word in words[2:]:
            instructions, times = (int(part) for part in word.split(":"))
            calls.times[instructions] = calls.times.get(instructions, 0) + times
        if calls.count < 1 or min(calls.times.values()) < 1:
            raise ValueError("no calls")
    else:
        name, value = words
        run.values[name] = int(value)


def parse(text: str) -> Run:
    """Lines of `calls NAME INSTRUCTIONS:TIMES ...` and `NAME VALUE`, `ok` at the end."""
    run = Run({}, {})
    lines = [line for line in text.splitlines() if ": warning:" not in line]
    if not lines or lines[-1] != "ok":
        raise FirmwareError(lines[-1] if lines else "it printed nothing")
    for line in lines[:-1]:
        try:
            _take(run, line)
        except (IndexError, ValueError) as error:
            raise FirmwareError(f"unreadable: {line}") from error
    if not run.calls and not any(name.startswith("worst_") or name == plan.FIRST_NULL
                                 for name in run.values):
        raise FirmwareError("nothing was counted")
    return run


def _output(command: list[str], what: str) -> str:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip().splitlines()
        raise FirmwareError("\n".join([f"{what} failed:", *said[-15:]]))
    return done.stdout


def _make(folder: Path, board: str, options: list[str], targets: list[str]) -> None:
    """Configures the build folder, if it is new, and builds these targets in it."""
    cross = plan.SOURCE / "tests/firmware/boards" / plan.BOARDS[board].folder / "cross.ini"
    if not (folder / "build.ninja").exists():
        _output(["/usr/bin/meson", "setup", str(folder), str(plan.SOURCE), "--cross-file",
                 str(cross), *options], f"configuring {folder}")
    _output(["ninja", "-C", str(folder), "-j", str(os.cpu_count() or 1), *targets],
            f"building {folder}")


def build(root: Path, board: str, hardening: int | None) -> Path:
    """The build folder with that board's images. `None`: the default level."""
    folder = _folder(root, board, hardening)
    level = [f"-Dhardening={hardening}"] if hardening is not None and plan.has_levels() else []
    _make(folder, board, [f"-Dram={plan.RAM}", *level], ["firmware-storm", INTERRUPT_STORM])
    return folder


def build_for(root: Path, board: str, kib: int) -> Path:
    """This heap's image from a library for so much RAM, at the default level."""
    folder = root / f"{board}-{kib}K"
    _make(folder, board, [f"-Dram={kib}K"], [IMAGE.format("osheap")])
    return folder / IMAGE.format("osheap")


def density(root: Path, board: str, pool: ThreadPoolExecutor) -> dict[str, dict[str, int]]:
    """Bytes at the first NULL, by cell and allocator: the mean over some seeds. newlib's
    images must be there."""
    folder = _folder(root, board, 0)
    waiting = {}
    for kib in plan.DENSITY_KIB:
        images = {name: folder / IMAGE.format(plan.ALLOCATORS[name].image)
                  for name in plan.DENSITY_ALLOCATORS}
        images["default"] = build_for(root, board, kib)
        for kind in plan.DENSITY_KINDS:
            for name, image in images.items():
                waiting[f"{kib}K {kind}", name] = [
                    pool.submit(counted, board, image, f"{plan.DENSITY} {kib} {kind} {seed}", [])
                    for seed in plan.DENSITY_SEEDS]
    cells: dict[str, dict[str, int]] = {}
    for (cell, name), runs in waiting.items():
        found = [run.result().values[plan.FIRST_NULL] for run in runs]
        cells.setdefault(cell, {"region": int(cell.split("K")[0]) * 1024})[name] = round(
            sum(found) / len(found))
    return cells


def machine(board: str) -> list[str]:
    """QEMU's command for the board, which the image tests own."""
    script = plan.SOURCE / "tests/firmware/run.sh"
    return _output([str(script), "--machine", plan.BOARDS[board].folder],
                   f"asking {script} for {board}").split()


def _emulate(board: str, image: Path, options: list[str], argument: str) -> str:
    command = [*machine(board), *COMMON, *options,
               "-semihosting-config", "enable=on,target=native,chardev=sh,"
               + ",".join(f"arg={word}" for word in argument.split()),
               "-kernel", str(image)]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              check=False, timeout=SECONDS_A_RUN)
    except subprocess.TimeoutExpired as hang:
        raise FirmwareError(f"no end after {SECONDS_A_RUN} s") from hang
    if done.returncode != 0 and not done.stdout.strip():
        raise FirmwareError(f"status {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def _folder(root: Path, board: str, hardening: int | None) -> Path:
    # Named after the option: a folder from before there was one is not taken for one.
    if hardening is None or not plan.has_levels():
        return root / board
    return root / f"{board}-hardening{hardening}"


def counted(board: str, image: Path, scenario: str, options: list[str]) -> Run:
    """One scenario of an image, with instructions as its clock."""
    clock = ["-icount", f"shift={plan.BOARDS[board].shift},sleep=off"]
    return parse(_emulate(board, image, [*clock, *options], scenario))


def run(root: Path, board: str, allocator: str, scenario: str) -> Run:
    """One scenario of one allocator. The build must be there."""
    how = plan.ALLOCATORS[allocator]
    image = _folder(root, board, how.hardening) / IMAGE.format(how.image)
    try:
        return counted(board, image, scenario, [])
    except FirmwareError as error:
        raise FirmwareError(f"{board} {allocator} {scenario}: {error}") from error


def interrupted(root: Path, board: str) -> int:
    """Operations on a core's lists that an interrupt met inside, in the image tests'
    interrupt storm. Its cores run at once, so the figure varies: under -icount cores
    that wait for each other in turns take minutes, and QEMU's switch between them hangs
    on the host's time whenever all sleep."""
    text = _emulate(board, _folder(root, board, 0) / INTERRUPT_STORM, [], "storm")
    found = re.search(r"\binterrupted=(\d+) .*\bok$", text.strip())
    if found is None:
        raise FirmwareError(f"{board} interrupt storm: {text.strip() or 'it printed nothing'}")
    return int(found[1])


def run_all(root: Path, boards: list[str], scenarios: list[str],
            say) -> tuple[dict[tuple[str, str, str], Run], dict[str, int], dict[str, dict]]:
    """Every scenario of every allocator on every board, two at a time on two cores; the
    boards' interrupted operations; and what a region holds, if that is asked for."""
    allocators = plan.allocators()
    waiting: dict[tuple[str, str, str], Future] = {}
    met: dict[str, Future] = {}
    held: dict[str, dict] = {}
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        try:
            for board in boards:
                say(f"{board}: building and running")
                for level in dict.fromkeys(a.hardening for a in allocators.values()):
                    build(root, board, level)
                for name, allocator in allocators.items():
                    ours = [plan.CALLS] if allocator.image == "osheap" else []
                    for scenario in [*scenarios, *ours]:
                        if scenario in [*allocator.scenarios, *ours]:
                            waiting[board, name, scenario] = pool.submit(
                                run, root, board, name, scenario)
                met[board] = pool.submit(interrupted, root, board)
                if plan.DENSITY in scenarios:
                    say(f"{board}: what a region holds")
                    held[board] = density(root, board, pool)
            return ({key: future.result() for key, future in waiting.items()},
                    {board: future.result() for board, future in met.items()}, held)
        finally:
            pool.shutdown(cancel_futures=True)
