# SPDX-License-Identifier: Apache-2.0
"""What can be run: allocators, scenarios, thread counts, and how long."""

from collections.abc import Callable
from dataclasses import dataclass

OURS = "osheap"
BASELINE = "seed"

# In the order of a round, each with the Debian package that brings it.
PACKAGES = {
    OURS: "this project: build it",
    BASELINE: "newlib-source",
    "jemalloc": "libjemalloc-dev",
    "glibc": "libc6-dev",
    "mimalloc": "libmimalloc-dev",
    "tcmalloc": "libgoogle-perftools-dev",
}
ALLOCATORS = tuple(PACKAGES)
PEERS = ALLOCATORS[1:]
# best_peer is the best of these; the seed is the baseline, not a competitor.
SERVER_PEERS = ALLOCATORS[2:]


# What a worker can take.
MOST_THREADS = 1024


def _one_and_cores(cores: int) -> set[int]:
    return {1, cores}


def _up_to_four_times(cores: int) -> set[int]:
    return {1, cores, 4 * cores}


def _cores_and_more(cores: int) -> set[int]:
    return {cores, 4 * cores}


def _only_cores(cores: int) -> set[int]:
    return {cores}


def _crowd(cores: int) -> set[int]:
    return {2, cores, 16 * cores, 64}


@dataclass(frozen=True)
class Scenario:
    """Which thread counts a scenario is run with, and who can run it."""

    threads: Callable[[int], set[int]]
    about: str
    allocators: tuple[str, ...] = ALLOCATORS
    # What it is about, if not calls a second and peak memory: bytes that take the
    # place of peak memory. Then its calls a second say nothing.
    measure: str | None = None

    @property
    def compared(self) -> bool:
        """Whether every allocator takes part, so that it counts in the means."""
        return self.allocators == ALLOCATORS


SCENARIOS = {
    "pair": Scenario(_one_and_cores, "hot malloc/free of 64 B"),
    "churn": Scenario(_up_to_four_times,
                      "random replacement, 8 B to 1 KiB, tables exchanged"),
    "handoff": Scenario(_up_to_four_times,
                        "producers allocate, consumers free, batches of 64"),
    "burst": Scenario(_up_to_four_times,
                      "20,000 allocated, freed LIFO, FIFO, shuffled"),
    "bulk": Scenario(_up_to_four_times, "50,000 of 64 B allocated, freed in that order"),
    "tiny": Scenario(_up_to_four_times, "8 to 32 B exchanged, written and freed elsewhere"),
    "mixed": Scenario(_up_to_four_times, "random replacement, 8 B to 256 KiB"),
    "ladder": Scenario(_up_to_four_times, "realloc up and down, 8 B to 512 KiB"),
    "large": Scenario(_one_and_cores, "16 KiB to 4 MiB, 2,000 to 8 live"),
    "holes": Scenario(_one_and_cores,
                      "128 KiB to 4 MiB among 16,000 free blocks of such sizes"),
    "births": Scenario(_cores_and_more, "threads start, allocate, die"),
    "crowd": Scenario(_crowd, "many threads churn one amount of live memory"),
    "sharing": Scenario(_cores_and_more, "small objects written on several cores"),
    "erosion": Scenario(_one_and_cores, "survivors through phases of sizes"),
    "growth": Scenario(_one_and_cores, "32 MiB of one size, most freed, then of another"),
    "fresh": Scenario(_up_to_four_times, "256 MiB of memory never touched before"),
    "afterwards": Scenario(_only_cores, "resident memory 2 s after a peak of 192 MiB, all freed",
                           measure="final_rss_bytes"),
    "brink": Scenario(_one_and_cores, "a fixed region kept full",
                      (OURS, BASELINE)),
}


@dataclass(frozen=True)
class Preset:
    """How much time a campaign gets. Without a budget each run takes `longest`. Before it
    is measured each run works for `warm` at least: the first touch of memory takes longer
    than all that follows, and differs most from one allocator to another."""

    name: str
    rounds: int
    budget_s: float | None
    shortest_s: float
    longest_s: float
    large_live: int
    warm_s: float


QUICK = Preset("quick", 5, 240.0, 0.1, 0.25, 64, 0.1)
DEFAULT = Preset("default", 5, 840.0, 0.2, 0.5, 2000, 0.1)
LONG = Preset("long", 9, None, 1.0, 1.0, 2000, 0.2)
# Each byte of each block is written and read: time enough for a few thousand.
VERIFY = Preset("verify", 1, None, 0.3, 0.3, 500, 0.03)

# Besides the measured time: start, warm-up, filling, draining. The pace corrects it.
ASSUMED_OVERHEAD_S = 0.25


@dataclass(frozen=True)
class Cell:
    """One row of the results: the unit in which allocators are compared."""

    scenario: str
    threads: int


def cells(scenarios: list[str], cores: int, quick: bool,
          threads: list[int] | None) -> list[Cell]:
    """The rows to run. `threads` given by the user wins over the scenario's own."""
    rows = []
    for name in scenarios:
        counts = SCENARIOS[name].threads(cores)
        if threads is not None:
            counts = set(threads)
        elif quick and name != "crowd":
            counts = {cores}
        rows += [Cell(name, n) for n in sorted(counts) if n <= MOST_THREADS]
    return rows
