#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Fuzzes the heap: libFuzzer with sanitizers over newlib full and nano, and AFL++.

Without --minutes or --calls the short run of the tests: every input of the corpus,
a fixed number of new ones from a fixed seed, and a library broken on purpose that
the corpus must find. Inputs that fail are kept in BUILD/fuzz/found.
"""
from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CORPUS = HERE / "corpus"
INPUT_MOST = 2048
SLICE_S = 60
SHORT_RUNS = {"tiny": 600, "nano": 600, "size": 300, "ram": 300, "level2": 200}

TINY = ("OSH_PAGE_LOG2=9,OSH_SLAB_MAX=1024,OSH_MAGAZINE_BYTES=256,OSH_MAGAZINE_MAX=8,"
        "OSH_DEPOT_SLOTS=2,OSH_CORES=4,OSH_TRIM_BYTES=2048")
SMALL = ("OSH_PAGE_LOG2=12,OSH_SLAB_MAX=1024,OSH_MAGAZINE_BYTES=512,OSH_MAGAZINE_MAX=16,"
         "OSH_DEPOT_SLOTS=2,OSH_CORES=4")
COMMON = ["-Dfuzz=true", "-Dstorm=false", "-Dport=portable", "-Ddebug=true"]
SANITIZED = ["-Db_sanitize=address,undefined", "-Db_lundef=false",
             "-Dc_args=-fsanitize=fuzzer-no-link -fno-sanitize-recover=all"]
LIBFUZZER = {
    "tiny": [*SANITIZED, f"-Dconfig={TINY}"],
    "nano": [*SANITIZED, "-Dram=1M", f"-Dconfig={SMALL}", "-Dnewlib=nano"],
    "ram": [*SANITIZED, "-Dram=64K", f"-Dconfig={TINY}"],
    "size": [*SANITIZED, "-Dram=32K", "-Dcores=4", "-Doptimization=s"],
    "level2": [*SANITIZED, f"-Dconfig={TINY}", "-Dhardening=2"],
}
AFL_ENVIRONMENT = {"AFL_NO_UI": "1", "AFL_SKIP_CPUFREQ": "1", "AFL_NO_AFFINITY": "1",
                   "AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES": "1", "AFL_QUIET": "1"}


def fail(message: str) -> None:
    """Ends the program with a message."""
    sys.exit(f"fuzz: {message}")


def say(message: str) -> None:
    """Progress."""
    print(f"fuzz: {message}", file=sys.stderr, flush=True)


def build(root: Path, name: str, compiler: str, options: list[str]) -> Path:
    """Builds one variant of the target; returns its folder."""
    folder = root / name
    log = root / f"{name}.log"
    environment = os.environ | {"CC": compiler, "AFL_QUIET": "1"}
    steps = [["ninja", "-C", str(folder)]]
    if not (folder / "build.ninja").exists():
        steps.insert(0, ["/usr/bin/meson", "setup", str(folder), str(ROOT), *COMMON, *options])
    say(f"building {name}")
    with log.open("w", encoding="utf-8") as to:
        for step in steps:
            if subprocess.run(step, env=environment, stdout=to, stderr=subprocess.STDOUT,
                              check=False).returncode != 0:
                fail(f"{name} does not build, see {log}")
    return folder / "tests/fuzz"


def calls_of(counter: Path) -> int:
    """Calls of the API that a target has counted so far."""
    try:
        return int.from_bytes(counter.read_bytes()[:8], "little")
    except FileNotFoundError:
        return 0


class Campaign:
    """Targets, what they have done and what they have found."""

    def __init__(self, root: Path, seed: int) -> None:
        self.root = root
        self.seed = seed
        self.found = root / "found"
        self.found.mkdir(parents=True, exist_ok=True)
        self.started = time.monotonic()
        self.calls: dict[str, int] = {}
        self.crashes: list[str] = []

    def counter(self, name: str) -> Path:
        """The file a target counts its calls in."""
        return self.root / f"{name}.calls"

    def environment(self, name: str) -> dict[str, str]:
        """For a target's process."""
        return os.environ | {"OSHEAP_FUZZ_CALLS": str(self.counter(name))} | AFL_ENVIRONMENT

    def start(self, name: str) -> None:
        """From zero."""
        self.counter(name).unlink(missing_ok=True)

    def total(self) -> int:
        """Calls of all targets."""
        self.calls = {path.stem: calls_of(path) for path in self.root.glob("*.calls")}
        return sum(self.calls.values())

    def libfuzzer(self, name: str, program: Path, options: list[str]) -> subprocess.Popen:
        """One run of libFuzzer on the corpus and what was found before."""
        queue = self.root / f"{name}.queue"
        queue.mkdir(exist_ok=True)
        self.seed += 1
        return subprocess.Popen(
            [program, f"-seed={self.seed}", f"-max_len={INPUT_MOST}", "-len_control=0",
             "-timeout=60", "-verbosity=0", f"-artifact_prefix={self.found}/{name}-", *options,
             str(queue), str(CORPUS)],
            env=self.environment(name), stdout=subprocess.DEVNULL,
            stderr=(self.root / f"{name}.run.log").open("w", encoding="utf-8"))

    def afl(self, program: Path, seconds: int) -> subprocess.Popen:
        """One run of AFL++, which goes on where the last one stopped."""
        output = self.root / "afl.queue"
        begin = "-" if (output / "default/fuzzer_stats").exists() else str(CORPUS)
        return subprocess.Popen(
            ["afl-fuzz", "-V", str(seconds), "-G", str(INPUT_MOST), "-t", "5000", "-i", begin,
             "-o", str(output), "--", str(program)], env=self.environment("afl"),
            stdout=(self.root / "afl.run.log").open("w", encoding="utf-8"),
            stderr=subprocess.STDOUT)

    def judge(self, name: str, status: int) -> None:
        """Notes how a run ended."""
        if status != 0:
            self.crashes.append(f"{name}: ended with {status}, see {self.root}/{name}.run.log")
        for crash in (self.root / "afl.queue/default/crashes").glob("id*"):
            kept = self.found / f"afl-{crash.name.split(',')[0].replace(':', '')}"
            if not kept.exists():
                shutil.copy(crash, kept)
                self.crashes.append(f"afl: {kept}")

    def report(self, path: Path | None) -> int:
        """The end: figures and failures."""
        document = {"calls": self.total(), "seconds": round(time.monotonic() - self.started, 1),
                    "targets": self.calls, "failures": self.crashes}
        if path:
            path.write_text(json.dumps({"fuzz": document}) + "\n", encoding="utf-8")
        for crash in self.crashes:
            print(f"fuzz: FAILED: {crash}")
        print(f"fuzz: {document['calls']:,} calls of the API in {document['seconds']:.0f} s "
              f"({', '.join(f'{n} {c:,}' for n, c in sorted(self.calls.items()))}): "
              f"{len(self.crashes)} failures")
        return int(bool(self.crashes) or document["calls"] == 0)


