#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Seeded faults: each is put into a copy of the tree, built, and run against the
checks, cheapest first, until one fails. One that nothing notices is a gap.

The checks are what the list says should find it, then the explorer, scenario by
scenario, then the unit and the concurrent suites and the table of misuse. A check counts only if it passes
on the tree as it is; one that does not, or a fault whose text is not in its file
exactly once, ends everything."""

import argparse
import json
import os
import queue
import shutil
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
EXPLORER = "tests/model/explorer"
# The same scenarios on firmware's lists, with the slabs of a build for size, and in the
# smallest configuration of one.
OTHERS = {name: f"tests/model/explorer-{name}" for name in ("exclusives", "small", "lean")}
# Unit tests take milliseconds, the table of misuse most of a minute.
SUITES = ("osheap:unit", "osheap:concurrent", "osheap:hardening")
# The tree outside of tests/model has no weaker read-modify-writes than its own.
STRONGER = " ".join(f"-Dosh_{op}_{order}=osh_{op}" for op in ("cas", "exchange", "fetch_add")
                    for order in ("relaxed", "acquire", "release"))


class Failure(Exception):
    """The list or the tree is wrong, not a mutant."""


@dataclass
class Mutant:
    id: str
    file: str
    replace: str
    with_: str
    fault: str
    control: list[str] = field(default_factory=list)
    expect: str | None = None
    killer: str | None = None
    missed: list[str] = field(default_factory=list) # scenarios that should have found it
    seconds: float = 0.0

    def require_form(self) -> None:
        """ValueError unless it is one of text, in a file of the tree."""
        texts = [self.id, self.file, self.replace, self.with_, self.fault, self.expect or ""]
        if not all(isinstance(text, str) for text in texts) or not self.replace or \
                not isinstance(self.control, list) or "\0" in self.file or \
                not all(isinstance(name, str) for name in self.control) or \
                Path(self.file).is_absolute() or ".." in Path(self.file).parts:
            raise ValueError(f"{self.id}: not the form of a fault")

    def apply(self, tree: Path) -> None:
        path = tree / self.file
        text = path.read_text()
        path.write_text(text.replace(self.replace, self.with_))

    def undo(self, tree: Path) -> None:
        shutil.copy(ROOT / self.file, tree / self.file)  # newer than the mutant's object


@dataclass
class Check:
    name: str
    command: list[str]
    folder: Path # where it runs: meson names programs from there
    env: dict[str, str] = field(default_factory=dict)
    limit: float = 300.0

    def passes(self) -> bool:
        """False also when it hangs."""
        try:
            done = subprocess.run(self.command, env={**os.environ, **self.env}, cwd=self.folder,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                  timeout=self.limit, check=False)
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0


def load(path: Path) -> list[Mutant]:
    mutants = []
    try:
        for entry in tomllib.loads(path.read_text(encoding="utf-8"))["mutant"]:
            entry["with_"] = entry.pop("with")
            mutants.append(Mutant(**entry))
            mutants[-1].require_form()
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Failure(f"{path}: not a list of faults: {error!r}") from error
    names = [mutant.id for mutant in mutants]
    for name in names:
        if names.count(name) > 1:
            raise Failure(f"{name}: there are two of that name")
    for mutant in mutants:
        file = ROOT / mutant.file
        times = file.read_text().count(mutant.replace) if file.is_file() else 0
        if times != 1:
            raise Failure(f"{mutant.id}: its text is {times} times in {mutant.file}, not once")
    return mutants


def run(command: list[str], **options) -> subprocess.CompletedProcess:
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


class Tree:
    """A copy of the sources with a build of its own."""

    def __init__(self, folder: Path):
        self.source = folder / "tree"
        self.build = folder / "build"
        self.tests: list[dict] | None = None # as meson lists them
        self.programs: set[Path] | None = None
        self.refresh()
        if not (self.build / "build.ninja").exists():
            setup = run(["meson", "setup", str(self.build), str(self.source), "-Dtests=true",
                         "-Dstorm=false", "-Dwerror=false"],
                        env={**os.environ, "CC": "gcc", "CFLAGS": STRONGER})
            if setup.returncode != 0:
                raise Failure(setup.stdout + setup.stderr)

    def refresh(self) -> None:
        """As the sources are now, touching only what differs."""
        files = run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT).stdout.split("\n")
        for name in filter(None, files):
            here, there = ROOT / name, self.source / name
            if not here.exists():
                there.unlink(missing_ok=True)
            elif not there.exists() or there.read_bytes() != here.read_bytes():
                there.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(here, there)

    def ninja(self, *targets: str) -> None:
        done = run(["ninja", "-C", str(self.build), "-j1", *targets])
        if done.returncode != 0:
            raise Failure(done.stdout[-3000:])

    def scenarios(self) -> list[str]:
        listed = run([str(self.build / EXPLORER), "--list"]).stdout
        return [line.split()[0] for line in listed.splitlines()]

    def explore(self, scenario: str) -> Check:
        """A scenario, of another explorer if it begins with its name of OTHERS."""
        program = OTHERS.get(scenario.rpartition("/")[0], EXPLORER)
        return Check(f"explorer {scenario}",
                     [str(self.build / program), "--scenario", scenario.split("/")[-1],
                      "--save", str(self.build)], self.build)

    def build_for(self, check: Check) -> None:
        """The programs that a check runs, and no others."""
        if self.programs is None:
            self.ninja("build.ninja") # as meson.build has them now
            listed = json.loads(run(["meson", "introspect", "--targets", str(self.build)]).stdout)
            self.programs = {Path(name) for target in listed for name in target["filename"]}
        named = [self.build / word for word in check.command]
        self.ninja(*(str(path.relative_to(self.build)) for path in named if path in self.programs))

    def check(self, name: str) -> Check:
        if name.startswith("explorer "):
            return self.explore(name.split()[1])
        for check in self.suites():
            if check.name == name:
                return check
        raise Failure(f"there is no test '{name}'")

    def suites(self) -> list[Check]:
        """In the order of SUITES."""
        if self.tests is None:
            self.tests = json.loads(
                run(["meson", "introspect", "--tests", str(self.build)]).stdout)
        wanted = [test for test in self.tests
                  if set(SUITES) & set(test["suite"])
                  and not test["name"].startswith(("stress", "arch/symbols", "what "))]
        wanted.sort(key=lambda test: min(SUITES.index(name) for name in test["suite"]
                                         if name in SUITES))
        return [Check(test["name"], test["cmd"], self.build, test["env"]) for test in wanted]


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
            "A bold one is the", "scenario's negative control.", "",
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
