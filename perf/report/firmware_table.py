# SPDX-License-Identifier: Apache-2.0
"""The firmware storm's results as tables for a terminal."""

from collections.abc import Iterable

from ..firmware import plan
from .table import layout


def number(value: float | None) -> str:
    """A dash for what was not measured."""
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"


def scenarios(board: dict) -> list[str]:
    """Those that the document has, in the plan's order."""
    return [name for name in plan.SCENARIOS if name in board]


def _pairs(board: dict, names: list[str]) -> str:
    rows = [[s, *(number(board[s].get(a)) for a in names)] for s in scenarios(board)]
    return layout(["mean of a pair", *names], rows)


def allocators(boards: Iterable[dict]) -> list[str]:
    """Those that some scenario of the boards was run with, in the plan's order."""
    run = {name for board in boards for s in scenarios(board) for name in board[s]}
    return [name for name in plan.ALLOCATORS if name in run]


def call_rows(board: dict, names: list[str]) -> list[list[str]]:
    """Best, median and worst of each call: a row for each scenario and call."""
    rows = []
    for scenario in scenarios(board):
        for call in ("malloc", "free"):
            row = [f"{scenario} {call}"]
            for name in names:
                at = board["calls"][scenario].get(name, {}).get(call)
                row.append("-" if at is None else
                           " / ".join(number(at[k]) for k in ("best", "median", "worst")))
            rows.append(row)
    return rows


def _worst(board: dict) -> str:
    keys = [key for key in ("worst", "worst_default") if key in board]
    names = list(dict.fromkeys(name for key in keys for name in board[key]))
    heads = {"worst": "level0", "worst_default": "default"}
    rows = [[name, *(number(board[key].get(name)) for key in keys)] for name in names]
    return layout(["longest path", *(heads[key] for key in keys)], rows)


def density_rows(board: dict) -> list[list[str]]:
    """A row for each kind of sizes: a share of newlib's bytes for each region."""
    cells = board.get(plan.DENSITY, {})
    rows = []
    for kind in plan.DENSITY_KINDS:
        row = [kind]
        for kib in plan.DENSITY_KIB:
            cell = cells.get(f"{kib}K {kind}")
            row.append("-" if cell is None else f"{cell['default'] / cell['newlib']:.2f}")
        rows.append(row)
    return rows


def render(doc: dict) -> str:
    """Board by board, the same tables."""
    parts = ["Instructions of malloc + free, from each function's first to its return."]
    for name, board in doc["firmware"].items():
        names = allocators([board])
        parts += ["", f"== {name}: {plan.BOARDS[name].about}; "
                  f"{board['made_with']['compiler']}",
                  "", _pairs(board, names), "",
                  layout(["best / median / worst", *names], call_rows(board, names))]
        if "worst" in board:
            parts += ["", _worst(board)]
        if plan.DENSITY in board:
            heads = ["at the first NULL, of newlib's", *(f"{kib}K" for kib in plan.DENSITY_KIB)]
            parts += ["", layout(heads, density_rows(board))]
        if "interrupted" in board:
            parts += ["", f"operations interrupted in the image test: {board['interrupted']}"]
    return "\n".join(parts) + "\n"
