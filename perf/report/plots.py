# SPDX-License-Identifier: Apache-2.0
"""The campaign's plots, as SVG to be put into a page."""

import io
import re
import statistics

import matplotlib
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from . import lines_page, table
from ..linux.plan import ALLOCATORS, OURS, PEERS

matplotlib.use("svg")

# Replaced by the page's own text colour, so that a plot reads on light and dark.
_INK = "#010203"
_COLOURS = {
    OURS: "#d9480f", "seed": "#868e96", "jemalloc": "#1c7ed6", "glibc": "#2f9e44",
    "mimalloc": "#9c36b5", "tcmalloc": "#e0a800", "best_peer": "#0b7285",
}
_STYLE = {
    "svg.fonttype": "none", "font.size": 10, "font.family": "sans-serif",
    "text.color": _INK, "axes.labelcolor": _INK, "axes.edgecolor": _INK,
    "xtick.color": _INK, "ytick.color": _INK, "axes.facecolor": "none",
    "figure.facecolor": "none", "savefig.facecolor": "none",
    "legend.frameon": False, "axes.spines.top": False, "axes.spines.right": False,
    "axes.axisbelow": True,
}


def _figure(height: float, panels: int = 1) -> tuple[Figure, list[Axes]]:
    figure, axes = plt.subplots(panels, 1, figsize=(10, height), squeeze=False,
                                layout="constrained")
    for axis in axes[:, 0]:
        axis.grid(axis="y", color=_INK, alpha=0.15, linewidth=0.6)
    return figure, list(axes[:, 0])


def _svg(figure: Figure, name: str) -> str:
    text = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": name}):
        figure.savefig(text, format="svg", metadata={"Date": None})
    plt.close(figure)
    svg = text.getvalue()
    drawing = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg"):],
                     flags=re.DOTALL)
    return drawing.replace(_INK, "currentColor")


def _plain_log_axis(axis: Axes) -> None:
    axis.set_yscale("log")
    axis.yaxis.set_major_locator(LogLocator(base=10, subs=(1, 2, 5)))
    axis.yaxis.set_minor_locator(NullLocator())
    axis.yaxis.set_major_formatter("{x:g}")


