# SPDX-License-Identifier: Apache-2.0
"""What the project set itself to reach, and whether a campaign shows it."""

import statistics
from collections.abc import Callable

from ..linux.plan import BASELINE, OURS, SCENARIOS

REFERENCE = "jemalloc"
FEW_THREADS, MANY_THREADS = 2, 64
# Worst row of a scenario: the peer that leads there, and what of it is to be reached.
AT_LEAST = {"bulk": ("mimalloc", 0.9), "tiny": ("best_peer", 0.9), "holes": ("jemalloc", 0.5)}
# With fewer rounds nothing is separable from noise, so a loss counts as it was measured.
ENOUGH_ROUNDS = 5
AGAINST_SEED = ("churn", "handoff", "crowd")


def _bar(what: str, wanted: str, value: float | None,
         holds: Callable[[float], bool], note: str = "") -> dict:
    met = None if value is None else holds(value)
    return {"bar": what, "wanted": wanted, "measured": value, "met": met,
            "note": note}


def _mean(doc: dict, peer: str, metric: str) -> float | None:
    return doc["geomean"].get(peer, {}).get(metric)


def _worst_scenario(doc: dict, peer: str) -> tuple[float | None, str]:
    found = doc["geomean"].get(peer, {}).get("scenarios", {}).get("throughput", {})
    if not found:
        return None, ""
    name = min(found, key=found.get)
    return found[name], name


def _worst_row(doc: dict, peer: str, scenario: str | None = None) -> tuple[float | None, str]:
    """The lowest throughput of a row, and which row that is. A loss that enough rounds do not
    separate from noise counts as none."""
    def counts(row: dict) -> bool:
        return row["separable"]["throughput"] or len(row["rounds"]["throughput"]) < ENOUGH_ROUNDS
    rows = [(row["throughput"] if counts(row) else max(row["throughput"], 1.0),
             row) for row in doc["ratios"]
            if row["peer"] == peer and row["throughput"] is not None
            and scenario in (None, row["scenario"]) and SCENARIOS[row["scenario"]].compared]
    if not rows:
        return None, ""
    value, row = min(rows, key=lambda each: each[0])
    return value, (f"{row['scenario']} x{row['threads']} against "
                   f"{row.get('throughput_peer', row['peer'])}")


def _against_seed(doc: dict, scenario: str) -> float | None:
    cores = doc["machine"]["cores"]
    for row in doc["ratios"]:
        if (row["scenario"], row["threads"], row["peer"]) == (scenario, cores,
                                                              BASELINE):
            return row["throughput"]
    return None


def crowd_memory(doc: dict, allocator: str) -> float | None:
    """Peak memory with many threads over that with few, for the same live bytes."""
    peak = {run["threads"]: statistics.median(run["peak_rss_bytes"])
            for run in doc["runs"]
            if run["scenario"] == "crowd" and run["allocator"] == allocator}
    if FEW_THREADS not in peak or MANY_THREADS not in peak:
        return None
    return peak[MANY_THREADS] / peak[FEW_THREADS]


def _brink(doc: dict) -> list[dict]:
    found = [run["recovery"] for run in doc["runs"]
             if run["scenario"] == "brink" and run["allocator"] == OURS]
    had = float(all(r["large_had"] for r in found)) if found else None
    refill = min((r["refill_ratio"] for r in found), default=None)
    return [
        _bar("brink: a block of 80% of the region after all was freed", "had",
             had, lambda v: v == 1.0),
        _bar("brink: fills again, of the first fill", ">= 0.90", refill,
             lambda v: v >= 0.90),
    ]


def judge(doc: dict) -> list[dict]:
    """Every bar; `met` is None where the campaign did not measure it."""
    worst, name = _worst_scenario(doc, REFERENCE)
    lost, where = _worst_row(doc, "best_peer")
    bars = [
        _bar(f"throughput against {REFERENCE}, geometric mean", ">= 1.50",
             _mean(doc, REFERENCE, "throughput"), lambda v: v >= 1.5),
        _bar(f"throughput against {REFERENCE}, worst scenario", ">= 0.95", worst,
             lambda v: v >= 0.95, name),
        _bar(f"memory against {REFERENCE}, geometric mean", "<= 0.90",
             _mean(doc, REFERENCE, "memory"), lambda v: v <= 0.9),
        _bar("throughput against the best peer, geometric mean", ">= 1.25",
             _mean(doc, "best_peer", "throughput"), lambda v: v >= 1.25),
        _bar("throughput against the best peer, worst row", ">= 0.95", lost,
             lambda v: v >= 0.95, where),
        _bar("memory against the same peer, the fastest of each row", "<= 0.95",
             _mean(doc, "best_peer", "memory_of_fastest"), lambda v: v <= 0.95),
        _bar("memory against the leanest peer of each row", "<= 0.95",
             _mean(doc, "best_peer", "memory"), lambda v: v <= 0.95),
    ]
    for scenario, (peer, least) in AT_LEAST.items():
        found = _worst_row(doc, peer, scenario)
        bars.append(_bar(f"{scenario} against {peer.replace('_', ' ')}", f">= {least:.2f}",
                         found[0], lambda v, least=least: v >= least, found[1]))
    for scenario in AGAINST_SEED:
        bars.append(_bar(f"{scenario} against seed, threads = cores", ">= 5.00",
                         _against_seed(doc, scenario), lambda v: v >= 5.0))
    bars.append(_bar(f"crowd memory, {MANY_THREADS} threads over {FEW_THREADS}",
                     "<= 1.30", crowd_memory(doc, OURS), lambda v: v <= 1.3))
    return bars + _brink(doc)