def short_run(campaign: Campaign) -> None:
    """What the tests do: the same work every time."""
    folders = {name: build(campaign.root, name, "clang", options)
               for name, options in LIBFUZZER.items()}
    for name in folders:
        shutil.rmtree(campaign.root / f"{name}.queue", ignore_errors=True)
        campaign.start(name)
    runs = {name: campaign.libfuzzer(name, folder / "fuzz_heap", [f"-runs={SHORT_RUNS[name]}"])
            for name, folder in folders.items()}
    for name, run in runs.items():
        campaign.judge(name, run.wait())
    inputs = [str(path) for path in sorted(CORPUS.iterdir())]
    broken = subprocess.run([folders["tiny"] / "fuzz_broken", "-artifact_prefix=/dev/null",
                             *inputs], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                            check=False)
    if broken.returncode == 0:
        campaign.crashes.append("the corpus does not find a realloc that frees the old block "
                                "when there is no new one")


def long_run(campaign: Campaign, minutes: float | None, calls: int | None) -> None:
    """In slices, until time is up or the calls are made; stops at the first failure."""
    folders = {name: build(campaign.root, name, "clang", options)
               for name, options in LIBFUZZER.items()}
    afl = build(campaign.root, "afl", "afl-clang-fast", [f"-Dconfig={TINY}"])
    for name in (*folders, "afl"):
        campaign.start(name)
    begun = time.monotonic()
    while not campaign.crashes:
        left = minutes * 60 - (time.monotonic() - begun) if minutes else SLICE_S
        if left <= 0 or (calls and campaign.total() >= calls):
            break
        seconds = max(1, min(SLICE_S, round(left)))
        runs = {name: campaign.libfuzzer(name, folder / "fuzz_heap", [f"-max_total_time={seconds}"])
                for name, folder in folders.items()}
        runs["afl"] = campaign.afl(afl / "fuzz_heap", seconds)
        for name, run in runs.items():
            campaign.judge(name, run.wait())
        say(f"{time.monotonic() - begun:.0f} s, {campaign.total():,} calls")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=Path, help="folder for the builds")
    until = parser.add_mutually_exclusive_group()
    until.add_argument("--minutes", type=float, metavar="M", help="fuzz for so long")
    until.add_argument("--calls", type=int, metavar="N", help="until so many calls of the API")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="default 1")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    args = parser.parse_args()
    if args.minutes is not None and not 0 < args.minutes <= 10080:
        parser.error("--minutes must be above 0 and at most 10080 (a week)")
    if args.calls is not None and args.calls < 1:
        parser.error("--calls must be 1 or more")
    return args


def main() -> int:
    """Short or long."""
    args = arguments()
    args.build.mkdir(parents=True, exist_ok=True)
    campaign = Campaign(args.build.resolve(), args.seed)
    if args.minutes or args.calls:
        long_run(campaign, args.minutes, args.calls)
    else:
        short_run(campaign)
    return campaign.report(args.json)


if __name__ == "__main__":
    sys.exit(main())
