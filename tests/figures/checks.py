#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
Runs the checks that promises rest on, explorer, models, seeded faults, coverage and
restart injection, and gathers their figures. Fails when a check does, or when its
figures have a violation, an error, a surviving fault, a share under its bar, or nothing.

Each check's own figures stay in the build root. The seeded faults take minutes:
their result is used again as long as the library, its tests and the list are the same.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import time
from pathlib import Path

import document
import verdicts

SOURCE = verdicts.SOURCE
PYTHON = "/usr/bin/python3"
# The test build of tests/matrix.sh, and what of it the checks run.
TESTS = "tests/gcc"
SETUP = ["env", "CC=gcc", "/usr/bin/meson", "setup", "-Dtests=true", "-Dstorm=false",
         "-Ddebug=true"]
EXPLORERS = {f"{name}.json": f"tests/model/{name}"
             for name in ("explorer", "explorer-exclusives", "explorer-lean")}
INJECTOR = "tests/inject"
# What decides whether a seeded fault is found.
JUDGED_BY = ("meson.build", "meson_options.txt", "arch", "core", "slab", "fallback",
             "tests/meson.build", "tests/aarch64", "tests/arch", "tests/core", "tests/cross",
             "tests/slab", "tests/fallback", "tests/firmware", "tests/hardening", "tests/inject",
             "tests/lines",
             "tests/model", "tests/mutants", "tests/process", "tests/stress", "tests/support")
# Where each check's figures are, in the build root.
FILES = {"explorer": tuple(EXPLORERS), "spin": ("spin.json",), "injection": ("injection.json",),
         "coverage": ("coverage.json",), "mutants": ("mutants.json",)}


class Failure(Exception):
    """A check failed, or left no figures."""


def say(text: str) -> None:
    print(f"checks: {text}", file=sys.stderr, flush=True)


def call(check: str, command: list) -> None:
    """What a check prints for people goes where the progress goes."""
    words = [str(word) for word in command]
    try:
        status = subprocess.run(words, cwd=SOURCE, check=False, stdout=2).returncode
    except OSError as error:
        raise Failure(f"{check}: {error}") from error
    if status != 0:
        raise Failure(f"{check}: failed: {' '.join(words)}")


def need_tests(check: str, build: Path, *targets: str) -> Path:
    """The test build with these programs in it."""
    folder = build / TESTS
    if not (folder / "build.ninja").exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        call(check, [*SETUP, folder, SOURCE])
    call(check, ["ninja", "-C", folder, *targets])
    return folder


def run_explorer(build: Path) -> None:
    need_tests("explorer", build, *EXPLORERS.values())
    call("explorer", [PYTHON, "tests/model/run.py", build])


def run_spin(build: Path) -> None:
    call("spin", [PYTHON, "tests/spin/run.py", "--json", build / "spin.json"])


def run_injection(build: Path) -> None:
    folder = need_tests("injection", build, INJECTOR)
    call("injection", [PYTHON, "tests/inject/firmware.py", build / "firmware",
                       "--linux", folder / INJECTOR, "--json", build / "injection.json"])


def run_coverage(build: Path) -> None:
    call("coverage", [PYTHON, "tests/coverage/coverage.py", build / "coverage",
                      "--json", build / "coverage.json"])


def sources_key() -> str:
    """A hash of all that decides whether a fault is found."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z", *JUDGED_BY],
                            cwd=SOURCE, check=True, capture_output=True, text=True).stdout
    total = hashlib.sha256()
    for name in sorted(set(filter(None, listed.split("\0")))):
        if (SOURCE / name).is_file():
            content = hashlib.sha256((SOURCE / name).read_bytes()).hexdigest()
            total.update(f"{name} {content}\n".encode())
    return total.hexdigest()


def mutants_known(build: Path) -> bool:
    """Whether the build root has the faults' figures for these sources."""
    key = build / "mutants.key"
    return (key.exists() and (build / "mutants.json").exists()
            and key.read_text(encoding="utf-8").strip() == sources_key())


