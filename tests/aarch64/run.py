#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""AArch64 Linux under a real kernel: builds the library and its suites for it, boots
Debian's arm64 kernel in QEMU, and runs there the unit and concurrent suites, the stress and
the injection, on both ports and two CPUs, and once more the concurrent ones on one CPU.

Fails when a test fails, hangs, is not run, or skips what is about the CPU; and when
the port in use is not the one of restartable sequences where it should be."""
import argparse
import concurrent.futures
import copy
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
# Configurations: one with rounds a tenth as long, and those of --long.
SHORT = {"short": ["-Dc_args=-DOSH_TEST_SLOW"]}
LONG = {"gcc": [], "level0": ["-Dhardening=0"], "level2": ["-Dhardening=2"]}
SUITES = ["osheap:unit", "osheap:resident", "osheap:concurrent"]
# Of each way the injection interrupts so many instructions, and all with --long. With 60 every
# sequence is met.
SHORT_WAY = {"inject": "60", "inject (portable)": "30"}
PORTABLE = " (portable)"  # how the names of tests on that port end
PATIENCE = 4  # limits are those of a native run on a machine of its own
ON_THE_HOST = ["arch/symbols"]  # looks at the archive
# With one CPU: what is about lists, threads and signals.
ONE_CPU_SUITES = ["osheap:concurrent"]


BEGAN = time.monotonic()


def say(text: str) -> None:
    print(f"aarch64: {time.monotonic() - BEGAN:4.0f} s  {text}", flush=True)


def configure(folder: Path, packages: Packages, options: list[str]) -> None:
    if (folder / "build.ninja").exists():
        return
    say(f"configuring {folder}")
    folder.parent.mkdir(parents=True, exist_ok=True)
    cmocka = folder.with_suffix(".ini")
    cmocka.write_text("[binaries]\npkgconfig = 'pkg-config'\n[properties]\n"
                      f"sys_root = '{packages.root}'\n"
                      f"pkg_config_libdir = '{packages.root}/usr/lib/aarch64-linux-gnu/pkgconfig'\n",
                      encoding="utf-8")
    call(["meson", "setup", folder, SOURCE, "--cross-file", CROSS_FILE, "--cross-file", cmocka,
          "-Dtests=true", "-Dstorm=false", *options])


def listed(folder: Path, suites: list[str], everything: bool = True) -> tuple[list[Program], list[str]]:
    """The tests of these suites that are programs, and the names of the others; not `everything`:
    unit suites on one port alone."""
    programs, others = [], []
    for test in json.loads(call(["meson", "introspect", "--tests", folder])):
        if not set(test["suite"]) & set(suites):
            continue
        if not everything and "osheap:unit" in test["suite"] and test["name"].endswith(PORTABLE):
            continue
        if Path(test["cmd"][0]).is_relative_to(folder):
            # Libraries of the build are loaded from where they are copied to.
            command = [str(folder / word) if word.endswith(".so") else word for word in test["cmd"]]
            env = {name: value for name, value in test["env"].items() if name != "LD_LIBRARY_PATH"}
            programs.append(Program(test["name"], command, env, test["timeout"] * PATIENCE))
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
            Program("port as asked for", [str(program), "portable"], {"OSHEAP_OPTIONS": "port=portable"})]


def build(folder: Path, programs: list[Program]) -> None:
    say(f"building {len({program.command[0] for program in programs})} programs in {folder}")
    files = {Path(word) for program in programs for word in program.command}
    targets = sorted(str(file.relative_to(folder)) for file in files if file.is_relative_to(folder))
    call(["ninja", "-C", folder, *targets])


class Machine:
    """A guest with so many CPUs, the tests it runs, and what was wrong."""

    def __init__(self, name: str, cpus: int, programs: list[Program]):
        self.name, self.cpus, self.programs = name, cpus, copy.deepcopy(programs)
        self.good, self.bad = 0, 0

    def complain(self, text: str) -> None:
        self.bad += 1
        print(f"FAIL {self.name}: {text}", flush=True)

    def ended(self, program: Program) -> None:
        wrong = program.wrong(self.cpus)
        if wrong:
            print(program.output.strip()[-3000:])
            self.complain(f"{program.name}: {wrong}")
        else:
            self.good += 1
            if self.talks:
                print(f"ok   {self.name}: {program.name} {program.seconds:.1f} s", flush=True)

    def run(self, folder: Path, packages: Packages, talks: bool) -> None:
        self.talks = talks
        say(f"{self.name}: booting with {self.cpus} CPU{'s' if self.cpus > 1 else ''}")
        guest = Guest(packages, pack(folder / self.name, packages, self.programs), self.cpus,
                      folder / f"{self.name}.txt")
        for text in guest.run(self.programs, self.ended):
            self.complain(text)
        for program in self.programs:
            if not program.how.startswith(("exit", "signal", "hung")):
                self.complain(f"{program.name}: {program.how}")
        say(f"{self.name}: {self.good} of {len(self.programs)} tests passed, "
            f"{guest.cpu_seconds:.0f} s of CPU time")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", metavar="BUILD-ROOT", type=Path, help="where it is built")
    parser.add_argument("--packages", metavar="DIR", type=Path,
                        help="where Debian's packages are kept (BUILD-ROOT/debian)")
    parser.add_argument("--only", metavar="TEST", nargs="+", help="these tests alone")
    parser.add_argument("--cpus", metavar="N", type=int, default=2, help="CPUs of the machine that --only has (2)")
    parser.add_argument("--long", action="store_true",
                        help="also minutes of stress, memory that runs out, hardening levels 0 and 2")
    parser.add_argument("--quiet", action="store_true", help="lines for failures and totals only")
    options = parser.parse_args()
    if not 1 <= options.cpus <= 8:
        parser.error("--cpus is 1 to 8")
    return options


def machines_for(folder: Path, options: argparse.Namespace) -> list[Machine]:
    """Who runs what; builds it."""
    programs, others = listed(folder, SUITES + (["osheap:long", "osheap:out"] if options.long else []),
                              bool(options.long or options.only))
    for program in programs:
        if program.name in SHORT_WAY and not options.long:
            program.command += ["--most", SHORT_WAY[program.name]]
    if options.only:
        known = {program.name: program for program in programs}
        missing = [only for only in options.only if only not in known]
        if missing:
            raise Failure(f"there is no test '{missing[0]}'; there are: {', '.join(known)}")
        chosen = [known[only] for only in options.only]
        build(folder, chosen)
        return [Machine("chosen", options.cpus, chosen)]
    build(folder, programs)
    here = [name for name in others if name in ON_THE_HOST]
    call(["meson", "test", "-C", folder, "--no-rebuild", *here])
    say(f"on the host: {', '.join(here)}; needs tools of its own CPU: "
        f"{', '.join(name for name in others if name not in here)}")
    injection = [program for program in programs if program.name.startswith("inject")]
    suites = [program for program in programs if program not in injection]
    threads = [program for program in listed(folder, ONE_CPU_SUITES)[0]
               if not program.name.startswith("inject")]
    ports = smoke(folder)
    return [Machine("injection", 2, injection), Machine("suites", 2, ports + suites),
            Machine("one-cpu", 1, ports + threads)]


def try_variant(name: str, setup: list[str], options: argparse.Namespace, packages: Packages) -> int:
    """The machines, two at a time. How much was wrong."""
    folder = (options.root / name).resolve()
    configure(folder, packages, setup)
    machines = machines_for(folder, options)
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for done in [pool.submit(machine.run, folder, packages, not options.quiet) for machine in machines]:
            done.result()
    return sum(machine.bad for machine in machines)


def main() -> int:
    options = arguments()
    packages = Packages(options.packages or options.root / "debian", say)
    try:
        packages.fetch()
        bad = 0
        for name, setup in (LONG if options.long else SHORT).items():
            bad += try_variant(name, setup, options, packages)
    except Failure as failure:
        print(f"aarch64: {failure}", file=sys.stderr)
        return 2
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
