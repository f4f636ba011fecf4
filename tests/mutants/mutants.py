#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Seeded faults: each is put into a copy of the tree, built, and run against the
checks, cheapest first, until one fails. One that nothing notices is a gap.

The checks are what the list says should find it, then the explorer, scenario by
scenario, then the unit and the concurrent suites and the table of misuse; of a fault in
what only another build has the first alone. A check counts only if it passes
on the tree as it is; one that does not, or a fault whose text is not in its file
exactly once, ends everything."""

import argparse
import json
import queue
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from faults import HERE, Failure, Mutant, load
from trees import ELSEWHERE, EXPLORER, Tree


def require_controls(mutants: list[Mutant], tree: Tree) -> None:
    """Every scenario has a fault that it must find, but those about the machine itself,
    which say what must be met as well as what must not."""
    tree.ninja(EXPLORER)
    named = {name.split("/")[-1] for mutant in mutants for name in mutant.control}
    scenarios = {name for name in tree.scenarios() if not name.startswith("litmus-")}
    for name in sorted(scenarios ^ named):
        raise Failure(f"{name}: " + ("no fault has it as its control" if name in scenarios
                                     else "there is no such scenario"))


class Clean:
    """The tree as it is: a check that fails there finds nothing in a mutant."""

    def __init__(self, folder: Path):
        self.tree = Tree(folder)
        self.passing: set[str] = set()
        self.lock = threading.Lock()

    def require(self, name: str) -> None:
        with self.lock:
            if name in self.passing:
                return
            check = self.tree.check(name)
            self.tree.build_for(check)
            if not check.passes():
                raise Failure(f"{name} fails on the tree as it is")
            self.passing.add(name)


def others(tree: Tree, expected: str | None) -> Iterator[str]:
    """The checks in the order in which they are tried; builds what they need."""
    if expected is not None:
        tree.build_for(tree.check(expected))
        yield expected
        if expected.split()[0] in ELSEWHERE:
            return # the host's programs have nothing of it
    tree.ninja(EXPLORER)
    yield from (f"explorer {name}" for name in tree.scenarios())
    tree.ninja()
    yield from (check.name for check in tree.suites())


def try_mutant(mutant: Mutant, tree: Tree, clean: Clean, control_only: bool) -> None:
    """Finds what kills it, or leaves killer None."""
    began = time.monotonic()
    mutant.apply(tree.source)
    try:
        for name in mutant.control:
            tree.build_for(tree.explore(name))
        found = [name for name in mutant.control if not tree.explore(name).passes()]
        mutant.missed = [name for name in mutant.control if name not in found]
        for name in found:
            clean.require(f"explorer {name}")
        if found:
            mutant.killer = ", ".join(f"explorer {name}" for name in found)
        if control_only or found:
            return
        for name in others(tree, mutant.expect):
            if not tree.check(name).passes():
                clean.require(name)
                mutant.killer = name
                return
    except Failure as failure:
        raise Failure(f"{mutant.id}: {failure}") from failure
    finally:
        mutant.undo(tree.source)
        mutant.seconds = time.monotonic() - began


def try_all(mutants: list[Mutant], trees: list[Tree], clean: Clean, control_only: bool,
            say) -> None:
    waiting: queue.Queue[Mutant] = queue.Queue()
    for mutant in mutants:
        waiting.put(mutant)
    failures: list[Failure] = []
    done = 0
    lock = threading.Lock()

    def work(tree: Tree) -> None:
        nonlocal done
        while not failures:
            try:
                mutant = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                try_mutant(mutant, tree, clean, control_only)
            except Failure as failure:
                failures.append(failure)
                return
            with lock:
                done += 1
                verdict = mutant.killer or "SURVIVES"
                if mutant.missed:
                    verdict += ", but NOT by " + ", ".join(mutant.missed)
                say(f"[{done}/{len(mutants)}] {mutant.id}: {verdict} ({mutant.seconds:.0f} s)")

    workers = [threading.Thread(target=work, args=(tree,)) for tree in trees]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if failures:
        raise failures[0]


def table(mutants: list[Mutant]) -> str:
    rows = ["<!-- SPDX-License-Identifier: Apache-2.0 -->", "# Seeded faults", "",
            "Written by `./dev test --mutants` from `tests/mutants/mutants.toml`: each fault is "
            "put into a copy", "of the tree, and the checks run, cheapest first, until one fails. "
            "A fault in bold is the", "negative control of a scenario of the explorer.", "",
            f"{sum(m.killer is not None for m in mutants)} of {len(mutants)} are found.", "",
            "| fault | in | what is wrong then | found by |", "|---|---|---|---|"]
    for mutant in mutants:
        name = f"**{mutant.id}**" if mutant.control else mutant.id
        rows.append(f"| {name} | {mutant.file} | {mutant.fault} | {mutant.killer or 'NOTHING'} |")
    return "\n".join(rows) + "\n"


def pick(mutants: list[Mutant], options: argparse.Namespace) -> list[Mutant]:
    if options.only:
        known = {mutant.id: mutant for mutant in mutants}
        missing = [name for name in options.only if name not in known]
        if missing:
            raise Failure(f"there is no fault '{missing[0]}' (see --list)")
        return [known[name] for name in options.only]
    if options.controls:
        covered: set[str] = set()
        return [m for m in mutants
                if not covered.issuperset(m.control) and not covered.update(m.control)]
    if options.sample:
        return mutants[::max(1, len(mutants) // options.sample)][:options.sample]
    return mutants


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the copies and their builds go")
    parser.add_argument("--only", nargs="+", metavar="ID", help="these faults")
    parser.add_argument("--sample", type=int, metavar="N", help="N faults, evenly from the list")
    parser.add_argument("--controls", action="store_true",
                        help="for each scenario of the explorer a fault that it must find")
    parser.add_argument("--jobs", type=int, default=2, help="faults at a time (2)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="totals, and who survives")
    parser.add_argument("--table", type=Path, metavar="FILE", help="the table as Markdown")
    parser.add_argument("--list", action="store_true", help="the faults, and no more")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"mutants: {time.monotonic() - began:4.0f} s  {text}", flush=True)

    try:
        mutants = pick(load(HERE / "mutants.toml"), options)
        if options.list:
            for mutant in mutants:
                print(f"{mutant.id:32} {mutant.file:32} {mutant.fault}")
            return 0
        jobs = max(1, min(options.jobs, len(mutants)))
        trees = [Tree(options.folder.resolve() / str(i)) for i in range(jobs)]
        if options.controls:
            require_controls(mutants, trees[0])
        clean = Clean(options.folder.resolve() / "clean")
        say(f"{len(mutants)} faults, {jobs} at a time")
        try_all(mutants, trees, clean, options.controls, say)
    except Failure as failure:
        print(f"mutants: {failure}", file=sys.stderr)
        return 2
    surviving = [mutant.id for mutant in mutants if mutant.killer is None]
    missed = [f"{m.id} by {name}" for m in mutants for name in m.missed]
    if options.json:
        options.json.write_text(json.dumps({"mutants": {
            "total": len(mutants), "killed": len(mutants) - len(surviving),
            "surviving": surviving}}, indent=1) + "\n")
    if options.table:
        options.table.write_text(table(mutants))
    say(f"{len(mutants)} faults, {len(mutants) - len(surviving)} found"
        + (", not found: " + ", ".join(surviving + missed) if surviving or missed else ""))
    return 1 if surviving or missed else 0


if __name__ == "__main__":
    sys.exit(main())
