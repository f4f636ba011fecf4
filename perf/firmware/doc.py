# SPDX-License-Identifier: Apache-2.0
"""The firmware storm's results as one JSON document."""

import subprocess
from collections.abc import Mapping

from . import plan
from .run import Calls, Run

# The longest of a path, from the names an image gives it. Where memory is never
# short a miss is a refill; at the brink it may go on to the last resort.
PATHS = {
    "longest_malloc_hit": "os_malloc_small_hit",
    "longest_malloc_miss": "os_malloc_small_refill",
    "longest_malloc_large": "os_malloc_large",
    "longest_free_hit": "os_free_small_hit",
    "longest_free_miss": "os_free_small_overflow",
    "longest_free_large": "os_free_large",
}
AT_THE_BRINK = {
    **PATHS,
    "longest_malloc_miss": "os_malloc_small_exhausted",
    "longest_malloc_large": "os_malloc_large_exhausted",
}
BRINK_FACTS = ("region_bytes", "first_fill_bytes", "refill_bytes", "nulls", "large_had")


def worst(runs: Mapping[str, Run]) -> dict[str, int]:
    """The longest path of each kind over all scenarios, by scenario's name."""
    longest: dict[str, int] = {}
    for scenario, run in runs.items():
        names = AT_THE_BRINK if scenario == "brink" else PATHS
        for printed, value in run.values.items():
            if printed in names:
                name = names[printed]
            elif printed.startswith("worst_"):
                name = printed.removeprefix("worst_")
            else:
                continue
            longest[name] = max(value, longest.get(name, 0))
    return dict(sorted(longest.items()))


def _calls(calls: Calls) -> dict[str, int]:
    return {"calls": calls.count, "best": calls.best, "median": calls.median,
            "worst": calls.worst, "total": calls.total}


def _left_out(run: Run) -> int:
    return sum(value for name, value in run.values.items() if name.startswith("left_out_"))


def _detail(run: Run) -> dict:
    detail: dict = {name: _calls(calls) for name, calls in run.calls.items()}
    if _left_out(run):
        detail["left_out"] = _left_out(run)
    detail.update({name: run.values[name] for name in BRINK_FACTS if name in run.values})
    return detail


def board(runs: Mapping[tuple[str, str], Run], made_with: Mapping[str, str]) -> dict:
    """One board's part, from runs by allocator and scenario."""
    doc: dict = {"made_with": dict(made_with)}
    counted = {key: run for key, run in runs.items() if run.calls}
    for (allocator, scenario), run in counted.items():
        doc.setdefault(scenario, {})[allocator] = run.pair
    doc["calls"] = {}
    for (allocator, scenario), run in counted.items():
        doc["calls"].setdefault(scenario, {})[allocator] = _detail(run)
    for allocator, name in (("level0", "worst"), ("default", "worst_default")):
        longest = worst({s: run for (a, s), run in runs.items() if a == allocator})
        if longest:
            doc[name] = longest
    return doc


def _first_line(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True,
                          check=True).stdout.splitlines()[0]


def made_with(name: str) -> dict[str, str]:
    """What the exact figures of a board hang on besides this source."""
    about = plan.BOARDS[name]
    return {"compiler": _first_line([about.compiler, "--version"]),
            "newlib": _first_line(["dpkg-query", "-W", "-f", "${Package} ${Version}",
                                   about.newlib]),
            "emulator": _first_line([about.emulator, "--version"])}


def document(runs: Mapping[tuple[str, str, str], Run], interrupted: Mapping[str, int],
             held: Mapping[str, dict]) -> dict:
    """All boards, from runs by board, allocator and scenario."""
    boards = {}
    for name, times in interrupted.items():
        boards[name] = board({(a, s): run for (b, a, s), run in runs.items() if b == name},
                             made_with(name))
        boards[name]["interrupted"] = times
        if name in held:
            boards[name][plan.DENSITY] = held[name]
    return {"firmware": boards}
