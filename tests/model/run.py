#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the explorers of a test build, a scenario a process, as many at a time as there are CPUs.

What each scenario prints follows in the explorers' own order. Of each explorer BUILD-ROOT
gets EXPLORER.json, and a violation's replay. Options that are not named here go to the explorers.

Exit status: 0 all promises held, 1 one did not, 2 an explorer could not run, 3 time ran out on a
scenario, and no promise was broken until then.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile

EXPLORERS = ("explorer", "explorer-exclusives", "explorer-lean")
PROGRAMS = "tests/gcc/tests/model"
HELD, VIOLATED, WRONG, UNFINISHED = 0, 1, 2, 3


def scenarios(program: pathlib.Path) -> list[str]:
    listed = subprocess.run([program, "--list"], check=True, capture_output=True, text=True).stdout
    return [line.split()[0] for line in listed.splitlines() if line.strip()]


def explore(program: pathlib.Path, name: str, replays: pathlib.Path, options: list[str]):
    """Exit status, what it printed of the scenario, and its row of figures."""
    with tempfile.TemporaryDirectory() as folder:
        figures = pathlib.Path(folder) / "figures.json"
        done = subprocess.run([program, "--scenario", name, "--json", figures, "--save", replays, *options],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        try:
            rows = json.loads(figures.read_text(encoding="utf-8"))["explorer"]
        except (OSError, ValueError):
            rows = []  # it could not run
    # The first line explains the columns, the last counts scenarios.
    said = done.stdout.splitlines()
    return done.returncode, "\n".join(said[1:-1] if rows else said), rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", metavar="BUILD-ROOT", type=pathlib.Path, help=f"the explorers are in {PROGRAMS}")
    parser.add_argument("--jobs", metavar="N", type=int, default=len(os.sched_getaffinity(0)),
                        help="so many at a time (the CPUs)")
    args, options = parser.parse_known_args()
    statuses = []
    with concurrent.futures.ThreadPoolExecutor(max_workers=max(args.jobs, 1)) as pool:
        running = {}
        for explorer in EXPLORERS:
            program = args.root / PROGRAMS / explorer
            running[explorer] = [pool.submit(explore, program.absolute(), name, args.root, options)
                                 for name in scenarios(program)]
        for explorer, futures in running.items():
            print(f"{explorer}: bounds are preemptions/interrupts/migrations/loads of old values", flush=True)
            figures = []
            for future in futures:
                status, said, rows = future.result()
                print(said, flush=True)
                figures += rows
                if not rows or status not in (HELD, VIOLATED, UNFINISHED):
                    pool.shutdown(wait=False, cancel_futures=True)
                    return WRONG
                statuses.append(status)
            (args.root / f"{explorer}.json").write_text(json.dumps({"explorer": figures}, indent=1) + "\n",
                                                        encoding="utf-8")
    held = statuses.count(HELD)
    print(f"{len(statuses)} scenarios: {held} hold within their bounds, {statuses.count(UNFINISHED)} not explored "
          f"to the end, {len(statuses) - held - statuses.count(UNFINISHED)} violated")
    return VIOLATED if VIOLATED in statuses else max(statuses)


if __name__ == "__main__":
    sys.exit(main())
