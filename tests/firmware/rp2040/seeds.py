#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Short image tests on the RP2040's two cores, one interleaving for each seed. Then the control:
the same images on a library whose lock between cores is empty, of which some seed must fail."""

import argparse
import concurrent.futures
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
IMAGES = ("storm", "handoff", "migration", "exhaustion")
CONTROL_SEEDS = 20  # each of CONTROLS fails within these
CONTROLS = ("storm", "exhaustion")
CHUNK = 20
MOST = 100_000_000  # instructions of one run; the longest takes a tenth


class Failed(Exception):
    """A step that failed, with what it said."""


def build(root: Path) -> Path:
    """The folder with the images. run.sh has configured it, or does so now."""
    folder = root / "rp2040"
    if not (folder / "build.ninja").exists():
        command(str(HERE.parent / "run.sh"), str(root), "--quiet", "rp2040:deferred")
    command("ninja", "-C", str(folder), "seeds")
    return folder / "tests" / "firmware"


def command(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stdout + done.stderr).splitlines()[-20:]
        raise Failed("\n".join([f"{words[0]} failed:", *said]))


def run(image: Path, first: int, last: int) -> tuple[int, str]:
    """Status and last line."""
    done = subprocess.run(["node", str(HERE / "run.cjs"), "--seeds", f"{first}-{last}", "--most",
                           str(MOST), "-kernel", str(image)],
                          capture_output=True, text=True, check=False)
    return done.returncode, (done.stdout + done.stderr).strip()


def chunks(seeds: int) -> list[tuple[int, int]]:
    return [(n, min(n + CHUNK - 1, seeds)) for n in range(1, seeds + 1, CHUNK)]


def suites(folder: Path, seeds: int, pool: concurrent.futures.Executor) -> int:
    """How many chunks failed; says which seed."""
    jobs = {pool.submit(run, folder / f"short-{name}.elf", *chunk): name
            for chunk in chunks(seeds) for name in IMAGES}
    failed = 0
    for done, job in enumerate(concurrent.futures.as_completed(jobs), 1):
        status, text = job.result()
        if status != 0:
            failed += 1
            print(f"\nFAIL rp2040 {jobs[job]}: status {status}, {text}", flush=True)
        print(f"\r{done * seeds // len(jobs)}/{seeds} seeds ", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    print(f"{'FAIL' if failed else 'ok  '} rp2040 {', '.join(IMAGES)}: {seeds} seeds of each",
          flush=True)
    return failed


def controls(folder: Path, pool: concurrent.futures.Executor) -> int:
    """How many images did not find that the lock is empty."""
    jobs = {name: pool.submit(run, folder / f"unlocked-{name}.elf", 1, CONTROL_SEEDS)
            for name in CONTROLS}
    missed = 0
    for name, job in jobs.items():
        status, text = job.result()
        if status == 0:
            missed += 1
            print(f"FAIL rp2040 {name}: passes {CONTROL_SEEDS} seeds without the lock between cores")
        else:
            print(f"ok   rp2040 {name} without the lock between cores fails: {text}", flush=True)
    return missed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", type=Path, help="where run.sh builds the firmware images")
    parser.add_argument("--seeds", type=int, default=20, metavar="N", help="seeds of each image (20)")
    options = parser.parse_args()
    if options.seeds < 1:
        parser.error("--seeds wants a number from 1 on")
    folder = build(options.build.resolve())
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        failed = suites(folder, options.seeds, pool)
        return 1 if failed + controls(folder, pool) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failure:
        print(f"seeds.py: {failure}", file=sys.stderr)
        sys.exit(2)
