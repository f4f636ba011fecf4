# SPDX-License-Identifier: Apache-2.0
"""The arithmetic: percentiles, pairwise ratios, geometric means, best peer."""

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

# As in worker/hist.h: 32 buckets to each power of two.
SUB_BITS = 5
SUB = 1 << SUB_BITS

# The least that five rounds can reach: all of them on one side.
NOISE = 2 / 2 ** 5

PERCENTILES = {"p50": 0.5, "p99": 0.99, "p9999": 0.9999}


def bucket_range(bucket: int) -> tuple[int, int]:
    """The smallest and the largest nanosecond value that fall into a bucket."""
    if bucket < SUB:
        return bucket, bucket
    shift = bucket // SUB - 1
    low = (SUB + bucket % SUB) << shift
    return low, low + (1 << shift) - 1


def merge(histograms: Iterable[Sequence[Sequence[int]]]) -> dict[int, int]:
    """Counts by bucket, summed over runs."""
    total: Counter[int] = Counter()
    for histogram in histograms:
        for bucket, count in histogram:
            total[bucket] += count
    return dict(total)


def percentile(counts: Mapping[int, int], fraction: float, longest: int) -> float:
    """The middle of the bucket that holds the `fraction`-th sample."""
    samples = sum(counts.values())
    if samples == 0:
        raise ValueError("no samples")
    wanted = max(fraction * samples, 1)
    seen = 0
    for bucket in sorted(counts):
        seen += counts[bucket]
        if seen >= wanted:
            low, high = bucket_range(bucket)
            return min((low + high) / 2, longest)
    raise AssertionError("the counts do not add up")


def latency(reports: Sequence[Mapping], call: str) -> dict[str, float] | None:
    """Percentiles of one kind of call over all rounds; None if it was not made."""
    parts = [report["latency"][call] for report in reports]
    counts = merge(part["hist"] for part in parts)
    if not counts:
        return None
    longest = max(part["max"] for part in parts)
    found = {name: percentile(counts, fraction, longest)
             for name, fraction in PERCENTILES.items()}
    return {**found, "max": longest, "samples": sum(counts.values())}


def ratios_by_round(ours: Sequence[float | None],
                    theirs: Sequence[float | None]) -> list[float]:
    """Our round i over their round i, of the rounds that have both."""
    return [a / b for a, b in zip(ours, theirs) if a is not None and b]


def spread(values: Sequence[float]) -> float | None:
    """Half of what lies between the least and the most, as a share of the median. One
    round has none."""
    if len(values) < 2:
        return None
    middle = statistics.median(values)
    return (max(values) - min(values)) / 2 / middle if middle else 0.0


def sign_test(ratios: Sequence[float]) -> float:
    """How likely so many rounds are on one side of 1, or more, if either side is as
    likely: the two-sided sign test. Rounds that are exactly 1 say nothing."""
    above = sum(ratio > 1 for ratio in ratios)
    below = sum(ratio < 1 for ratio in ratios)
    rounds = above + below
    tail = sum(math.comb(rounds, k) for k in range(max(above, below), rounds + 1))
    return min(2 * tail / 2 ** rounds, 1.0)


def separable(ratios: Sequence[float]) -> bool:
    """Whether a difference is more than noise: from five rounds on that agree."""
    return sign_test(ratios) <= NOISE


def geomean(values: Iterable[float]) -> float | None:
    """None for nothing."""
    known = list(values)
    return statistics.geometric_mean(known) if known else None


def best_throughput(ratios: Mapping[str, float]) -> tuple[str, float]:
    """The peer that is fastest against us, so the smallest ratio."""
    return min(ratios.items(), key=lambda item: item[1])


def best_memory(ratios: Mapping[str, float]) -> tuple[str, float]:
    """The peer that is leanest against us, so the largest ratio."""
    return max(ratios.items(), key=lambda item: item[1])


def by_scenario(rows: Sequence[Mapping], metric: str) -> dict[str, float]:
    """Each scenario's geometric mean over its thread counts."""
    values: dict[str, list[float]] = {}
    for row in rows:
        if row.get(metric) is not None:
            values.setdefault(row["scenario"], []).append(row[metric])
    return {name: statistics.geometric_mean(v) for name, v in values.items()}


def headline(rows: Sequence[Mapping], metric: str) -> float | None:
    """The geometric mean over scenarios: each weighs the same, however many
    thread counts it was run with."""
    return geomean(by_scenario(rows, metric).values())
