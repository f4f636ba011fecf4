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
# The same scenarios on firmware's lists, with the slabs of a build for size, and in the
# smallest configuration of one.
OTHERS = {name: f"tests/model/explorer-{name}" for name in ("exclusives", "small", "lean")}
# Unit tests take milliseconds, the table of misuse most of a minute.
SUITES = ("osheap:unit", "osheap:concurrent", "osheap:hardening")
# The tree outside of tests/model has no weaker read-modify-writes than its own.
STRONGER = " ".join(f"-Dosh_{op}_{order}=osh_{op}" for op in ("cas", "exchange", "fetch_add")
                    for order in ("relaxed", "acquire", "release"))


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
        if check.name.startswith(("firmware ", "script ")):
            return
        if self.programs is None:
            self.ninja("build.ninja") # as meson.build has them now
            listed = json.loads(run(["meson", "introspect", "--targets", str(self.build)]).stdout)
            self.programs = {Path(name) for target in listed for name in target["filename"]}
        named = [self.build / word for word in check.command]
        self.ninja(*(str(path.relative_to(self.build)) for path in named if path in self.programs))

    def check(self, name: str) -> Check:
        if name.startswith("explorer "):
            return self.explore(name.split()[1])
        if name.startswith("firmware "): # an image of a board: BOARD:TEST
            return Check(name, [str(self.source / "tests/firmware/run.sh"),
                                str(self.build / "firmware"), name.split()[1]], self.build,
                         limit=900.0)
        if name.startswith("script "): # one that builds what it needs
            return Check(name, [str(self.source / name.split()[1]), str(self.build / "script")],
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
