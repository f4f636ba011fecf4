# SPDX-License-Identifier: Apache-2.0
"""The arithmetic: medians, spread, what the rounds tell apart, and means over the programs."""

import math
import statistics
from collections.abc import Mapping, Sequence

from . import plan
from .run import Run

# Of a row: the name, the field of a run, digits behind the point, and a heading.
KINDS = (("time", "cpu_s", 3, "CPU seconds"), ("wall", "wall_s", 3, "Seconds by the clock"),
         ("peak_mb", "peak_mb", 1, "MiB resident at most"),
         ("final_mb", "final_mb", 1, "MiB resident at the end"))
WHAT = tuple(kind[0] for kind in KINDS)
HEADINGS = {kind[0]: kind[3] for kind in KINDS}


def row(name: str, runs: Mapping[str, Sequence[Run]]) -> dict:
    """Medians of each allocator's rounds, and beside them the least and the greatest."""
    made = {"name": name, "rounds": min(len(of) for of in runs.values()),
            "identical": len({one.digest for of in runs.values() for one in of}) == 1}
    spread = {}
    for what, field, digits, _ in KINDS:
        values = {allocator: [getattr(one, field) for one in of] for allocator, of in runs.items()}
        made[what] = {allocator: round(statistics.median(of), digits) for allocator, of in values.items()}
        spread[what] = {allocator: [round(min(of), digits), round(max(of), digits)]
                        for allocator, of in values.items()}
    return {**made, "spread": spread}


def told_apart(made: dict, what: str, peer: str) -> bool:
    """False: the ranges of this heap's rounds and of the peer's overlap, so the medians' difference may
    be noise."""
    ours, theirs = made["spread"][what][plan.OURS], made["spread"][what][peer]
    return ours[1] < theirs[0] or theirs[1] < ours[0]


def ratio(made: dict, what: str, peer: str) -> float:
    """Below 1 is this heap's."""
    return made[what][plan.OURS] / made[what][peer]


def peers(rows: Sequence[dict]) -> list[str]:
    return [name for name in rows[0]["time"] if name != plan.OURS]


def mean(rows: Sequence[dict], what: str, peer: str) -> float:
    return math.exp(statistics.fmean(math.log(ratio(one, what, peer)) for one in rows))


def least(made: dict, what: str, among: Sequence[str]) -> str:
    """Of some peers the one with the least."""
    return min(among, key=lambda peer: made[what][peer])


def mean_of_least(rows: Sequence[dict], what: str) -> float:
    """Against the best peer of each row."""
    return math.exp(statistics.fmean(math.log(ratio(one, what, least(one, what, peers(rows))))
                                     for one in rows))


def worst(rows: Sequence[dict], what: str, among: Sequence[str]) -> tuple[float, str]:
    """The greatest ratio to the best of some peers, and its row's name."""
    return max((ratio(one, what, least(one, what, among)), one["name"]) for one in rows)
