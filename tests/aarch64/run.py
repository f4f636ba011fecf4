#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""AArch64 Linux under a real kernel: builds the library and its suites for it, boots
Debian's arm64 kernel in QEMU with two CPUs and then with one, and runs there the unit and
concurrent suites, the stress and the injection, on both ports.

Fails when a test fails, hangs, is not run, or skips what is about the CPU; and when
the port in use is not the one of restartable sequences where it should be."""
import argparse
import json
import sys
import time
from pathlib import Path

from debian import Failure, Packages
from guest import CROSS, Guest, Program, call, pack

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
CROSS_FILE = SOURCE / "tests/cross/aarch64-linux.ini"
SMOKE = SOURCE / "tests/cross/smoke.c"
# Configurations: the first always, all with --long.
VARIANTS = {"gcc": [], "level0": ["-Dhardening=0"], "level3": ["-Dhardening=3"]}
SUITES = ["osheap:unit", "osheap:concurrent"]
# With one CPU: what is about lists, threads and signals.
ONE_CPU_SUITES = ["osheap:concurrent"]


def say(text: str) -> None:
    print(f"aarch64: {time.monotonic() - BEGAN:4.0f} s  {text}", flush=True)


BEGAN = time.monotonic()


def configure(folder: Path, packages: Packages, options: list[str]) -> None:
    if (folder / "build.ninja").exists():
        return
    say(f"configuring {folder}")
    folder.parent.mkdir(parents=True, exist_ok=True)
    cmocka = folder.parent / "cmocka.ini"
    cmocka.write_text("[binaries]\npkgconfig = 'pkg-config'\n[properties]\n"
                      f"sys_root = '{packages.root}'\n"
                      f"pkg_config_libdir = '{packages.root}/usr/lib/aarch64-linux-gnu/pkgconfig'\n",
                      encoding="utf-8")
    call(["meson", "setup", folder, SOURCE, "--cross-file", CROSS_FILE, "--cross-file", cmocka,
          "-Dtests=true", "-Dstorm=false", *options])


def listed(folder: Path, suites: list[str]) -> tuple[list[Program], list[str]]:
    """The tests of these suites that are programs, and the names of the others."""
    programs, others = [], []
    for test in json.loads(call(["meson", "introspect", "--tests", folder])):
        if not set(test["suite"]) & set(suites):
            continue
        if Path(test["cmd"][0]).is_relative_to(folder):
            programs.append(Program(test["name"], test["cmd"], test["env"], test["timeout"]))
        else:
            others.append(test["name"])
    return programs, others


def smoke(folder: Path) -> list[Program]:
    """The port that the library chooses by itself, and the one that is asked for."""
    program = folder / "smoke"
    call(["ninja", "-C", folder, "libosheap.a"])
    call([CROSS + "gcc", "-O2", "-Wall", "-Werror", "-I", SOURCE / "core/include", SMOKE, folder / "libosheap.a",
          "-pthread", "-o", program])
    return [Program("port by default", [str(program), "rseq"]),
            Program("port as asked for", [str(program), "portable"], {"OSHEAP_PORT": "portable"})]


def build(folder: Path, programs: list[Program]) -> None:
    say(f"building {len({program.command[0] for program in programs})} programs in {folder}")
    targets = sorted({str(Path(program.command[0]).relative_to(folder)) for program in programs})
    call(["ninja", "-C", folder, *targets])


class Judge:
    """Prints what ended, and counts what is wrong."""

    def __init__(self, cpus: int, quiet: bool):
        self.cpus, self.quiet = cpus, quiet
        self.bad: list[str] = []
        self.good = 0

    def ended(self, program: Program) -> None:
        wrong = program.wrong(self.cpus)
        if wrong:
            self.bad.append(program.name)
            print(program.output.strip()[-3000:])
        else:
            self.good += 1
        if wrong or not self.quiet:
            last = wrong or (program.output.split("\n") if program.name.startswith("inject") else [""])[-1]
            print(f"{'FAIL' if wrong else 'ok  '} {program.name:40} {program.seconds:6.1f} s  {last}", flush=True)


def run(folder: Path, packages: Packages, programs: list[Program], cpus: int, quiet: bool) -> Judge:
    """The programs on a machine with so many CPUs."""
    say(f"booting with {cpus} CPU{'s' if cpus > 1 else ''}: {len(programs)} tests")
    judge = Judge(cpus, quiet)
    guest = Guest(packages, pack(folder, packages, programs), cpus, folder / f"console-{cpus}.txt")
    for text in guest.run(programs, judge.ended):
        judge.bad.append(text)
        print(f"FAIL {text}", flush=True)
    for program in programs:
        if not program.how.startswith(("exit", "signal", "hung")):
            judge.bad.append(program.name)
            print(f"FAIL {program.name}: {program.how}", flush=True)
    return judge


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", metavar="BUILD-ROOT", type=Path, help="where it is built")
    parser.add_argument("--packages", metavar="DIR", type=Path,
                        help="where Debian's packages are kept (BUILD-ROOT/debian)")
    parser.add_argument("--only", metavar="TEST", nargs="+", help="these tests alone")
    parser.add_argument("--cpus", metavar="N", type=int, help="on one machine, with N CPUs")
    parser.add_argument("--long", action="store_true",
                        help="also minutes of stress, memory that runs out, hardening levels 0 and 3")
    parser.add_argument("--quiet", action="store_true", help="lines for failures and totals only")
    options = parser.parse_args()
    if options.cpus is not None and not 1 <= options.cpus <= 8:
        parser.error("--cpus is 1 to 8")
    return options


def try_variant(name: str, options: argparse.Namespace, packages: Packages) -> list[Judge]:
    folder = (options.root / name).resolve()
    configure(folder, packages, VARIANTS[name])
    suites = SUITES + (["osheap:long", "osheap:out"] if options.long else [])
    programs, others = listed(folder, suites)
    if options.only:
        known = {program.name: program for program in programs}
        missing = [only for only in options.only if only not in known]
        if missing:
            raise Failure(f"there is no test '{missing[0]}'; there are: {', '.join(known)}")
        programs, others = [known[only] for only in options.only], []
    build(folder, programs)
    if others:
        say(f"not for the guest: {', '.join(others)}")
    if not options.only:
        programs = smoke(folder) + programs
    judges = []
    for cpus in [options.cpus] if options.cpus else [2] if options.only else [2, 1]:
        chosen = programs
        if cpus == 1 and not options.only and not options.cpus:
            chosen = smoke(folder) + listed(folder, ONE_CPU_SUITES)[0]
        judges.append(run(folder, packages, chosen, cpus, options.quiet))
        total = sum(program.seconds for program in chosen)
        say(f"{name}, {cpus} CPU{'s' if cpus > 1 else ''}: {judges[-1].good} of {len(chosen)} tests passed, "
            f"{total:.0f} s of the guest's")
    return judges


def main() -> int:
    options = arguments()
    packages = Packages(options.packages or options.root / "debian", say)
    try:
        packages.fetch()
        judges = []
        for name in VARIANTS if options.long else list(VARIANTS)[:1]:
            judges += try_variant(name, options, packages)
    except Failure as failure:
        print(f"aarch64: {failure}", file=sys.stderr)
        return 2
    return 1 if any(judge.bad for judge in judges) else 0


if __name__ == "__main__":
    sys.exit(main())
