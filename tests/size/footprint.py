#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Code and RAM of the library for every target, size of RAM and optimisation level."""

import argparse
import concurrent.futures
import json
import os
import sys
from pathlib import Path

from objects import DIAGNOSTICS, FAMILY, LEVELS, REGIONS, SIZES, SOURCE, TARGETS, Build, Failed, numbers
from table import write_table

COMMITTED = SOURCE / "docs" / "footprint.json"
PAGE = SOURCE / "docs" / "footprint.md"


def measure(root: Path, target: str, level: str) -> dict[str, dict]:
    """Size of RAM: what is kept of the library by the three kinds of program."""
    build = Build(root, target, level)
    build.configure()
    found = {}
    for size in SIZES:
        objects = build.compile(numbers(size, target), size)
        exported = build.exported(objects)
        every = [name for name in exported if name not in REGIONS]
        api = [name for name in build.public(objects) if name not in REGIONS]
        found[size] = {
            "api": build.keep(objects, api, "api"),
            "serving": build.keep(objects, [n for n in api if n not in DIAGNOSTICS], "serving"),
            "family": build.keep(objects, list(FAMILY), "family"),
            "all": build.keep(objects, every, "all"),
            "regions": build.keep(objects, exported, "regions"),
        }
    return found


def measure_all(root: Path, targets: list[str]) -> dict[str, dict]:
    jobs = [(target, level) for target in targets for level in LEVELS]
    result: dict[str, dict] = {target: {"footprint": {size: {} for size in SIZES}} for target in targets}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        running = {pool.submit(measure, root, *job): job for job in jobs}
        for done, future in enumerate(concurrent.futures.as_completed(running), 1):
            target, level = running[future]
            for size, kept in future.result().items():
                result[target]["footprint"][size][level] = kept
            print(f"\r{done}/{len(jobs)} {target} -{level}   ", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    for target in targets:
        sizes = result[target]["footprint"]["256K"]["Os"]["all"]
        result[target]["text_Os_level0"] = sizes["text"] + sizes["rodata"]
        result[target]["ram_small"] = sizes["data"] + sizes["bss"] + sizes["newlib_data"]
    return result


def differences(now: dict, committed: dict, path: str = "") -> list[str]:
    """Figures that are not the committed ones, as lines."""
    lines = []
    if not isinstance(committed, dict):
        return [f"{path or 'all'}: {committed} is committed where figures should be"]
    for key, value in now.items():
        name = f"{path}.{key}".lstrip(".")
        if key not in committed:
            lines.append(f"{name}: not committed")
        elif isinstance(value, dict):
            lines += differences(value, committed[key], name)
        elif value != committed[key]:
            lines.append(f"{name}: {committed[key]} is committed, {value} measured")
    return lines


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog="Needs meson, ninja and the cross compilers (./dev installs them).")
    parser.add_argument("targets", nargs="*", metavar="TARGET",
                        help=f"of {', '.join(TARGETS)}; all when none is named")
    parser.add_argument("--build", type=Path, default=SOURCE / "build" / "size",
                        help="where to build (default: build/size)")
    parser.add_argument("--json", type=Path, metavar="FILE",
                        help="write the figures there (default: BUILD/footprint.json)")
    parser.add_argument("--check", action="store_true",
                        help="fail when a figure is not the one committed in docs/footprint.json")
    parser.add_argument("--write", action="store_true",
                        help="write docs/footprint.json and the tables of docs/footprint.md")
    arguments = parser.parse_args()
    unknown = [t for t in arguments.targets if t not in TARGETS]
    if unknown:
        parser.error(f"no target {unknown[0]}; there are {', '.join(TARGETS)}")
    if arguments.write and arguments.targets:
        parser.error("--write measures every target")
    return arguments


def check(figures: dict) -> int:
    if not COMMITTED.exists():
        print(f"{COMMITTED} is missing: ./dev footprint --write", file=sys.stderr)
        return 1
    try:
        committed = json.loads(COMMITTED.read_text(errors="replace"))
    except (ValueError, RecursionError) as error:
        print(f"{COMMITTED} is not JSON: {error}", file=sys.stderr)
        return 1
    wrong = differences(figures, committed)
    for line in wrong:
        print(line)
    if wrong:
        print(f"{len(wrong)} figures differ from docs/footprint.json. If the change is meant: "
              "./dev footprint --write, and commit the two files of docs/")
        return 1
    print("footprint: as committed")
    return 0


def main() -> int:
    arguments = parse()
    figures = measure_all(arguments.build.resolve(), arguments.targets or list(TARGETS))
    text = json.dumps(figures, indent=1) + "\n"
    out = arguments.json or arguments.build / "footprint.json"
    out.write_text(text)
    if arguments.write:
        COMMITTED.write_text(text)
        write_table(PAGE, figures)
    if arguments.check:
        return check(figures)
    write_table(None, figures)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failure:
        print(f"footprint: {failure}", file=sys.stderr)
        sys.exit(2)
