# SPDX-License-Identifier: Apache-2.0
"""What the commands have in common."""

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path


def names(valid: Iterable[str], what: str) -> Callable[[str], list[str]]:
    """An argument that lists some of `valid`: these, in the order of `valid`."""
    def read(text: str) -> list[str]:
        chosen = [name.strip() for name in text.split(",") if name.strip()]
        unknown = [name for name in chosen if name not in valid]
        if unknown or not chosen:
            raise argparse.ArgumentTypeError(
                f"no {what} {', '.join(unknown) or 'named'}; valid: {', '.join(valid)}")
        return [name for name in valid if name in chosen]
    return read


def turns(all_of_them: list[str], number: int) -> list[str]:
    """The order of a round: A B C D, C B A D, B C D A, D C B A, ... A slow drift of the machine
    cancels, and each is first as often as the others: who runs first finds memory that the
    system has to fetch, who runs later that of the run before."""
    count = len(all_of_them)
    begin = number // 2 + (count + 1) // 2 * (number % 2)
    step = -1 if number % 2 else 1
    return [all_of_them[(begin + step * i) % count] for i in range(count)]


def need_folders(parser: argparse.ArgumentParser, *paths: Path | None) -> None:
    """Before minutes are spent on results that could not be written."""
    for path in paths:
        if path and not path.absolute().parent.is_dir():
            parser.error(f"no folder {path.absolute().parent}")


def write_json(path: Path, doc: dict) -> None:
    path.write_text(json.dumps(doc, indent=1) + "\n", encoding="utf-8")


def say(text: str) -> None:
    """To standard error, so that standard output holds only results."""
    print(text, file=sys.stderr, flush=True)
