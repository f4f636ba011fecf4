# SPDX-License-Identifier: Apache-2.0
"""The firmware storm: instructions of every call, counted by QEMU, on every board."""

import argparse
import sys
from pathlib import Path

from ..command import names, need_folders, say, write_json
from ..report import firmware_table
from . import doc, plan, run


def measure(root: Path, boards: list[str], scenarios: list[str]) -> dict:
    """Builds, runs, and gives the document."""
    return doc.document(*run.run_all(root, boards, scenarios, say))


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
    need_folders(parser, args.json)
    try:
        found = measure(args.build, args.boards, args.scenario)
    except run.FirmwareError as error:
        say(f"firmware storm: {error}")
        return 1
    if args.json:
        write_json(args.json, found)
    if not args.quiet:
        print(firmware_table.render(found), end="")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("interrupted")
