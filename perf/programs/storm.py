# SPDX-License-Identifier: Apache-2.0
"""Real programs over this heap and over others: the same results, CPU time, peak and final memory."""

import argparse
import math
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from ..command import names, need_folders, say, write_json
from . import plan
from .run import ProgramError, Run, build_probe, library_of, run


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="storm --programs", description=__doc__, allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="\n".join(f"{name:8} {program.about} ({program.package})"
                         for name, program in plan.PROGRAMS.items()))
    parser.add_argument("--preload", type=Path, required=True, metavar="FILE",
                        help="the build's libosheap-preload.so")
    parser.add_argument("--program", type=names(plan.PROGRAMS, "program"), metavar="A,B",
                        default=list(plan.PROGRAMS))
    parser.add_argument("--rounds", type=int, default=5, metavar="N",
                        help="runs of each program over each allocator (5)")
    parser.add_argument("--json", type=Path, metavar="FILE")
    return parser


def _measured(program: plan.Program, libraries: dict[str, Path | None], rounds: int,
              probe: Path) -> dict[str, list[Run]]:
    """Every allocator in turn, round by round, so that all meet the same moods of the machine."""
    runs: dict[str, list[Run]] = {name: [] for name in libraries}
    with tempfile.TemporaryDirectory() as folder:
        program.prepare(Path(folder))
        # One run beforehand: it fills the page cache, and the first repack does more than later ones.
        run(program, Path(folder), None, probe)
        for _ in range(rounds):
            for name, library in libraries.items():
                runs[name].append(run(program, Path(folder), library, probe))
    return runs


def _row(name: str, runs: dict[str, list[Run]]) -> dict:
    def medians(field: str, digits: int) -> dict[str, float]:
        return {allocator: round(statistics.median(getattr(one, field) for one in of), digits)
                for allocator, of in runs.items()}
    return {"name": name,
            "identical": len({one.digest for of in runs.values() for one in of}) == 1,
            "time": medians("cpu_s", 3), "peak_mb": medians("peak_mb", 1),
            "final_mb": medians("final_mb", 1)}


def _mean(rows: list[dict], what: str, peer: str) -> float:
    return math.exp(statistics.fmean(math.log(row[what][plan.OURS] / row[what][peer])
                                     for row in rows))


def render(rows: list[dict]) -> str:
    """A table for each figure: this heap's value, and the others' as its part of theirs."""
    lines = []
    for what, about in (("time", "CPU seconds"), ("peak_mb", "MiB resident at most"),
                        ("final_mb", "MiB resident at the end")):
        peers = [name for name in rows[0][what] if name != plan.OURS]
        lines.append(f"{about}, and ours over theirs (below 1 is ours)")
        lines.append(f"  {'':10}{plan.OURS:>9}" + "".join(f"{name:>10}" for name in peers))
        for row in rows:
            ours = row[what][plan.OURS]
            lines.append(f"  {row['name']:10}{ours:9.2f}"
                         + "".join(f"{ours / row[what][name]:10.2f}" for name in peers))
        lines.append(f"  {'geo. mean':19}" + "".join(f"{_mean(rows, what, name):10.2f}" for name in peers))
        lines.append("")
    lines += [f"DIFFERENT RESULTS: {row['name']}" for row in rows if not row["identical"]]
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> int:
    """Exit status: 0 done, 1 results differ or a program failed, 2 wrong usage."""
    parser = _parser()
    args = parser.parse_args(argv)
    need_folders(parser, args.json)
    if args.rounds < 1:
        parser.error("--rounds wants a number from 1 on")
    if not args.preload.is_file():
        parser.error(f"no {args.preload}: build it (./dev storm --programs does)")
    chosen = []
    for name in args.program:
        program = plan.PROGRAMS[name]
        if shutil.which(program.command[0]):
            chosen.append(name)
        else:
            say(f"MISSING  {name}: no {program.command[0]} (Debian package: {program.package})")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        probe = build_probe(Path(folder))
        libraries = {name: library_of(name, args.preload.resolve()) for name in plan.ALLOCATORS}
        for number, name in enumerate(chosen, 1):
            say(f"[{number}/{len(chosen)}] {name}: {plan.PROGRAMS[name].about}")
            rows.append(_row(name, _measured(plan.PROGRAMS[name], libraries, args.rounds, probe)))
    if not rows:
        parser.error("none of the programs is installed")
    if args.json:
        write_json(args.json, {"programs": rows})
    print(render(rows), end="")
    return int(not all(row["identical"] for row in rows))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("interrupted")
    except ProgramError as error:
        sys.exit(f"storm --programs: {error}")
