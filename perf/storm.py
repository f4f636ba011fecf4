# SPDX-License-Identifier: Apache-2.0
"""The allocation storm: this heap beside others, on real threads and memory."""

import argparse
import importlib.util
import sys
from pathlib import Path

from . import lines
from .command import names, need_folders, say, write_json
from .firmware import plan as firmware_plan
from .firmware import storm as firmware_storm
from .firmware.run import FirmwareError
from .linux import campaign, machine, plan, summary, worker
from .linux.progress import clock
from .report import bars, firmware_table, storm_page, table


def _threads(text: str) -> list[int]:
    try:
        counts = sorted({int(part) for part in text.split(",")})
    except ValueError:
        counts = []
    if not counts or counts[0] < 1 or counts[-1] > plan.MOST_THREADS:
        raise argparse.ArgumentTypeError(
            f"'{text}' is not a list of thread counts from 1 to {plan.MOST_THREADS}")
    return counts


def _rounds(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from 1 to 1000")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="storm", description=__doc__, allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="scenarios: " + ", ".join(plan.SCENARIOS)
        + "\npeers: " + ", ".join(plan.PEERS))
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--quick", action="store_true", help="shorter runs, fewer rows: five minutes")
    length.add_argument("--long", action="store_true", help="more rounds, longer runs")
    length.add_argument("--verify", action="store_true",
                        help="check every byte of every block instead of measuring; "
                        "osheap alone unless --peers names more")
    length.add_argument("--list", action="store_true",
                        help="name scenarios and allocators, and end")
    parser.add_argument("--workers", type=Path, required=True, metavar="DIR",
                        help="the build's perf/linux folder, which has the workers")
    parser.add_argument("--scenario", type=names(plan.SCENARIOS, "scenario"), metavar="A,B",
                        default=list(plan.SCENARIOS))
    parser.add_argument("--peers", type=names(plan.PEERS, "peer"), metavar="A,B")
    parser.add_argument("--threads", type=_threads, metavar="1,2",
                        help="instead of each scenario's own counts")
    parser.add_argument("--rounds", type=_rounds, metavar="N",
                        help="rounds a cell, instead of the preset's")
    parser.add_argument("--firmware", nargs="*", metavar="BOARD",
                        help="the storm in firmware images too, instructions counted; "
                        f"boards: {', '.join(firmware_plan.BOARDS)} (all)")
    parser.add_argument("--no-linux", action="store_true", help="with --firmware: it alone")
    parser.add_argument("--firmware-build", type=Path, default=Path("build/firmware-storm"),
                        metavar="DIR", help="where its images are built")
    parser.add_argument("--lines", type=Path, metavar="PROGRAM",
                        help="the build's tests/lines/lines, for the page's plot")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--figures", type=Path, metavar="FILE",
                        help="what docs/storm.md is made from, as JSON")
    parser.add_argument("--html", type=Path, metavar="FILE")
    return parser


def _preset(args: argparse.Namespace) -> plan.Preset:
    if args.verify:
        return plan.VERIFY
    if args.long:
        return plan.LONG
    return plan.QUICK if args.quick else plan.DEFAULT


def _list(workers: Path, cores: int) -> None:
    for name, scenario in plan.SCENARIOS.items():
        counts = ",".join(str(n) for n in sorted(scenario.threads(cores)))
        print(f"{name:10} threads {counts:9} {scenario.about}")
    print()
    for name, package in plan.PACKAGES.items():
        state = "built" if worker.is_built(workers, name) else f"MISSING ({package})"
        print(f"{name:8} {state}")


def _allocators(args: argparse.Namespace) -> tuple[list[str], list[dict]]:
    """Those with a worker, and those without."""
    peers = args.peers
    if peers is None:
        peers = [] if args.verify else list(plan.PEERS)
    wanted = [plan.OURS, *peers]
    built = [name for name in wanted if worker.is_built(args.workers, name)]
    missing = [{"allocator": name, "package": plan.PACKAGES[name]}
               for name in wanted if name not in built]
    return built, missing


