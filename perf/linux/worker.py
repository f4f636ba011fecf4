# SPDX-License-Identifier: Apache-2.0
"""Runs one worker process and reads what it reports."""

import json
import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import shape
from .plan import Cell, Preset

# A worker that takes this much longer than it was asked to has hung.
PATIENCE_S = 60.0
PATIENCE_PER_SECOND = 20.0


@dataclass(frozen=True)
class Failure:
    """A worker that gave no result, and what it said."""

    allocator: str
    cell: Cell
    reason: str
    stderr: str


def path_of(workers: Path, allocator: str) -> Path:
    """Where the build puts the worker of an allocator."""
    return workers / f"storm-{allocator}"


def is_built(workers: Path, allocator: str) -> bool:
    """A peer that is not installed has no worker."""
    return os.access(path_of(workers, allocator), os.X_OK)


def _reason(status: int) -> str:
    if status < 0:
        return f"killed by {signal.Signals(-status).name}"
    meanings = {3: "out of memory", 4: "corrupt memory", 5: "system error"}
    return meanings.get(status, f"exit status {status}")


def run(workers: Path, allocator: str, cell: Cell, seconds: float,
        preset: Preset, verify: bool) -> dict | Failure:
    """The worker's report, or why there is none."""
    command = [str(path_of(workers, allocator)),
               "--scenario", cell.scenario, "--threads", str(cell.threads),
               "--seconds", f"{seconds:.4f}", "--warm", f"{preset.warm_s:.4f}",
               "--large-live", str(preset.large_live)]
    if verify:
        command.append("--verify")
    patience = PATIENCE_S + PATIENCE_PER_SECOND * seconds
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False,
                              errors="replace", timeout=patience)
    except subprocess.TimeoutExpired as late:
        said = late.stderr or b""
        text = said if isinstance(said, str) else said.decode(errors="replace")
        return Failure(allocator, cell, f"no answer within {patience:.0f} s", text)
    if done.returncode != 0:
        return Failure(allocator, cell, _reason(done.returncode), done.stderr)
    try:
        report = json.loads(done.stdout)
    except (ValueError, RecursionError) as error:
        return Failure(allocator, cell, f"unreadable report: {error}", done.stderr)
    wrong = shape.fault(report, cell.scenario, cell.threads)
    if wrong:
        return Failure(allocator, cell, f"unreadable report: {wrong}", done.stderr)
    return report
