#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Line and branch coverage of core, slab and fallback by the suites.

Builds the library in five variants (both ports over newlib, the small configuration
over newlib nano, and compiled for size with and without maps of slabs), runs the
suites in each and merges what gcovr reads from them. newlib's own source is not counted. Fails below the bars, when
a line is not executed without a reason in uncovered.txt, and when a line that
has one there is executed. A reason that begins with "race:" stands for a line
that only two threads at the right moment execute: there either may be.
"""
from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LINES_BAR = 97.0
BRANCHES_BAR = 90.0
COUNTED = "(core|slab|fallback)/"
SMALL = ("OSH_PAGE_LOG2=12,OSH_SLAB_MAX=1024,OSH_MAGAZINE_BYTES=512,OSH_MAGAZINE_MAX=16,"
         "OSH_DEPOT_SLOTS=2")
VARIANTS = {
    "rseq": [],
    "portable": ["-Dport=portable"],
    "nano": ["-Dnewlib=nano", "-Dram=1M", f"-Dconfig={SMALL}"],
    "size": ["-Doptimization=s", "-Dram=4M"],
    "lean": ["-Doptimization=s", "-Dram=256K"],
}
# Counters must not lose updates of several threads; the tests do a tenth of
# their rounds, which is enough to come everywhere. gcov's own fork would wipe what the
# library's handlers counted in the child.
BUILD_OPTIONS = ["-Db_coverage=true", "-Dbuildtype=debug", "-Doptimization=1", "-Dstorm=false",
                 "-Dtests=true", "-Dc_args=-fprofile-update=prefer-atomic -DOSH_TEST_SLOW -fno-builtin-fork"]


def fail(message: str) -> None:
    """Ends the program with a message."""
    sys.exit(f"coverage: {message}")


def call(command: list[str], log: Path, what: str, cwd: Path = ROOT) -> None:
    """Runs a command whose output is of interest only when it fails."""
    with log.open("w", encoding="utf-8") as to:
        status = subprocess.run(command, cwd=cwd, stdout=to, stderr=subprocess.STDOUT,
                                check=False).returncode
    if status != 0:
        tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-40:]
        fail(f"{what} failed, see {log}\n" + "\n".join(tail))


def measure(name: str, options: list[str], root: Path) -> Path:
    """Builds a variant, runs its suites from zero and returns what gcovr found."""
    build = root / name
    log = root / f"{name}.log"
    print(f"coverage: {name}: building and running the suites", flush=True)
    if not (build / "build.ninja").exists():
        call(["/usr/bin/meson", "setup", str(build), *BUILD_OPTIONS, *options], log, f"{name}: setup")
    for counters in build.rglob("*.gcda"):
        counters.unlink()
    # The table of misuse compares, which counting disturbs; its programs are run below.
    suites = ["--no-suite", "hardening"]
    # Only the first variant runs its tests again with OSHEAP_OPTIONS=port=portable.
    suites += [] if name == "rseq" else ["--no-suite", "again"]
    # Without maps each refill looks at every page: the threads' suites would take minutes.
    suites += ["--suite", "unit", "--suite", "privileges"] if name == "lean" else []
    # Builds what these run, no more.
    call(["/usr/bin/meson", "test", "-C", str(build), "--num-processes", "2",
          "--print-errorlogs", *suites], log, f"{name}: suites")
    for level in {"rseq": (1, 2, 3), "nano": (1,), "lean": (1, 2, 3)}.get(name, ()):
        program = f"tests/hardening/misuse_{level}"
        call(["ninja", "-C", str(build), program], log, f"{name}: build")
        call([str(build / program), "--apart", "--trials", "4"], log, f"{name}: misuse at level {level}")
    found = root / f"{name}.json"
    call(["gcovr", "--root", str(ROOT), "--object-directory", ".", "--filter", f"{ROOT}/{COUNTED}",
          "--json", str(found), "."], log, f"{name}: gcovr", build)
    return found


def merge(parts: list[Path], root: Path) -> dict:
    """All variants as one gcovr document."""
    merged = root / "merged.json"
    adding = [word for part in parts for word in ("--add-tracefile", str(part))]
    call(["gcovr", "--root", str(ROOT), *adding, "--json", str(merged)], root / "merge.log", "merge")
    return json.loads(merged.read_text(encoding="utf-8"))


def read_measured(path: Path) -> dict:
    """A gcovr document from a file, which may be anything."""
    try:
        document = json.loads(path.read_text(encoding="utf-8", errors="replace"))
        for file in document["files"]:
            if not (ROOT / file["file"]).is_file():
                fail(f"{path}: no file {file['file']}")
            length = len((ROOT / file["file"]).read_text(encoding="utf-8").splitlines())
            sound = all(isinstance(f["lineno"], int) and isinstance(f["name"], str)
                        for f in file["functions"]) and \
                all(isinstance(line["count"], int) and isinstance(line["gcovr/noncode"], bool)
                    and isinstance(line["line_number"], int) and 0 < line["line_number"] <= length
                    and all(isinstance(branch["count"], int) for branch in line["branches"])
                    for line in file["lines"])
            if not sound:
                fail(f"{path}: not a merged gcovr document")
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        fail(f"{path}: not a merged gcovr document: {error!r}")
    return document


def counted(file: dict) -> list[dict]:
    """Lines that hold code."""
    return [line for line in file["lines"] if not line["gcovr/noncode"]]


def branches(file: dict) -> list[dict]:
    """The ways out of every condition."""
    return [branch for line in counted(file) for branch in line["branches"]]


def percent(hit: int, of: int) -> float:
    """To two digits; nothing of nothing is a failure of the measurement."""
    if of == 0:
        fail("nothing was measured")
    return round(100.0 * hit / of, 2)


def function_of(file: dict, number: int) -> str:
    """The function whose first line is the last one before this line."""
    before = [f for f in file["functions"] if f["lineno"] <= number]
    return max(before, key=lambda f: f["lineno"])["name"] if before else "-"


def uncovered(file: dict, source: list[str]) -> dict[str, int]:
    """`file: function: text` of each line that no test executes, and its number."""
    return {f"{file['file']}: {function_of(file, line['line_number'])}: "
            f"{source[line['line_number'] - 1].strip()}": line["line_number"]
            for line in counted(file) if line["count"] == 0}


def read_reasons(path: Path) -> dict[str, str]:
    """The list: a line that names the code, then an indented one with the reason."""
    reasons: dict[str, str] = {}
    key = None
    text = path.read_text(encoding="utf-8", errors="replace")
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if not line.startswith(" "):
            key = line.strip()
            if key.count(": ") < 2:
                fail(f"{path.name}:{number}: not of the form 'file: function: text of the line'")
            reasons[key] = ""
        elif key is None:
            fail(f"{path.name}:{number}: a reason without a line of code before it")
        else:
            reasons[key] = f"{reasons[key]} {line.strip()}".strip()
    for key, reason in reasons.items():
        if not reason:
            fail(f"{path.name}: no reason for '{key}'")
    return reasons


def judge(document: dict, reasons: dict[str, str]) -> list[str]:
    """Disagreements between what is not covered and the list of reasons."""
    missing: dict[str, int] = {}
    for file in document["files"]:
        source = (ROOT / file["file"]).read_text(encoding="utf-8").splitlines()
        missing |= uncovered(file, source)
    wrong = [f"not executed, and no reason given: {key} (line {number})"
             for key, number in missing.items() if key not in reasons]
    return wrong + [f"executed, or gone, but still in the list: {key}"
                    for key, reason in reasons.items()
                    if key not in missing and not reason.startswith("race:")]


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=Path, help="folder for the instrumented builds")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--reasons", type=Path, default=HERE / "uncovered.txt", metavar="FILE",
                        help="the list of lines that are not covered, and why")
    parser.add_argument("--measured", type=Path, metavar="FILE",
                        help="judge this merged gcovr document instead of building and running")
    return parser.parse_args()


def main() -> int:
    """Measures, prints a table, compares with the bars and the list."""
    args = arguments()
    reasons = read_reasons(args.reasons)
    if args.measured:
        document = read_measured(args.measured)
    else:
        args.build.mkdir(parents=True, exist_ok=True)
        root = args.build.resolve()
        document = merge([measure(name, options, root) for name, options in VARIANTS.items()], root)
    totals = [0, 0, 0, 0]
    for file in document["files"]:
        row = [sum(line["count"] > 0 for line in counted(file)), len(counted(file)),
               sum(branch["count"] > 0 for branch in branches(file)), len(branches(file))]
        totals = [total + one for total, one in zip(totals, row)]
        print(f"  {file['file']:32} lines {row[0]:4} of {row[1]:4}, branches {row[2]:4} of {row[3]:4}")
    figures = {"lines": percent(totals[0], totals[1]), "branches": percent(totals[2], totals[3])}
    print(f"coverage: lines {figures['lines']} % (bar {LINES_BAR}), "
          f"branches {figures['branches']} % (bar {BRANCHES_BAR})")
    if args.json:
        args.json.write_text(json.dumps({"coverage": figures}) + "\n", encoding="utf-8")
    wrong = judge(document, reasons)
    for line in wrong:
        print(f"coverage: {line}")
    return int(bool(wrong) or figures["lines"] < LINES_BAR or figures["branches"] < BRANCHES_BAR)


if __name__ == "__main__":
    sys.exit(main())
