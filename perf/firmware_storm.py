#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The firmware storm: instructions of every call, counted by QEMU, on every board."""

import argparse
import json
import sys
from pathlib import Path

import firmware_doc
import firmware_plan as plan
import firmware_run
import firmware_table


def names(valid, what: str):
    """An argument that lists some of `valid`."""
    def read(text: str) -> list[str]:
        chosen = [name.strip() for name in text.split(",") if name.strip()]
        unknown = [name for name in chosen if name not in valid]
        if unknown or not chosen:
            raise argparse.ArgumentTypeError(
                f"no {what} {', '.join(unknown) or 'named'}; valid: {', '.join(valid)}")
        return [name for name in valid if name in chosen]
    return read


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def measure(root: Path, boards: list[str], scenarios: list[str]) -> dict:
    """Builds, runs, and gives the document."""
    return firmware_doc.document(*firmware_run.run_all(root, boards, scenarios, _say))


def main(argv: list[str] | None = None) -> int:
    """Exit status: 0 done, 1 a build or a run failed, 2 wrong usage."""
    parser = argparse.ArgumentParser(
        prog="firmware_storm", description=__doc__, allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="boards: " + ", ".join(plan.BOARDS) + "\nscenarios: "
        + ", ".join([*plan.SCENARIOS, plan.DENSITY]))
    parser.add_argument("--build", type=Path, required=True, metavar="DIR",
                        help="where the images are built")
    parser.add_argument("--boards", type=names(plan.BOARDS, "board"), metavar="A,B",
                        default=list(plan.BOARDS))
    parser.add_argument("--scenario", type=names([*plan.SCENARIOS, plan.DENSITY], "scenario"), metavar="A,B",
                        default=[*plan.SCENARIOS, plan.DENSITY])
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--quiet", action="store_true", help="no table")
    args = parser.parse_args(argv)
    if args.json and not args.json.absolute().parent.is_dir():
        parser.error(f"no folder {args.json.absolute().parent}")
    try:
        doc = measure(args.build, args.boards, args.scenario)
    except firmware_run.FirmwareError as error:
        _say(f"firmware storm: {error}")
        return 1
    if args.json:
        args.json.write_text(json.dumps(doc, indent=1) + "\n", encoding="utf-8")
    if not args.quiet:
        print(firmware_table.render(doc), end="")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("interrupted")
