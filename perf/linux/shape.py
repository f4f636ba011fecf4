# SPDX-License-Identifier: Apache-2.0
"""Is a worker's report of the form that the rest of the runner counts on?"""

from collections.abc import Callable, Mapping

CALLS = ("malloc", "free", "realloc")
BUCKETS = 1152  # as in worker/hist.h
MOST = 1e18     # no figure of a run comes near; also keeps infinities out

_POSITIVE = ("ops_per_s", "elapsed_s", "peak_rss_bytes")
_NUMBERS = ("cpu_s", "base_rss_bytes", "live_bytes", "faults")
_PHASES = {"erosion": ("live_bytes", "rss_bytes", "live_after_bytes", "rss_after_bytes"),
           "large": ("ops_per_s",)}
_MEASURES = {"afterwards": ("final_rss_bytes",), "holes": ("pair_mean_ns", "pair_worst_ns")}
_RECOVERY = {"brink": ("region_bytes", "nulls", "lowest_fill_bytes", "large_bytes",
                       "refill_bytes")}


def _number(value: object, above: float = -1) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and above < value < MOST \
        and value >= 0


def _whole(value: object, below: float) -> bool:
    return isinstance(value, int) and _number(value) and value < below


def _lacks(part: object, names: tuple[str, ...], good: Callable[[object], bool]) -> str | None:
    if not isinstance(part, Mapping):
        return "is not an object"
    return next((f"has no good '{name}'" for name in names if not good(part.get(name))), None)


def _bad_histogram(part: object) -> bool:
    if not isinstance(part, Mapping) or not _whole(part.get("max"), MOST):
        return True
    pairs = part.get("hist")
    return not isinstance(pairs, list) or not all(
        isinstance(pair, list) and len(pair) == 2 and _whole(pair[0], BUCKETS)
        and _whole(pair[1], MOST) and pair[1] > 0 for pair in pairs)


def _bad_phases(report: Mapping) -> str | None:
    fields = _PHASES.get(report["scenario"])
    phases = report.get("phases")
    if fields is None:
        return "phases of a scenario that has none" if phases is not None else None
    if not isinstance(phases, list) or not phases:
        return "no phases"
    for phase in phases:
        wrong = _lacks(phase, fields, _number)
        if wrong or not isinstance(phase["label"] if "label" in phase else None, str) \
                or set(phase) != {"label", *fields}:
            return f"a phase {wrong or 'has other fields'}"
    return None


def _bad_measures(report: Mapping) -> str | None:
    fields = _MEASURES.get(report["scenario"])
    measures = report.get("measures")
    if fields is None:
        return "measures of a scenario that has none" if measures is not None else None
    wrong = _lacks(measures, fields, lambda value: _number(value, above=0))
    return f"the measures' object {wrong}" if wrong else None


def _bad_recovery(report: Mapping) -> str | None:
    fields = _RECOVERY.get(report["scenario"])
    recovery = report.get("recovery")
    if fields is None:
        return "a recovery of a scenario that has none" if recovery is not None else None
    wrong = _lacks(recovery, fields, _number) or _lacks(
        recovery, ("first_fill_bytes",), lambda value: _number(value, above=0))
    if wrong or not isinstance(recovery.get("large_had"), bool):
        return f"the recovery {wrong or 'does not say whether the large block was had'}"
    return None


def fault(report: object, scenario: str, threads: int) -> str | None:
    """What is wrong with it, or None."""
    if not isinstance(report, Mapping):
        return "it is not an object"
    if report.get("scenario") != scenario or report.get("threads") != threads:
        return "it is of another run"
    if not isinstance(report.get("identity"), str):
        return "no identity"
    wrong = _lacks(report, _POSITIVE, lambda value: _number(value, above=0)) \
        or _lacks(report, _NUMBERS, _number)
    if wrong:
        return f"it {wrong}"
    latency = report.get("latency")
    if not isinstance(latency, Mapping) or any(_bad_histogram(latency.get(c)) for c in CALLS):
        return "no good latency"
    return _bad_phases(report) or _bad_measures(report) or _bad_recovery(report)
