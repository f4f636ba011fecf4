# SPDX-License-Identifier: Apache-2.0
"""Makes docs/programs.md from docs/figures.json."""

import json
import math
import statistics
import sys
from pathlib import Path

from ..programs import plan

HEAD = """<!-- SPDX-License-Identifier: Apache-2.0 -->
<!-- Made from docs/figures.json by `./dev figures --accept`: edit perf/report/programs_page.py. -->
# Real programs over this heap

`./dev storm --programs` runs each program over `libosheap-preload.so`, over glibc's own allocator, and
over each peer that Debian has, in turn, round by round. A value is the median of the rounds: CPU time of
the program and of the processes that it starts, resident memory of the largest of them at its peak, and
of the program itself when it ends. In brackets: ours over theirs, so below 1 is ours. A shared machine
with two cores: differences of a few hundredths are noise.

"""


def _table(rows: list[dict], what: str) -> list[str]:
    peers = [name for name in rows[0][what] if name != plan.OURS]
    lines = ["| | " + " | ".join([plan.OURS, *peers]) + " |", "|" + "---|" * (2 + len(peers))]
    for row in rows:
        ours = row[what][plan.OURS]
        cells = [f"{row[what][name]:g} ({ours / row[what][name]:.2f})" for name in peers]
        lines.append(f"| {row['name']} | {ours:g} | " + " | ".join(cells) + " |")
    means = [math.exp(statistics.fmean(math.log(row[what][plan.OURS] / row[what][name]) for row in rows))
             for name in peers]
    lines.append("| geometric mean | | " + " | ".join(f"({mean:.2f})" for mean in means) + " |")
    return [*lines, ""]


def render(rows: list[dict]) -> str:
    lines = ["| program | does | results |", "|---|---|---|"]
    for row in rows:
        same = "the same over every allocator" if row["identical"] else "**DIFFERENT**"
        lines.append(f"| {row['name']} | {plan.PROGRAMS[row['name']].about} | {same} |")
    lines += ["", "## CPU seconds", "", *_table(rows, "time"),
              "## MiB resident at most", "", *_table(rows, "peak_mb"),
              "## MiB resident at the end", "", *_table(rows, "final_mb")]
    return HEAD + "\n".join(lines)


def main() -> None:
    print(render(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["programs"]), end="")


if __name__ == "__main__":
    main()
