# SPDX-License-Identifier: Apache-2.0
"""Makes docs/lines.md from the figures' section `lines`: `python3 -m perf.report.lines_page FILE`."""

import json
import sys
from pathlib import Path

HEAD = """<!-- SPDX-License-Identifier: Apache-2.0 -->
# Cache lines between cores

This page is made from `docs/figures.json`; `./dev storm --lines` counts anew.

No machine here has more than two cores, so cores are simulated (`tests/lines/`). The library's own
sources run on up to 128 of them, and every access to memory passes through a model of caches, as
MESI has it: a line is with any number of readers or with one writer. An access that needs another core's
copy, or its end, is a **transfer**. Caches are as large as memory, so nothing but another core
takes a line away. Calls of different cores interleave: no core is further ahead than a transfer
takes. Every run counts the same.

The figures are for one call, `os_malloc` or `os_free`:

- *in calls*: transfers while in the heap;
- *in blocks*: transfers when the program writes or reads its blocks;
- *shared atomics*: read-modify-writes in the heap on lines that another core has ever touched.

What it does not show: time, caches that are too small, and stores that wait in a buffer.
"""
COLUMNS = {"transfers": "in calls", "in_blocks": "in blocks", "shared_atomics": "shared atomics"}


def cores_of(workload: dict) -> list[int]:
    return sorted(int(key) for key in workload if key.isdigit())


def workloads(lines: dict) -> dict[str, dict]:
    """Without what they were made with."""
    return {name: each for name, each in lines.items() if "about" in each}


def render(lines: dict) -> str:
    parts = [HEAD]
    for name, workload in workloads(lines).items():
        cores = cores_of(workload)
        parts += [f"\n## {name}\n\n{workload['about'][0].upper()}{workload['about'][1:]}.\n\n",
                  "| cores |" + "".join(f" {n} |" for n in cores) + "\n",
                  "|---|" + "---|" * len(cores) + "\n"]
        for key, column in COLUMNS.items():
            parts.append(f"| {column} |" + "".join(f" {workload[str(n)][key]:.3f} |" for n in cores)
                         + "\n")
    return "".join(parts)


if __name__ == "__main__":
    print(render(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["lines"]), end="")