def run_mutants(build: Path, table: Path | None = None) -> None:
    """Notes for which sources the figures are, unless these changed meanwhile."""
    noted = build / "mutants.key"
    noted.unlink(missing_ok=True)
    key = sources_key()
    call("mutants", [PYTHON, "tests/mutants/mutants.py", build / "mutants", "--json",
                     build / "mutants.json", "--table", table or build / "mutants.md"])
    if sources_key() != key:
        raise Failure("mutants: the sources changed meanwhile")
    noted.write_text(key + "\n", encoding="utf-8")


RUN = {"explorer": run_explorer, "spin": run_spin, "injection": run_injection,
       "coverage": run_coverage, "mutants": run_mutants}


def figures_of(check: str, build: Path):
    """What the check wrote, from all of its files."""
    found = None
    for name in FILES[check]:
        path = build / name
        if not path.exists():
            raise Failure(f"{check}: there is no {path}")
        try:
            part = document.read(path)[check]
            if len(FILES[check]) > 1 and not isinstance(part, list):
                raise ValueError("no list")
        except (OSError, ValueError, KeyError, RecursionError) as error:
            raise Failure(f"{check}: {path}: not what the check writes: {error!r}") from error
        found = part if found is None else found + part
    return found


def measure(check: str, build: Path, options: argparse.Namespace) -> None:
    """Runs it, unless its result is there."""
    began = time.monotonic()
    if check == "mutants" and not options.anew and mutants_known(build):
        say(f"mutants: as in {build / 'mutants.json'}, which is of the same sources")
        return
    say(f"{check}: running")
    # What an earlier run left must not pass for this one's.
    for name in FILES[check]:
        (build / name).unlink(missing_ok=True)
    if check == "mutants":
        run_mutants(build, options.table)
    else:
        RUN[check](build)
    say(f"{check}: done in {time.monotonic() - began:.0f} s")


def gather(build: Path, options: argparse.Namespace) -> dict:
    """The figures of all checks asked for, none of which says that anything is wrong."""
    chosen = [check for check in RUN if not options.only or check in options.only]
    if options.taken and not options.only and not mutants_known(build):
        say("mutants: not tried on these sources, so not in the figures (./dev test --mutants)")
        chosen.remove("mutants")
    doc, wrong = {}, []
    for check in chosen:
        if options.taken and check == "mutants" and not mutants_known(build):
            raise Failure("mutants: not tried on these sources (./dev test --mutants)")
        if not options.taken:
            measure(check, build, options)
        try:
            doc[check] = figures_of(check, build)
            wrong += verdicts.judge(check, doc[check])
        except Failure as failure:
            wrong.append(str(failure))
        if wrong and not options.taken:
            break
    if wrong:
        raise Failure("\nchecks: ".join(wrong))
    return {check: doc[check] for check in verdicts.JUDGES if check in doc}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="checks", description=__doc__, allow_abbrev=False,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, required=True, metavar="DIR", help="the build root")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--only", choices=list(RUN), metavar="CHECK", action="append",
                        help=f"one of {', '.join(RUN)}; may be repeated")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--taken", action="store_true",
                     help="run nothing: take and judge what DIR has; without --only, the "
                     "seeded faults may be missing")
    how.add_argument("--anew", action="store_true",
                     help="try the seeded faults even if there is a result for these sources")
    parser.add_argument("--table", type=Path, metavar="FILE",
                        help="where the seeded faults' table goes (default: DIR/mutants.md)")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Exit status: 0 done, 1 a check failed or has no figures, 2 wrong usage."""
    options = _parser().parse_args(argv)
    build = options.build.absolute()
    build.mkdir(parents=True, exist_ok=True)
    try:
        doc = gather(build, options)
    except Failure as failure:
        print(f"checks: {failure}", file=sys.stderr)
        return 1
    if options.json:
        document.write(options.json, {"checks": doc})
    say("all well: " + ", ".join(doc))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("interrupted")
