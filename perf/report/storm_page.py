# SPDX-License-Identifier: Apache-2.0
"""Makes docs/storm.md from the figures' section `storm`: `python3 -m perf.report.storm_page FILE`.

`section` picks from a campaign's document what the page needs."""

import json
import statistics
import sys
from pathlib import Path

from ..linux import figures
from ..linux.plan import OURS, SCENARIOS
from . import table

HEAD = """<!-- SPDX-License-Identifier: Apache-2.0 -->
# The storm's figures

This page is made from `docs/figures.json`; `./dev figures --only storm` measures anew, in a quarter of an hour.
[perf/README.md](../perf/README.md) says what each scenario does and how it is measured.

Each ratio is this heap's figure over the peer's, the median of the rounds: we are better where
throughput is above 1 and where memory is below 1. ± is half of what lies between the least and the
most of the rounds. A ~ says that the rounds do not separate the two from noise (a sign test).
Geometric means weigh each scenario the same, however many thread counts it has. `best_peer` is the
best of jemalloc, glibc, mimalloc and tcmalloc, for each row and each metric.
"""
VIEWS = {"throughput": ("Throughput", "M calls/s", "ops_per_s", 1e6),
         "memory": ("Memory", "MiB", "bytes", table.MIB)}


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")


def _figure(values: list[float], unit: float = 1.0) -> dict:
    return {"value": _rounded(statistics.median(values) / unit),
            "spread": _rounded(figures.spread(values))}


def _row(doc: dict, row: tuple[str, int], metric: str) -> dict:
    _, _, key, unit = VIEWS[metric]
    run = table.run_of(doc, row, OURS)
    found = {OURS: _figure(run[key], unit)} if run else {}
    for peer in table.peers_of(doc):
        ratio = table.ratio_of(doc, row, peer)
        if ratio and ratio[metric] is not None:
            found[peer] = {**_figure(ratio["rounds"][metric]),
                           "separable": ratio["separable"][metric]}
    return found


def section(doc: dict) -> dict:
    """What is kept of a campaign."""
    machine, settings = doc["machine"], doc["settings"]
    found: dict = {
        "made_on": {key: machine.get(key) for key in ("date", "cpu", "cores", "kernel", "load_average")},
        "settings": {"preset": settings["preset"], "rounds": settings["rounds"],
                     "seconds": _rounded(statistics.median(settings["seconds_per_run"]))},
        "peers": table.peers_of(doc)}
    for metric in VIEWS:
        found[metric] = {f"{row[0]} x{row[1]}": _row(doc, row, metric)
                         for row in table.rows_with(doc, metric)}
        found[f"{metric}_means"] = {
            peer: {"value": _rounded(mean[metric]),
                   "spread": _rounded(figures.spread(mean["rounds"][metric]))}
            for peer, mean in doc["geomean"].items() if mean.get(metric) is not None}
    names, rows = table.own_figures(doc)
    found["own"] = {row[0]: dict(zip(names[1:], row[1:])) for row in rows}
    return found


def _text(figure: dict | None) -> str:
    if not figure:
        return "–"
    noise = "" if figure.get("separable", True) else "~"
    return f"{noise}{table.number(figure['value'])} {table.spread_text(figure['spread'])}"


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head),
            *("| " + " | ".join(row) + " |" for row in rows), ""]


def _view(storm: dict, metric: str) -> list[str]:
    title, unit, _, _ = VIEWS[metric]
    peers = storm["peers"]
    rows = [[name, *(_text(row.get(who)) for who in (OURS, *peers))]
            for name, row in storm[metric].items()]
    means = storm[f"{metric}_means"]
    rows.append(["**geometric mean**", "", *(f"**{_text(means.get(p))}**" for p in peers)])
    return [f"## {title}", "", *_table(["", f"{OURS}, {unit}", *peers], rows)]


def _lost(storm: dict) -> list[str]:
    """Rows that are slower than the best peer, by more than noise, slowest first."""
    lost = [(row["best_peer"]["value"], name) for name, row in storm["throughput"].items()
            if "best_peer" in row and row["best_peer"]["separable"] and row["best_peer"]["value"] < 1
            and SCENARIOS[name.split()[0]].compared]
    if not lost:
        return ["No row is slower than the best peer by more than noise.", ""]
    return ["Slower than the best peer by more than noise: "
            + ", ".join(f"{name} ({table.number(value)})" for value, name in sorted(lost)) + ".", ""]


def render(storm: dict) -> str:
    on, how = storm["made_on"], storm["settings"]
    lines = [HEAD, f"{on['cpu']}, {on['cores']} cores, Linux {on['kernel']}, {on['date']}: "
             f"{how['rounds']} rounds of {how['seconds']:g} s a run.", ""]
    for metric in VIEWS:
        lines += _view(storm, metric)
        lines += _lost(storm) if metric == "throughput" else []
    if storm["own"]:
        names = list(next(iter(storm["own"].values())))
        lines += ["## Figures of some scenarios alone", "",
                  *_table(["", *names], [[name, *row.values()] for name, row in storm["own"].items()])]
    return "\n".join(lines)


if __name__ == "__main__":
    print(render(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["storm"]), end="")
