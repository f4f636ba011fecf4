# SPDX-License-Identifier: Apache-2.0
"""Rounds over all cells and allocators."""

import time
from dataclasses import dataclass, field
from pathlib import Path

from ..command import turns
from . import worker
from .pace import Pace
from .plan import SCENARIOS, Cell, Preset
from .progress import Progress
from .worker import Failure

Reports = dict[tuple[Cell, str], list[dict | None]]


@dataclass
class Outcome:
    """Reports by cell and allocator, one place a round; None where a run failed."""

    reports: Reports = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    elapsed_s: float = 0.0
    seconds_per_run: list[float] = field(default_factory=list)


def _schedule(cells: list[Cell], allocators: list[str],
              round_number: int) -> list[tuple[Cell, str]]:
    """Every cell, by the allocators in turn."""
    order = turns(allocators, round_number)
    return [(cell, name) for cell in cells for name in order
            if name in SCENARIOS[cell.scenario].allocators]


def conduct(workers: Path, cells: list[Cell], allocators: list[str],
            preset: Preset, rounds: int, verify: bool) -> Outcome:
    """All runs, one at a time. A pair that failed once is not tried again."""
    outcome = Outcome()
    per_round = len(_schedule(cells, allocators, 0))
    pace = Pace(preset, per_round)
    progress = Progress(per_round * rounds)
    runs_left = per_round * rounds
    given_up: set[tuple[Cell, str]] = set()
    for number in range(rounds):
        seconds = pace.seconds(rounds - number)
        outcome.seconds_per_run.append(seconds)
        for cell, name in _schedule(cells, allocators, number):
            where = (f"round {number + 1}/{rounds}  {cell.scenario} "
                     f"x{cell.threads}")
            progress.step(where, name, pace.remaining(runs_left, seconds))
            runs_left -= 1
            results = outcome.reports.setdefault((cell, name), [])
            if (cell, name) in given_up:
                results.append(None)
                continue
            begin = time.monotonic()
            result = worker.run(workers, name, cell, seconds, preset, verify)
            pace.ran(time.monotonic() - begin, seconds)
            if isinstance(result, Failure):
                given_up.add((cell, name))
                outcome.failures.append(result)
                progress.say(f"FAILED  {name}  {cell.scenario} x{cell.threads}: "
                             f"{result.reason}")
                results.append(None)
            else:
                results.append(result)
    progress.end()
    outcome.elapsed_s = pace.elapsed()
    return outcome
