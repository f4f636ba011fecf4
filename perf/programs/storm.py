# SPDX-License-Identifier: Apache-2.0
"""Real programs over this heap and over others: the same results, time, peak and final memory."""

import argparse
import json
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from ..command import names, need_folders, say, turns, write_json
from . import figures, plan
from .resident import build_probe
from .run import ProgramError, Run, library_of, run


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="storm --programs", description=__doc__, allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="\n".join(f"{name:12} {program.about} ({', '.join(program.packages)})"
                         for name, program in plan.PROGRAMS.items()))
    parser.add_argument("--preload", type=Path, required=True, metavar="FILE",
                        help="the build's libosheap-preload.so")
    parser.add_argument("--program", type=names(plan.PROGRAMS, "program"), metavar="A,B",
                        default=list(plan.PROGRAMS))
    parser.add_argument("--peers", type=names(plan.SHARED_OBJECTS, "peer"), metavar="A,B",
                        default=list(plan.SHARED_OBJECTS))
    parser.add_argument("--rounds", type=int, default=5, metavar="N",
                        help="runs of each program over each allocator (5)")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--add", action="store_true",
                        help="with --json: keep what FILE has of other programs")
    return parser


def _measured(program: plan.Program, libraries: dict[str, Path], rounds: int,
              probe: Path) -> dict[str, list[Run]]:
    """Every allocator in turn, round by round, so that all meet the same moods of the machine."""
    runs: dict[str, list[Run]] = {name: [] for name in libraries}
    with tempfile.TemporaryDirectory() as folder:
        program.prepare(Path(folder))
        # One run beforehand: it fills the page cache, and the first repack does more than later ones.
        run(program, Path(folder), libraries.get(plan.SYSTEM, libraries[plan.OURS]), probe)
        for number in range(rounds):
            for name in turns(list(libraries), number):
                runs[name].append(run(program, Path(folder), libraries[name], probe))
    return runs


def render(rows: list[dict]) -> str:
    """A table for each figure: this heap's value, and the others' as its part of theirs."""
    lines = []
    peers = figures.peers(rows)
    for what, about in figures.HEADINGS.items():
        lines.append(f"{about}, and ours over theirs (below 1 is ours; ~ not told apart)")
        lines.append(f"  {'':13}{plan.OURS:>9}" + "".join(f"{name:>11}" for name in peers))
        for row in rows:
            cells = (f"{figures.ratio(row, what, peer):10.2f}"
                     f"{' ' if figures.told_apart(row, what, peer) else '~'}" for peer in peers)
            lines.append(f"  {row['name']:13}{row[what][plan.OURS]:9.2f}" + "".join(cells))
        means = "".join(f"{figures.mean(rows, what, peer):10.2f} " for peer in peers)
        lines.append(f"  {'geometric mean':22}{means}  best of each: "
                     f"{figures.mean_of_least(rows, what):.2f}")
        lines.append("")
    lines += [f"DIFFERENT RESULTS: {row['name']}" for row in rows if not row["identical"]]
    return "\n".join(lines) + "\n"


def _chosen(wanted: list[str]) -> list[str]:
    """Those that are installed; the others are named."""
    chosen = []
    for name in wanted:
        program = plan.PROGRAMS[name]
        needed = [word for word in (program.command[0], *program.needs) if "./" not in word]
        missing = [word for word in needed if not shutil.which(word)]
        if missing:
            say(f"MISSING  {name}: no {', '.join(missing)} "
                f"(Debian packages: {', '.join(program.packages)})")
        else:
            chosen.append(name)
    return chosen


def _kept(file: Path | None, add: bool) -> dict[str, dict]:
    """What a file has already, by program."""
    if not add or file is None or not file.exists():
        return {}
    return {row["name"]: row for row in json.loads(file.read_text(encoding="utf-8"))["programs"]}


def end_on_sigterm() -> None:
    """As on an interrupt: a server that was started must not stay."""
    def end(*unused: object) -> None:
        sys.exit("terminated")
    signal.signal(signal.SIGTERM, end)


def main(argv: list[str] | None = None) -> int:
    """Exit status: 0 done, 1 results differ or a program failed, 2 wrong usage."""
    parser = _parser()
    args = parser.parse_args(argv)
    need_folders(parser, args.json)
    if args.rounds < 1:
        parser.error("--rounds wants a number from 1 on")
    if args.add and args.json is None:
        parser.error("--add goes with --json")
    if not args.preload.is_file():
        parser.error(f"no {args.preload}: build it (./dev storm --programs does)")
    chosen = _chosen(args.program)
    if not chosen:
        parser.error("none of the programs is installed")
    found = _kept(args.json, args.add)
    with tempfile.TemporaryDirectory() as folder:
        probe = build_probe(Path(folder))
        libraries = {name: library_of(name, args.preload.resolve()) for name in (plan.OURS, *args.peers)}
        for number, name in enumerate(chosen, 1):
            say(f"[{number}/{len(chosen)}] {name}: {plan.PROGRAMS[name].about}")
            found[name] = figures.row(name, _measured(plan.PROGRAMS[name], libraries, args.rounds, probe))
            if args.json:
                write_json(args.json, {"programs": [found[one] for one in plan.PROGRAMS if one in found]})
    print(render([found[name] for name in chosen]), end="")
    return int(not all(found[name]["identical"] for name in chosen))


if __name__ == "__main__":
    end_on_sigterm()
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("interrupted")
    except ProgramError as error:
        sys.exit(f"storm --programs: {error}")
