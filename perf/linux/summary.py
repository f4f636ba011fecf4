# SPDX-License-Identifier: Apache-2.0
"""Turns the reports of a campaign into the document that --json writes."""

import statistics
from collections.abc import Sequence

from . import figures
from .campaign import Outcome
from .plan import OURS, PEERS, SCENARIOS, SERVER_PEERS, Cell
from .shape import CALLS

METRICS = ("throughput", "memory", "heap_memory", "cpu_throughput")

# Memory against the peer that is fastest on the row, rather than the leanest.
FASTEST = "memory_of_fastest"

# Below this much memory over the start, a quotient tells of noise.
HEAP_FLOOR_BYTES = 1 << 20

Series = Sequence[dict | None]


def _bytes(report: dict) -> float:
    """Peak memory, or the bytes that the scenario is about."""
    measure = SCENARIOS[report["scenario"]].measure
    return report["measures"][measure] if measure else report["peak_rss_bytes"]


def _heap_bytes(report: dict) -> float:
    grown = _bytes(report) - report["base_rss_bytes"]
    return max(grown, HEAP_FLOOR_BYTES)


def _ops_per_cpu_s(report: dict) -> float:
    return report["ops_per_s"] * report["elapsed_s"] / max(report["cpu_s"], 1e-6)


_VALUES = {
    "throughput": lambda report: report["ops_per_s"],
    "memory": _bytes,
    "heap_memory": _heap_bytes,
    "cpu_throughput": _ops_per_cpu_s,
}


def says(scenario: str, metric: str) -> bool:
    """Whether the scenario says anything about this metric."""
    return metric.endswith("memory") or SCENARIOS[scenario].measure is None


def _series(reports: Series, metric: str) -> list[float | None]:
    return [None if r is None else _VALUES[metric](r) for r in reports]


def _phases(reports: list[dict]) -> list[dict]:
    """Medians over the rounds, field by field."""
    merged = []
    for same in zip(*(report["phases"] for report in reports)):
        fields = {key: statistics.median(phase[key] for phase in same)
                  for key in same[0] if key != "label"}
        merged.append({"label": same[0]["label"], **fields})
    return merged


def _recovery(reports: list[dict]) -> dict:
    """The worst of the rounds: a recovery that failed once has failed."""
    each = [report["recovery"] for report in reports]
    worst = min(each, key=lambda r: (r["large_had"],
                                     r["refill_bytes"] / r["first_fill_bytes"]))
    return {**worst, "refill_ratio": worst["refill_bytes"] / worst["first_fill_bytes"]}


def _run(cell: Cell, allocator: str, reports: list[dict]) -> dict:
    run = {
        "scenario": cell.scenario,
        "threads": cell.threads,
        "allocator": allocator,
        "identity": reports[0]["identity"],
        "ops_per_s": [r["ops_per_s"] for r in reports],
        "bytes": [_bytes(r) for r in reports],
        "own": {name: [{"faults": r["faults"], **r.get("measures", {})}[name] for r in reports]
                for name in ("faults", *reports[0].get("measures", {}))},
        "cpu_s": [r["cpu_s"] for r in reports],
        "elapsed_s": [r["elapsed_s"] for r in reports],
        "peak_rss_bytes": [r["peak_rss_bytes"] for r in reports],
        "base_rss_bytes": [r["base_rss_bytes"] for r in reports],
        "live_bytes": statistics.median(r["live_bytes"] for r in reports),
        "latency_ns": {call: found for call in CALLS
                       if (found := figures.latency(reports, call))},
    }
    if "phases" in reports[0]:
        run["phases"] = _phases(reports)
    if "recovery" in reports[0]:
        run["recovery"] = _recovery(reports)
    return run


def _ratio(cell: Cell, peer: str, ours: Series, theirs: Series) -> dict | None:
    rounds = {metric: figures.ratios_by_round(_series(ours, metric), _series(theirs, metric))
              for metric in METRICS if says(cell.scenario, metric)}
    if not any(rounds.values()):
        return None
    found = {metric: statistics.median(rounds[metric]) if rounds.get(metric) else None
             for metric in METRICS}
    return {"scenario": cell.scenario, "threads": cell.threads, "peer": peer, **found,
            "rounds": rounds,
            "separable": {metric: figures.separable(each) for metric, each in rounds.items()}}


def _best(cell: Cell, rows: list[dict]) -> dict:
    """For each metric the server allocator that does best on this row."""
    best: dict = {"scenario": cell.scenario, "threads": cell.threads,
                  "peer": "best_peer", "rounds": {}, "separable": {}}
    for metric in METRICS:
        pick = figures.best_memory if metric.endswith("memory") \
            else figures.best_throughput
        known = {row["peer"]: row[metric] for row in rows if row[metric] is not None}
        name, best[metric] = pick(known) if known else (None, None)
        best[f"{metric}_peer"] = name
        for row in rows:
            if row["peer"] == name:
                best["rounds"][metric] = row["rounds"][metric]
                best["separable"][metric] = row["separable"][metric]
    fastest = best["throughput_peer"]
    best[FASTEST] = next((row["memory"] for row in rows if row["peer"] == fastest), None)
    return best


def _ratios(outcome: Outcome) -> list[dict]:
    rows = []
    for cell in dict.fromkeys(cell for cell, _ in outcome.reports):
        ours = outcome.reports.get((cell, OURS), [])
        found = [row for peer in PEERS
                 if (row := _ratio(cell, peer, ours,
                                   outcome.reports.get((cell, peer), [])))]
        servers = [row for row in found if row["peer"] in SERVER_PEERS]
        rows += found
        if servers:
            rows.append(_best(cell, servers))
    return rows


def _means_by_round(rows: list[dict], metric: str) -> list[float]:
    """The same mean over each round's ratios."""
    known = [row for row in rows if row["rounds"].get(metric)]
    rounds = min((len(row["rounds"][metric]) for row in known), default=0)
    return [figures.headline([{"scenario": row["scenario"], metric: row["rounds"][metric][i]}
                              for row in known], metric) for i in range(rounds)]


def _geomeans(ratios: list[dict]) -> dict:
    means = {}
    for peer in (*PEERS, "best_peer"):
        rows = [r for r in ratios
                if r["peer"] == peer and SCENARIOS[r["scenario"]].compared]
        if rows:
            means[peer] = {m: figures.headline(rows, m) for m in METRICS}
            means[peer]["rounds"] = {m: _means_by_round(rows, m) for m in METRICS}
            scenarios = {m: figures.by_scenario(rows, m) for m in METRICS}
            means[peer]["scenarios"] = scenarios
            if peer == "best_peer":
                means[peer][FASTEST] = figures.headline(rows, FASTEST)
    return means


def _failure(failure) -> dict:
    return {"allocator": failure.allocator, "scenario": failure.cell.scenario,
            "threads": failure.cell.threads, "reason": failure.reason,
            "stderr": failure.stderr.strip()}


def document(outcome: Outcome, machine: dict, settings: dict,
             missing: list[dict]) -> dict:
    """The whole campaign, as plain data."""
    runs = []
    for (cell, allocator), reports in outcome.reports.items():
        good = [r for r in reports if r is not None]
        if good:
            runs.append(_run(cell, allocator, good))
    ratios = _ratios(outcome)
    return {
        "machine": machine,
        "settings": {**settings, "elapsed_s": outcome.elapsed_s,
                     "seconds_per_run": outcome.seconds_per_run},
        "missing": missing,
        "failures": [_failure(f) for f in outcome.failures],
        "runs": runs,
        "ratios": ratios,
        "geomean": _geomeans(ratios),
    }
