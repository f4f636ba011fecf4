# SPDX-License-Identifier: Apache-2.0
"""The campaign as text for a terminal."""

import statistics
from collections.abc import Iterable, Sequence

from ..linux import figures, summary
from ..linux.plan import OURS, PEERS
from .bars import crowd_memory

MIB = 1 << 20

NOISE = ("±: half of what lies between the rounds' least and most. ~: not separable from noise\n"
         "(a sign test over the rounds; five that agree are the fewest that separate)")

# What only these scenarios measure, by the name in their reports.
OWN_FIGURES = {"holes": {"pair_mean_ns": "pair, mean", "pair_worst_ns": "pair, worst"},
               "fresh": {"faults": "page faults"}}

# Under each comparison: the mean of its metric, and that of a second view of it.
MEANS = {
    "throughput": {"throughput": "geometric mean",
                   "cpu_throughput": "  the same per CPU second"},
    "memory": {"memory": "geometric mean",
               "heap_memory": "  the same above the start"},
}


def layout(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns as wide as their longest entry: the first to the left, others right."""
    table = [list(head), *(list(row) for row in rows)]
    widths = [max(len(row[i]) for row in table) for i in range(len(head))]
    lines = []
    for row in table:
        cells = [row[0].ljust(widths[0])]
        cells += [text.rjust(width) for text, width in zip(row[1:], widths[1:])]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def number(value: float | None, digits: int = 2) -> str:
    """A dash for what was not measured. Two digits of what is near zero, too."""
    if value is None:
        return "-"
    return f"{value:.{digits}f}" if value == 0 or abs(value) >= 0.1 else f"{value:.2g}"


def nanoseconds(value: float) -> str:
    """With the unit that keeps it short."""
    for unit, size in (("s", 1e9), ("ms", 1e6), ("us", 1e3)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value:.0f} ns"


def rows_of(doc: dict) -> list[tuple[str, int]]:
    """Scenario and threads, in the order they were run."""
    return list(dict.fromkeys((r["scenario"], r["threads"]) for r in doc["runs"]))


def rows_with(doc: dict, metric: str) -> list[tuple[str, int]]:
    """Those that the metric says something about."""
    return [row for row in rows_of(doc) if summary.says(row[0], metric)]


def run_of(doc: dict, row: tuple[str, int], allocator: str) -> dict | None:
    """The runs of one allocator in one row."""
    for run in doc["runs"]:
        if (run["scenario"], run["threads"], run["allocator"]) == (*row, allocator):
            return run
    return None


def ratio_of(doc: dict, row: tuple[str, int], peer: str) -> dict | None:
    """Ours over the peer's: a value for each metric, its rounds, and whether it is
    more than noise."""
    for ratio in doc["ratios"]:
        if (ratio["scenario"], ratio["threads"], ratio["peer"]) == (*row, peer):
            return ratio
    return None


def measured(values: Sequence[float], unit: float = 1.0) -> str:
    """The median of the rounds, and what they differ by."""
    if not values:
        return number(None)
    return f"{number(statistics.median(values) / unit)} {plus_minus(values)}"


def plus_minus(values: Sequence[float]) -> str:
    """Half of what lies between the least and the most of the rounds."""
    return spread_text(figures.spread(values))


def spread_text(spread: float | None) -> str:
    """One round has none that is known."""
    return "±?" if spread is None else f"±{spread:.0%}"


def ratio_text(ratio: dict | None, metric: str) -> str:
    """With the spread of its rounds; a `~` says that it is not more than noise."""
    if ratio is None or ratio[metric] is None:
        return number(None)
    noise = "" if ratio["separable"][metric] else "~"
    return f"{noise}{measured(ratio['rounds'][metric])}"


def mean_text(mean: dict, metric: str) -> str:
    """A geometric mean, with what it is in the rounds."""
    if mean.get(metric) is None:
        return number(None)
    return f"{number(mean[metric])} {plus_minus(mean['rounds'][metric])}"


def peers_of(doc: dict) -> list[str]:
    """Those that there are ratios to, in the order of columns."""
    return [p for p in (*PEERS, "best_peer") if any(r["peer"] == p for r in doc["ratios"])]


def _ours(doc: dict, row: tuple[str, int], key: str, unit: float) -> str:
    run = run_of(doc, row, OURS)
    return measured(run[key] if run else [], unit)


def _comparison(doc: dict, metric: str, head: str, key: str, unit: float) -> str:
    peers = peers_of(doc)
    rows = []
    for row in rows_with(doc, metric):
        rows.append([f"{row[0]} x{row[1]}", _ours(doc, row, key, unit)]
                    + [ratio_text(ratio_of(doc, row, p), metric) for p in peers])
    for view, name in MEANS[metric].items():
        rows.append([name, ""]
                    + [mean_text(doc["geomean"].get(p, {}), view) for p in peers])
    return layout(["", head, *peers], rows)


def _absolute(doc: dict, key: str, unit: float) -> str:
    """Where there is nothing of ours to compare with."""
    names = list(dict.fromkeys(r["allocator"] for r in doc["runs"]))
    rows = []
    for row in rows_of(doc):
        runs = [run_of(doc, row, name) for name in names]
        rows.append([f"{row[0]} x{row[1]}"]
                    + [measured(r[key] if r else [], unit) for r in runs])
    return layout(["", *names], rows)


def _latency(doc: dict) -> str:
    rows = []
    for row in rows_of(doc):
        run = run_of(doc, row, OURS)
        for call, at in (run["latency_ns"] if run else {}).items():
            rows.append([f"{row[0]} x{row[1]} {call}",
                         *(nanoseconds(at[p]) for p in ("p50", "p99", "p9999", "max"))])
    return layout([OURS, "p50", "p99", "p99.99", "max"], rows)


def own_figures(doc: dict) -> tuple[list[str], list[list[str]]]:
    """Columns and rows of what only some scenarios measure."""
    names = list(dict.fromkeys(r["allocator"] for r in doc["runs"]))
    rows = []
    for row in rows_of(doc):
        runs = [run_of(doc, row, name) for name in names]
        for key, what in OWN_FIGURES.get(row[0], {}).items():
            say = nanoseconds if key.endswith("_ns") else "{:,.0f}".format
            values = [run["own"][key] if run else None for run in runs]
            rows.append([f"{row[0]} x{row[1]} {what}",
                         *("-" if each is None else
                           f"{say(statistics.median(each))} {plus_minus(each)}"
                           for each in values)])
    return ["", *names], rows


def _crowd(doc: dict) -> list[str]:
    names = list(dict.fromkeys(r["allocator"] for r in doc["runs"]))
    found = {name: crowd_memory(doc, name) for name in names}
    return [f"  {name}: {value:.2f}" for name, value in found.items()
            if value is not None]


def _brink(doc: dict) -> list[str]:
    lines = []
    for run in doc["runs"]:
        if "recovery" in run:
            at = run["recovery"]
            lines.append(
                f"  {run['allocator']} x{run['threads']}: filled "
                f"{at['first_fill_bytes'] / at['region_bytes']:.0%} of the region, "
                f"{at['nulls']} NULLs, large block "
                f"{'had' if at['large_had'] else 'NOT HAD'}, filled again to "
                f"{at['refill_ratio']:.1%} of that")
    return lines


def _bars(doc: dict) -> str:
    words = {True: "met", False: "NOT MET", None: "not measured"}
    rows = [[bar["bar"], bar["wanted"], number(bar["measured"]), words[bar["met"]],
             bar["note"]] for bar in doc["bars"]]
    return layout(["bar", "wanted", "measured", "", ""], rows)


def troubles(doc: dict) -> str:
    """What is missing and what failed, each by name."""
    lines = [f"MISSING  {m['allocator']}: no worker in the build "
             f"(Debian package: {m['package']})" for m in doc["missing"]]
    for failure in doc["failures"]:
        lines.append(f"FAILED  {failure['allocator']}  {failure['scenario']} "
                     f"x{failure['threads']}: {failure['reason']}")
        lines += [f"    {line}" for line in failure["stderr"].splitlines()]
    return "\n".join(lines)


def machine_line(doc: dict) -> str:
    """The machine in one line."""
    m = doc["machine"]
    ram = f"{m['ram_bytes'] / (1 << 30):.0f} GiB" if m["ram_bytes"] else "RAM unknown"
    return (f"{m['cpu']}, {m['cores']} cores, {ram}, Linux {m['kernel']}, "
            f"load {m['load_average']:.2f}, {m['date']}")


def settings_line(doc: dict) -> str:
    """How the campaign was run."""
    s = doc["settings"]
    runs = s["seconds_per_run"]
    return (f"{s['preset']}: {s['rounds']} rounds, {min(runs):.2f} to {max(runs):.2f} s "
            f"a run, large with up to {s['large_live']} live, "
            f"{s['elapsed_s']:.0f} s in all")


def render(doc: dict) -> str:
    """Everything, ready to print."""
    parts = [f"{machine_line(doc)}\n{settings_line(doc)}"]
    if doc["ratios"]:
        parts += [
            NOISE,
            "Throughput: million calls a second, and ours over theirs (above 1 is "
            "ours)\n" + _comparison(doc, "throughput", "M/s", "ops_per_s", 1e6),
            "Memory: peak RSS in MiB, and ours over theirs (below 1 is ours)\n"
            + _comparison(doc, "memory", "MiB", "bytes", MIB),
            "Latency\n" + _latency(doc),
        ]
    else:
        parts += ["Throughput: million calls a second\n"
                  + _absolute(doc, "ops_per_s", 1e6),
                  "Memory: peak RSS in MiB\n"
                  + _absolute(doc, "bytes", MIB)]
    head, rows = own_figures(doc)
    if rows:
        parts.append("Figures of some scenarios alone\n" + layout(head, rows))
    if crowd := _crowd(doc):
        parts.append("\n".join(["Crowd: memory with 64 threads over that with 2",
                                *crowd]))
    if brink := _brink(doc):
        parts.append("\n".join(["Brink: the worst of all rounds", *brink]))
    parts.append("Bars\n" + _bars(doc))
    if text := troubles(doc):
        parts.append(text)
    return "\n\n".join(parts) + "\n"
