# SPDX-License-Identifier: Apache-2.0
"""The campaign as one page that needs nothing else."""

import json
import statistics
from collections.abc import Iterable, Sequence
from html import escape

from . import plots
from ..linux.plan import ALLOCATORS, OURS, SCENARIOS
from .table import (MEANS, MIB, NOISE, machine_line, mean_text, measured, nanoseconds,
                    number, own_figures, peers_of, ratio_of, ratio_text, rows_of, rows_with,
                    run_of, settings_line, troubles)

_CSS = """
:root { color-scheme: light dark; --ink: #212529; --paper: #fff; --line: #dee2e6;
  --soft: #f1f3f5; --good: #2b8a3e; --bad: #c92a2a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e9ecef; --paper: #16181b;
  --line: #343a40; --soft: #22262a; --good: #69db7c; --bad: #ff8787; } }
body { color: var(--ink); background: var(--paper); margin: 2rem auto;
  max-width: 68rem; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif; }
h1 { margin-bottom: 0; } h2 { margin-top: 2.5rem; }
figure { margin: 1.5rem 0; } figure svg { width: 100%; height: auto; }
figcaption, .quiet { opacity: .75; font-size: .9rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums;
  font-size: .9rem; }
th, td { padding: .25rem .7rem; text-align: right; white-space: nowrap;
  border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; }
thead th { background: var(--soft); }
tr.mean td { font-weight: 600; background: var(--soft); }
.good { color: var(--good); } .bad { color: var(--bad); } .noise { opacity: .55; }
pre { background: var(--soft); padding: 1rem; overflow-x: auto; }
"""

_CAPTIONS = {
    "throughput": "Throughput of osheap over each peer's, by scenario (geometric "
    "mean over thread counts; log scale). Bars above 1 are osheap's.",
    "memory": "Peak resident memory of osheap over each peer's, the whole process "
    "(log scale). Bars below 1 are osheap's.",
    "latency": "Latency with as many threads as cores, in nanoseconds (log scale): "
    "each line runs from the median to p99.99, the dot is p99. One call in 61 is "
    "timed.",
    "crowd": "Memory while ever more threads share the same amount of live memory, "
    "peak RSS in MiB.",
    "lines": "Cache lines that move from one core to another, for one call, on simulated "
    "cores (tests/lines): an access that needs another core's copy of a line, or its end.",
    "erosion": "Memory per live byte at the end of each phase, survivors of earlier "
    "phases among it; RSS without what the process had before its first allocation.",
}


def _cell(text: str, kind: str = "") -> str:
    return f'<td class="{kind}">{text}</td>' if kind else f"<td>{text}</td>"


def _table(head: Sequence[str], rows: Iterable[str]) -> str:
    top = "".join(f"<th>{escape(h)}</th>" for h in head)
    return (f'<div class="wide"><table><thead><tr>{top}</tr></thead>'
            f'<tbody>{"".join(rows)}</tbody></table></div>')


def _row(cells: Iterable[str], kind: str = "") -> str:
    return f'<tr class="{kind}">{"".join(cells)}</tr>'


def _ratio_cell(value: float | None, text: str, above_is_good: bool,
                separable: bool = True) -> str:
    if value is None:
        return _cell("–")
    better = value > 1 if above_is_good else value < 1
    return _cell(text, "noise" if not separable else "good" if better else "bad")


def _ratios(doc: dict, metric: str, above: bool, key: str, unit: float,
            head: str) -> str:
    peers = peers_of(doc)
    rows = []
    for row in rows_with(doc, metric):
        run = run_of(doc, row, OURS)
        cells = [_cell(f"{row[0]} ×{row[1]}"), _cell(measured(run[key] if run else [], unit))]
        for peer in peers:
            ratio = ratio_of(doc, row, peer) or {metric: None}
            cells.append(_ratio_cell(ratio[metric], ratio_text(ratio, metric), above,
                                     ratio.get("separable", {}).get(metric, True)))
        rows.append(_row(cells))
    for view, name in MEANS[metric].items():
        means = [doc["geomean"].get(p, {}) for p in peers]
        rows.append(_row([_cell(name), _cell("")]
                         + [_ratio_cell(m.get(view), mean_text(m, view), above)
                            for m in means], "mean"))
    return _table(["", head, *peers], rows)


