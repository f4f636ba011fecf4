# SPDX-License-Identifier: Apache-2.0
"""Makes docs/firmware.md from docs/figures.json."""

import json
import sys
from pathlib import Path

from ..firmware import plan
from .firmware_table import allocators, call_rows, density_rows, number

HEAD = """<!-- SPDX-License-Identifier: Apache-2.0 -->
<!-- Made from docs/figures.json by `./dev figures --accept`: edit perf/report/firmware_page.py. -->
# The heap on the chip, in instructions

Every call of the firmware storm (`perf/firmware/`), counted by QEMU with `-icount`, on RP2040 by
its emulator, so exact and the same on every run. A count is from the first instruction of
`os_malloc` or `os_free` to its return, both included; the storm deducts what stands
around the call, and checks its counter against loops counted by hand before each run.
Emulated are instructions, not pipelines or caches: cycles differ from chip to chip.

newlib and nano stand behind the same mutex that this heap takes for large blocks, as
Mynewt's `os_malloc` has them, with the cheapest mutex there is: one exchange with
interrupts masked. *Bare* is the same allocator with no lock at all, as a reference.

`./dev figures --only firmware` measures again; CI compares.
"""


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head),
            *("| " + " | ".join(row) + " |" for row in rows), ""]


def _scenario(boards: dict, scenario: str, names: list[str]) -> list[str]:
    having = [n for n in names if any(n in b.get(scenario, {}) for b in boards.values())]
    rows = [[board, *(number(b[scenario].get(n)) for n in having)]
            for board, b in boards.items() if scenario in b]
    return [f"**{scenario}**: {plan.SCENARIOS[scenario]}", "", *_table(["", *having], rows)]


def _longest(boards: dict, key: str) -> list[str]:
    names = sorted({name for b in boards.values() for name in b.get(key, {})})
    rows = [[f"`{name}`", *(number(b.get(key, {}).get(name)) for b in boards.values())]
            for name in names]
    return _table(["", *boards], rows)


def _recovery(boards: dict, names: list[str]) -> list[str]:
    rows = []
    for board, b in boards.items():
        for name in names:
            at = b.get("calls", {}).get("brink", {}).get(name)
            if at is not None:
                rows.append([board, name, f"{at['first_fill_bytes'] / at['region_bytes']:.0%}",
                             f"{at['refill_bytes'] / at['region_bytes']:.0%}", number(at["nulls"]),
                             "yes" if at["large_had"] else "no"])
    return _table(["", "", "filled at first", "filled again", "NULLs", "80 % had as one block"],
                  rows)


def render(doc: dict) -> str:
    """The page."""
    boards = doc["firmware"]
    names = allocators(boards.values())
    lines = [HEAD, "## Boards", "",
             *_table(["", "", "compiler", "newlib", "emulator"],
                     [[n, plan.BOARDS[n].about, *b["made_with"].values()]
                      for n, b in boards.items()]),
             *(f"- `{n}`: {plan.ALLOCATORS[n].about}" for n in names), "",
             "## A pair of malloc and free, in the mean", ""]
    for scenario in plan.SCENARIOS:
        if any(scenario in b for b in boards.values()):
            lines += _scenario(boards, scenario, names)
    if any(plan.DENSITY in b for b in boards.values()):
        lines += ["## What a region holds", "",
                  "Bytes handed out at the first NULL, as a share of newlib's behind its mutex, all",
                  "cores allocating in turns; the mean of three runs. The library is built for the",
                  "region (`-Dram`), at its default hardening.", "",
                  *(f"- {kind}: {about}" for kind, about in plan.DENSITY_KINDS.items()), ""]
        for board, b in boards.items():
            if plan.DENSITY in b:
                lines += [f"**{board}**", "",
                          *_table(["", *(f"{kib}K" for kib in plan.DENSITY_KIB)], density_rows(b))]
    lines += ["## The longest paths met", "",
              "Over all scenarios, without hardening; the bounds by construction are in",
              "[worst-case.md](worst-case.md).", "", *_longest(boards, "worst")]
    if any("worst_default" in b for b in boards.values()):
        lines += ["At the default hardening level:", "", *_longest(boards, "worst_default")]
    if any("text_Os_level0" in b for b in boards.values()):
        lines += ["## Size", "",
                  "Bytes; [footprint.md](footprint.md) has every target, for three sizes of RAM.", "",
                  *_table(["", "code, `-Os`, without hardening", "RAM, for 256 KiB and two cores"],
                          [[n, number(b.get("text_Os_level0")), number(b.get("ram_small"))]
                           for n, b in boards.items()])]
    lines += ["## Interrupted operations", "",
              "Operations on a core's lists that an interrupt met inside, in the interrupt",
              "storm of the image tests (`tests/firmware/image/storm.c`), which fails when",
              "there are fewer than 50. Cores run at once there, so these vary; CI compares",
              "only that none is 0.", "",
              *_table(["", "interrupted"], [[n, number(b.get("interrupted"))]
                                            for n, b in boards.items()]),
              "## A full region", "",
              "brink fills 96 KiB until eight requests in a row fail, keeps it full, empties",
              "it, asks for 80 % of it as one block and fills it again.", "",
              *_recovery(boards, names), "## Each call: best / median / worst", ""]
    for board, b in boards.items():
        lines += [f"### {board}: {plan.BOARDS[board].about}", "", *_table(["", *names], call_rows(b, names))]
    return "\n".join(lines).rstrip() + "\n"


def main() -> int:
    """Prints the page."""
    if len(sys.argv) != 2:
        print("usage: firmware_page FIGURES", file=sys.stderr)
        return 2
    print(render(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
