# SPDX-License-Identifier: Apache-2.0
"""Resident memory of a process and of those that it starts: what each wrote at its end (probe.c), and
what the kernel said while it ran, for those that a signal ended.

Not ru_maxrss: before exec the process is a copy of this one, and that copy's memory counts there.
"""

import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

PROBE = Path(__file__).with_name("probe.c")
# VmHWM only grows, so what is read last misses no more than the growth of this time.
INTERVAL_S = 0.02


@dataclass(frozen=True)
class Seen:
    """KiB resident at most and last."""

    peak: int
    last: int


@dataclass(frozen=True)
class Record:
    """A line of the probe's."""

    pid: int
    seen: Seen
    malloc: Path


def build_probe(folder: Path) -> Path:
    probe = folder / "probe.so"
    subprocess.run(["gcc", "-O1", "-shared", "-fPIC", "-D_GNU_SOURCE", "-o", probe, PROBE], check=True)
    return probe


def records(file: Path) -> list[Record]:
    found = []
    for line in file.read_text(encoding="utf-8").splitlines():
        pid, peak, last, malloc = line.split(" ", 3)
        found.append(Record(int(pid), Seen(int(peak), int(last)), Path(malloc)))
    return found


def _kib(status: str, field: str) -> int | None:
    for line in status.splitlines():
        if line.startswith(field):
            return int(line.split()[1])
    return None


def look(pid: int) -> Seen | None:
    """None: the process has ended, or has given its memory back already."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    peak, last = _kib(status, "VmHWM:"), _kib(status, "VmRSS:")
    return None if peak is None or last is None else Seen(peak, last)


def _children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(word) for word in task.read_text(encoding="ascii").split()]
        except OSError:
            pass # the thread has ended
    return found


class Watch:
    """Reads the memory of `pid` and of its descendants until it is told to stop."""

    def __init__(self, pid: int):
        self.seen: dict[int, Seen] = {}
        self._pid = pid
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        while True:
            self.now()
            if self._end.wait(INTERVAL_S):
                return

    def now(self) -> None:
        to_visit = [self._pid]
        while to_visit:
            pid = to_visit.pop()
            seen = look(pid)
            if seen is not None:
                self.seen[pid] = seen
            to_visit += _children(pid)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *unused: object) -> None:
        self._end.set()
        self._thread.join()
