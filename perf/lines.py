# SPDX-License-Identifier: Apache-2.0
"""Cache-line transfers a call on simulated cores (tests/lines): prints the page, writes the figures."""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from .command import need_folders, say, write_json
from .report import lines_page


class LinesError(Exception):
    """The program failed."""


def count(program: Path) -> dict:
    """The document's section `lines`."""
    try:
        done = subprocess.run([program], capture_output=True, text=True, check=False, timeout=600)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LinesError(f"{program}: {error}") from error
    if done.returncode != 0:
        raise LinesError(f"{program}: {done.stderr.strip() or done.returncode}")
    return json.loads(done.stdout)["lines"]


def main(argv: list[str] | None = None) -> int:
    """Exit status: 0 done, 1 the program failed, 2 wrong usage."""
    parser = argparse.ArgumentParser(prog="storm --lines", description=__doc__, allow_abbrev=False)
    parser.add_argument("--program", type=Path, required=True, metavar="FILE",
                        help="the build's tests/lines/lines")
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args(argv)
    need_folders(parser, args.json)
    lines = count(args.program)
    if args.json:
        write_json(args.json, {"lines": lines})
        say(f"wrote {args.json}")
    print(lines_page.render(lines), end="")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except LinesError as error:
        sys.exit(f"lines: {error}")
