# SPDX-License-Identifier: Apache-2.0
"""A copy of the sources with a build of its own, and the checks that it can run."""
from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from faults import ROOT, Failure

EXPLORER = "tests/model/explorer"
# The same scenarios on firmware's lists, and compiled for size at hardening level 2.
OTHERS = {name: f"tests/model/explorer-{name}" for name in ("exclusives", "lean")}
# Unit tests take milliseconds, the table of misuse most of a minute.
SUITES = ("osheap:unit", "osheap:resident", "osheap:concurrent", "osheap:fork", "osheap:lines", "osheap:hardening")
# The tree outside of tests/model has no weaker read-modify-writes than its own.
STRONGER = " ".join(f"-Dosh_{op}_{order}=osh_{op}" for op in ("cas", "exchange", "fetch_add")
                    for order in ("relaxed", "acquire", "release"))


# Checks of other builds than the usual one: of an image on a board of tests/firmware, of the
# injection there, of the order of its stores, of the sequences of AArch64 Linux, and of a test on
# the host of a heap for a small RAM.
ELSEWHERE = ("firmware", "injection", "orders", "sequences", "tiny")
TINY = ["-Dram=32K", "-Dcores=1"]
# The board of each target of the injection.
BOARDS = {"m33": "an521", "m4": "m4", "m7": "m7", "m0": "m0", "a15": "a15", "a72": "a72",
          "rv64": "rv64", "rv32": "rv32"}


@dataclass
class Check:
    name: str
    command: list[str]
    folder: Path # where it runs: meson names programs from there
    env: dict[str, str] = field(default_factory=dict)
    limit: float = 300.0
    build: Path | None = None # a build of its own, ...
    cross: str = ""           # ... how it is configured, ...
    target: str = ""          # ... and what of it the check runs
    cannot: int | None = None # how it ends when it could not even begin

    def passes(self) -> bool:
        """False also when it hangs."""
        try:
            done = subprocess.run(self.command, env={**os.environ, **self.env}, cwd=self.folder,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                  timeout=self.limit, check=False)
        except subprocess.TimeoutExpired:
            return False
        if done.returncode == self.cannot:
            raise Failure(f"{self.name}: cannot be run")
        return done.returncode == 0


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

    def in_guest(self, test: str) -> Check:
        """A test on AArch64 Linux under its kernel; the script builds what it needs."""
        folder = self.build.parent
        return Check(f"aarch64 {test}",
                     [str(self.source / "tests/aarch64/run.py"), str(folder / "aarch64"), "--packages",
                      str(folder.parent / "debian"), "--only", test],
                     folder, limit=1800.0, cannot=2)

    def build_for(self, check: Check) -> None:
        """The programs that a check runs, and no others."""
        if check.build is not None:
            self.build_elsewhere(check)
            return
        if check.name.startswith(("aarch64 ", "script ")):
            return
        if self.programs is None:
            self.ninja("build.ninja") # as meson.build has them now
            listed = json.loads(run(["meson", "introspect", "--targets", str(self.build)]).stdout)
            self.programs = {Path(name) for target in listed for name in target["filename"]}
        named = [self.build / word for word in check.command]
        self.ninja(*(str(path.relative_to(self.build)) for path in named if path in self.programs))

    def build_elsewhere(self, check: Check) -> None:
        if not (check.build / "build.ninja").exists():
            check.build.parent.mkdir(parents=True, exist_ok=True)
            for_what = TINY if not check.cross else ["-Dtests=false"] if "linux" in check.cross \
                else ["-Dram=1M"]
            cross = ["--cross-file", str(self.source / check.cross)] if check.cross else []
            done = run(["meson", "setup", str(check.build), str(self.source), *cross,
                        "-Dstorm=false", "-Dnewlib=full", "-Dwerror=false", *for_what])
            if done.returncode != 0:
                raise Failure(done.stdout + done.stderr)
        done = run(["ninja", "-C", str(check.build), "-j1", check.target])
        if done.returncode != 0:
            raise Failure(done.stdout[-3000:])

    def elsewhere(self, name: str) -> Check:
        """`firmware BOARD:TEST`, `injection TARGET`, `orders TARGET`, `sequences aarch64`,
        `tiny TEST`."""
        kind, what = name.split()
        builds = self.build.parent / "boards"
        if kind == "tiny":
            program = f"tests/{what.replace('/', '_')}"
            return Check(name, [str(builds / kind / program)], builds, build=builds / kind,
                         target=program)
        if kind == "sequences":
            archive = builds / what / "libosheap.a"
            return Check(name, [str(self.source / "tests/arch/sequences.py"), str(archive),
                                f"{what}-linux-gnu-"], self.source, build=archive.parent,
                         cross=f"tests/cross/{what}-linux.ini", target=archive.name)
        board, _, test = what.partition(":")
        board = BOARDS.get(board, board)
        program = {"firmware": "tests/firmware/run.sh", "injection": "tests/inject/firmware.py",
                   "orders": "tests/inject/orders.py"}[kind]
        return Check(name, [str(self.source / program), str(builds), what], self.source,
                     build=builds / board, cross=f"tests/firmware/boards/{board}/cross.ini",
                     target=f"tests/firmware/{test or 'inject'}.elf")

    def check(self, name: str) -> Check:
        if name.startswith("explorer "):
            return self.explore(name.split()[1])
        if name.split()[0] in ELSEWHERE:
            return self.elsewhere(name)
        if name.startswith("aarch64 "):
            return self.in_guest(name.removeprefix("aarch64 "))
        if name.startswith("script "): # one that builds what it needs
            program, *arguments = name.split()[1:]
            return Check(name, [str(self.source / program), str(self.build / "script"), *arguments],
                         self.build, limit=900.0)
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