def _announce(preset: plan.Preset, cells: list[plan.Cell], allocators: list[str],
              rounds: int) -> None:
    runs = rounds * sum(name in plan.SCENARIOS[cell.scenario].allocators
                        for cell in cells for name in allocators)
    longest = runs * (preset.longest_s + plan.ASSUMED_OVERHEAD_S)
    expected = min(longest, preset.budget_s or longest)
    say(f"{preset.name}: {len(cells)} rows, {len(allocators)} allocators, {rounds} "
        f"rounds, {runs} runs; about {clock(expected)} (minutes:seconds)")


def _firmware(args: argparse.Namespace) -> dict:
    """The firmware storm's document; empty if it is not asked for."""
    if args.firmware is None:
        return {}
    return firmware_storm.measure(args.firmware_build,
                                  args.firmware or list(firmware_plan.BOARDS),
                                  list(firmware_plan.SCENARIOS))


def _only_firmware(args: argparse.Namespace) -> int:
    doc = _firmware(args)
    if args.json:
        write_json(args.json, doc)
    print(firmware_table.render(doc), end="")
    return 0


def _verdict(doc: dict) -> int:
    bad = bool(doc["failures"])
    if doc["settings"]["preset"] == plan.VERIFY.name:
        for run in doc["runs"]:
            print(f"PASS  {run['allocator']}  {run['scenario']} x{run['threads']}")
        bad = bad or bool(doc["missing"])
        if text := table.troubles(doc):
            print(text)
        print("verify:", "FAILED" if bad else "every block was as it was left")
    else:
        print(table.render(doc), end="")
    if "firmware" in doc:
        print("\n" + firmware_table.render(doc), end="")
    return 1 if bad else 0


def _write(doc: dict, args: argparse.Namespace) -> None:
    if args.json:
        write_json(args.json, doc)
        say(f"wrote {args.json}")
    if args.figures:
        write_json(args.figures, {"storm": storm_page.section(doc)})
        say(f"wrote {args.figures}")
    if args.html:
        from .report import html  # matplotlib takes a second to load
        args.html.write_text(html.render(doc), encoding="utf-8")
        say(f"wrote {args.html}")


def _check(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    unknown = [name for name in args.firmware or [] if name not in firmware_plan.BOARDS]
    if unknown:
        parser.error(f"no board {', '.join(unknown)}; valid: "
                     + ", ".join(firmware_plan.BOARDS))
    if args.no_linux and args.firmware is None:
        parser.error("--no-linux goes with --firmware")
    need_folders(parser, args.json, args.html, args.figures)
    if args.html and importlib.util.find_spec("matplotlib") is None:
        parser.error("--html needs the Debian package python3-matplotlib")


def main(argv: list[str] | None = None) -> int:
    """Exit status: 0 done, 1 a worker failed, 2 wrong usage."""
    parser = _parser()
    args = parser.parse_args(argv)
    if args.list:
        _list(args.workers, machine.cores())
        return 0
    _check(parser, args)
    if args.no_linux:
        return _only_firmware(args)
    allocators, missing = _allocators(args)
    for gap in missing:
        say(f"MISSING  {gap['allocator']}: no worker in {args.workers} "
            f"(Debian package: {gap['package']})")
    if not allocators:
        parser.error(f"no workers in {args.workers}")
    preset = _preset(args)
    rounds = args.rounds or preset.rounds
    cells = plan.cells(args.scenario, machine.cores(), args.quick, args.threads)
    about = machine.describe(worker.path_of(args.workers, allocators[0]))
    if about["busy"]:
        say(f"WARNING: the machine is busy (load {about['load_average']:.2f}); "
            "figures will be off")
    _announce(preset, cells, allocators, rounds)
    outcome = campaign.conduct(args.workers, cells, allocators, preset, rounds,
                               args.verify)
    doc = summary.document(outcome, about,
                           {"preset": preset.name, "rounds": rounds,
                            "large_live": preset.large_live}, missing)
    doc["bars"] = bars.judge(doc)
    doc.update(_firmware(args))
    if args.html and args.lines and not args.verify:
        doc["lines"] = lines.count(args.lines)
    _write(doc, args)
    return _verdict(doc)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("interrupted")
    except lines.LinesError as error:
        sys.exit(f"lines: {error}")
    except FirmwareError as error:
        sys.exit(f"firmware storm: {error}")
