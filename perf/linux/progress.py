# SPDX-License-Identifier: Apache-2.0
"""What happens while it happens: one line in place on a terminal, else plain lines."""

import sys
from typing import TextIO


def clock(seconds: float) -> str:
    """Minutes and seconds."""
    whole = max(int(seconds + 0.5), 0)
    return f"{whole // 60}:{whole % 60:02d}"


class Progress:
    """Writes to standard error, so that standard output holds only results."""

    def __init__(self, total: int, stream: TextIO = sys.stderr) -> None:
        self._total = max(total, 1)
        self._done = 0
        self._stream = stream
        self._in_place = stream.isatty()
        self._last_plain = ""

    def step(self, where: str, allocator: str, left_s: float) -> None:
        """A run begins. Without a terminal there is one line per `where`."""
        percent = 100 * self._done // self._total
        if self._in_place:
            line = f"{percent:3d}%  {where}  {allocator}  ETA {clock(left_s)}"
            self._stream.write(f"\r\x1b[K{line}")
            self._stream.flush()
        elif where != self._last_plain:
            self._last_plain = where
            self._stream.write(f"{percent:3d}%  {where}  ETA {clock(left_s)}\n")
            self._stream.flush()
        self._done += 1

    def say(self, text: str) -> None:
        """A line that stays."""
        self._stream.write(f"\r\x1b[K{text}\n" if self._in_place else f"{text}\n")
        self._stream.flush()

    def end(self) -> None:
        """Leaves the terminal clean."""
        if self._in_place:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