def _latencies(doc: dict) -> str:
    rows = []
    for row in rows_of(doc):
        for name in ALLOCATORS:
            run = run_of(doc, row, name)
            for call, at in (run["latency_ns"] if run else {}).items():
                values = (at[p] for p in ("p50", "p99", "p9999", "max"))
                rows.append(_row([_cell(f"{row[0]} ×{row[1]}"), _cell(name),
                                  _cell(call)]
                                 + [_cell(nanoseconds(v)) for v in values]))
    table = _table(["", "allocator", "call", "p50", "p99", "p99.99", "max"], rows)
    return f"<details><summary>All latencies</summary>{table}</details>"


def _brink(doc: dict) -> str:
    rows = []
    for run in (r for r in doc["runs"] if "recovery" in r):
        at = run["recovery"]
        rows.append(_row([
            _cell(f"{run['allocator']} ×{run['threads']}"),
            _cell(number(statistics.median(run["ops_per_s"]) / 1e6)),
            _cell(f"{at['first_fill_bytes'] / at['region_bytes']:.1%}"),
            _cell(str(at["nulls"])),
            _cell("had" if at["large_had"] else "not had",
                  "good" if at["large_had"] else "bad"),
            _cell(f"{at['refill_ratio']:.1%}")]))
    if not rows:
        return ""
    return "<h2>Brink</h2>" + _table(
        ["", "M calls/s", "of the region filled", "NULLs", "80% block afterwards",
         "filled again"], rows)


def _own_figures(doc: dict) -> str:
    head, rows = own_figures(doc)
    if not rows:
        return ""
    return "<h2>Figures of some scenarios alone</h2>" + _table(
        head, (_row(map(_cell, map(escape, row))) for row in rows))


def _bars(doc: dict) -> str:
    words = {True: _cell("met", "good"), False: _cell("not met", "bad"),
             None: _cell("not measured")}
    return _table(["bar", "wanted", "measured", "", ""], (
        _row([_cell(escape(b["bar"])), _cell(escape(b["wanted"])),
              _cell(number(b["measured"])), words[b["met"]], _cell(escape(b["note"]))])
        for b in doc["bars"]))


def _figures(doc: dict) -> dict[str, str]:
    return {name: "" if svg is None else
            f"<figure>{svg}<figcaption>{escape(_CAPTIONS[name])}</figcaption></figure>"
            for name, svg in plots.draw_all(doc).items()}


def _scenarios(doc: dict) -> str:
    run = {row[0] for row in rows_of(doc)}
    items = "".join(f"<li><b>{name}</b>: {escape(s.about)}</li>"
                    for name, s in SCENARIOS.items() if name in run)
    return f"<ul>{items}</ul>"


def render(doc: dict) -> str:
    """The page."""
    figure = _figures(doc)
    trouble = troubles(doc)
    return "".join([
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>The allocation storm</title><style>{_CSS}</style></head><body>",
        "<h1>The allocation storm</h1>",
        f'<p class="quiet">{escape(machine_line(doc))}<br>'
        f"{escape(settings_line(doc))}</p>",
        f'<pre class="bad">{escape(trouble)}</pre>' if trouble else "",
        "<h2>Bars</h2>", _bars(doc),
        f'<p class="quiet">{escape(NOISE)}</p>',
        "<h2>Throughput</h2>", figure["throughput"],
        _ratios(doc, "throughput", True, "ops_per_s", 1e6, "osheap, M calls/s"),
        "<h2>Memory</h2>", figure["memory"],
        _ratios(doc, "memory", False, "bytes", MIB, "osheap, MiB"),
        figure["crowd"], figure["erosion"],
        "<h2>Latency</h2>", figure["latency"], _latencies(doc),
        _own_figures(doc), _brink(doc),
        "<h2>Cache lines between cores</h2>" + figure["lines"] if figure["lines"] else "",
        "<h2>Scenarios</h2>", _scenarios(doc),
        "<h2>Machine</h2>",
        f'<pre>{escape(json.dumps(doc["machine"], indent=1))}</pre>',
        "</body></html>\n",
    ])
