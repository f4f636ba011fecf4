# SPDX-License-Identifier: Apache-2.0
"""Makes docs/programs.md from docs/figures.json."""

import json
import sys
from pathlib import Path

from ..programs import figures, plan

HEAD = """<!-- SPDX-License-Identifier: Apache-2.0 -->
<!-- Made from docs/figures.json by `./dev figures --accept`: edit perf/report/programs_page.py. -->
# Real programs over this heap

`./dev storm --programs` runs each program over `libosheap-preload.so`, over glibc's own allocator, and
over each peer that Debian has (Debian 12 has mimalloc 2, not 3), in turn, round by round. A value is the
median of the rounds, and below it the least and the greatest. CPU time is that of the program and of the
processes that it starts and waits for; of a server it is the server's alone, not its clients'. Memory is
what the kernel counts of a process after exec (VmHWM, VmRSS): at most, that of the largest process; at
the end, that of the program itself, of a server that of its largest process.

In brackets: ours over theirs, so below 1 is ours. `~` says that the ranges overlap: the rounds do not
tell the two apart. A row that no peer is told apart from is called noise.

Measured with `--rounds {rounds}`.

"""


def _cell(row: dict, what: str, peer: str) -> str:
    least, most = row["spread"][what][peer]
    own = peer == plan.OURS
    mark = "" if own or figures.told_apart(row, what, peer) else "~"
    ratio = "" if own else f" ({figures.ratio(row, what, peer):.2f}{mark})"
    return f"{row[what][peer]:g}{ratio}<br>{least:g} to {most:g}"


def _name(row: dict, what: str, peers: list[str]) -> str:
    noise = not any(figures.told_apart(row, what, peer) for peer in peers)
    return row["name"] + (": noise" if noise else "")


def _table(rows: list[dict], what: str) -> list[str]:
    peers = figures.peers(rows)
    lines = ["| | " + " | ".join([plan.OURS, *peers]) + " |", "|" + "---|" * (2 + len(peers))]
    for row in rows:
        cells = [_cell(row, what, name) for name in (plan.OURS, *peers)]
        lines.append(f"| {_name(row, what, peers)} | " + " | ".join(cells) + " |")
    means = [f"({figures.mean(rows, what, name):.2f})" for name in peers]
    lines.append("| geometric mean | | " + " | ".join(means) + " |")
    return [*lines, "", f"Against the best peer of each row, the geometric mean is "
            f"{figures.mean_of_least(rows, what):.2f}.", ""]


def _summary(rows: list[dict]) -> list[str]:
    """The worst rows, by name."""
    lean = [name for name in ("glibc", "jemalloc") if name in figures.peers(rows)]
    lines = ["| the worst row | ours over theirs | program |", "|---|---|---|"]
    for about, what, among in (("CPU time against glibc", "time", ["glibc"]),
                               ("peak memory against the leaner of " + " and ".join(lean), "peak_mb", lean),
                               ("final memory against glibc", "final_mb", ["glibc"])):
        value, name = figures.worst(rows, what, among)
        lines.append(f"| {about} | {value:.2f} | {name} |")
    return [*lines, ""]


def render(rows: list[dict]) -> str:
    lines = ["| program | does | results |", "|---|---|---|"]
    for row in rows:
        same = "the same over every allocator" if row["identical"] else "**DIFFERENT**"
        lines.append(f"| {row['name']} | {plan.PROGRAMS[row['name']].about} | {same} |")
    lines += ["", *_summary(rows)]
    for what, heading in figures.HEADINGS.items():
        lines += [f"## {heading}", "", *_table(rows, what)]
    rounds = min(row["rounds"] for row in rows)
    return HEAD.format(rounds=rounds) + "\n".join(lines[:-1]) + "\n"


def main() -> None:
    print(render(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["programs"]), end="")


if __name__ == "__main__":
    main()