def ratios(doc: dict, metric: str, label: str) -> str | None:
    """Bars by scenario and peer, over the line where both are equal."""
    found = {p: doc["geomean"][p]["scenarios"][metric]
             for p in (*PEERS, "best_peer") if p in doc["geomean"]}
    if not found:
        return None
    names = list(dict.fromkeys(n for each in found.values() for n in each))
    figure, (axis,) = _figure(4.2)
    width = 0.8 / len(found)
    for i, (peer, values) in enumerate(found.items()):
        at = [x - 0.4 + (i + 0.5) * width for x, n in enumerate(names) if n in values]
        # Bars grow from 1, up or down.
        heights = [values[n] - 1 for n in names if n in values]
        axis.bar(at, heights, width * 0.92, bottom=1, color=_COLOURS[peer], label=peer)
    axis.axhline(1, color=_INK, linewidth=1)
    _plain_log_axis(axis)
    axis.set_xticks(range(len(names)), names)
    axis.set_ylabel(label)
    axis.legend(ncols=len(found), loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return _svg(figure, metric)


def latency(doc: dict) -> str | None:
    """For each scenario at threads = cores: p50 to p99.99, with a mark at p99."""
    cores = doc["machine"]["cores"]
    rows = [row for row in table.rows_of(doc) if row[1] == cores]
    if not rows:
        return None
    figure, axes = _figure(7.0, panels=2)
    for axis, call in zip(axes, ("malloc", "free")):
        for i, name in enumerate(ALLOCATORS):
            _latency_lines(axis, doc, rows, call, name, i)
        axis.set_yscale("log")
        axis.set_xticks(range(len(rows)), [row[0] for row in rows])
        axis.set_ylabel(f"{call}, ns")
    axes[0].legend(ncols=len(ALLOCATORS), loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return _svg(figure, "latency")


def _latency_lines(axis: Axes, doc: dict, rows: list[tuple[str, int]], call: str,
                   name: str, place: int) -> None:
    labelled = False
    for x, row in enumerate(rows):
        run = table.run_of(doc, row, name)
        at = run["latency_ns"].get(call) if run else None
        if at is None:
            continue
        where = x - 0.3 + 0.6 * place / (len(ALLOCATORS) - 1)
        low = max(at["p50"], 1)  # below the clock's resolution; a log axis has no 0
        axis.plot([where, where], [low, max(at["p9999"], low)], linewidth=2.5,
                  color=_COLOURS[name], label=None if labelled else name)
        axis.plot([where], [max(at["p99"], low)], "o", markersize=4,
                  color=_COLOURS[name])
        labelled = True


def crowd(doc: dict) -> str | None:
    """Peak memory over the number of threads, for the same live bytes."""
    figure, (axis,) = _figure(3.6)
    for name in ALLOCATORS:
        runs = sorted((r for r in doc["runs"]
                       if r["scenario"] == "crowd" and r["allocator"] == name),
                      key=lambda r: r["threads"])
        if runs:
            axis.plot([r["threads"] for r in runs],
                      [statistics.median(r["peak_rss_bytes"]) / (1 << 20)
                       for r in runs],
                      "o-", color=_COLOURS[name], label=name)
    if not axis.lines:
        plt.close(figure)
        return None
    axis.set_ylim(bottom=0)
    axis.set_xlabel("threads")
    axis.set_ylabel("peak RSS, MiB")
    axis.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return _svg(figure, "crowd")


def erosion(doc: dict) -> str | None:
    """Heap memory over live bytes at the end of each phase, most threads run."""
    runs = [r for r in doc["runs"] if r["scenario"] == "erosion"]
    if not runs:
        return None
    most = max(r["threads"] for r in runs)
    figure, (axis,) = _figure(3.8)
    for run in (r for r in runs if r["threads"] == most):
        base = statistics.median(run["base_rss_bytes"])
        phases = run["phases"]
        axis.plot([(p["rss_bytes"] - base) / p["live_bytes"] for p in phases], "o-",
                  color=_COLOURS[run["allocator"]], label=run["allocator"])
        axis.set_xticks(range(len(phases)), [p["label"] for p in phases])
    axis.set_ylim(bottom=0)
    axis.set_xlabel("phase: sizes of its short-lived blocks")
    axis.set_ylabel("heap RSS / live bytes")
    axis.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return _svg(figure, "erosion")


def lines(doc: dict) -> str | None:
    """Transfers a call over the number of simulated cores, in calls and in blocks."""
    found = lines_page.workloads(doc.get("lines", {}))
    if not found:
        return None
    figure, axes = _figure(5.6, panels=2)
    for axis, key, label in zip(axes, ("transfers", "in_blocks"),
                                ("in the heap", "in the program's blocks")):
        for name, workload in found.items():
            cores = lines_page.cores_of(workload)
            axis.plot(cores, [workload[str(n)][key] for n in cores], "o-", markersize=4, label=name)
        axis.set_xscale("log", base=2)
        axis.xaxis.set_major_formatter("{x:g}")
        axis.set_ylim(bottom=0)
        axis.set_ylabel(f"transfers a call,\n{label}")
    axes[1].set_xlabel("simulated cores")
    axes[0].legend(ncols=len(found), loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return _svg(figure, "lines")


def draw_all(doc: dict) -> dict[str, str | None]:
    """Every plot by name; None where the campaign has nothing to show."""
    with matplotlib.rc_context(_STYLE):
        return {
            "throughput": ratios(doc, "throughput", "ours / theirs, calls a second"),
            "memory": ratios(doc, "memory", "ours / theirs, peak RSS"),
            "latency": latency(doc),
            "crowd": crowd(doc),
            "erosion": erosion(doc),
            "lines": lines(doc),
        }
