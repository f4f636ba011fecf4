#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every tunable of core/config/osh_config.h, at its ends and past them.

Past an end the compiler must refuse it, for Linux and for a Cortex-M33, with a sentence that
names the tunable. At an end it must take it. With --live the library so built is linked, on
this machine, with a program (ends.c) that allocates, resizes, takes all there is, gives it
back and walks the heap: minutes. A tunable that this script does not know fails."""

import argparse
import concurrent.futures
import os
import re
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "size"))
from objects import SOURCE, Build, Failed, run  # noqa: E402

# What the checks stand in: all of it is decided by the compiler.
CHECKED = ("arch.h", "core/ground/osh_class.c", "slab/osh_slab_life.c")
SWITCH = ("0 1", "-1 2")
HUGE = "1099511627776"

# Tunable: what it may be, what not, and what else has to be given for either. "linux:" or
# "m33:" before a value: only there.
TUNABLES: dict[str, tuple[str, str] | tuple[str, str, str]] = {
    "OSH_RAM_BYTES": ("2048 32768u 1048576u 67108864u 2147483648u", "-1 0 2047 281474976710656"),
    "OSH_CORES": ("1 256 linux:4096", "-1 0 4097 m33:257 " + HUGE),
    "OSH_CHECK_NAMES": SWITCH,
    "OSH_PAGE_LOG2": ("9 16", "-1 8 17 64", "OSH_SLAB_MAX=256"),
    "OSH_SLAB_MAX": ("64 256 linux:131072", "-1 0 63 65 131073 262144 m33:512 linux:100000"),
    "OSH_SLAB_OPEN": ("0 64 256", "-1 262144", "OSH_SLAB_MAX=256"),
    "OSH_MAGAZINE_BYTES": ("0 67108864", "-1 67108865 " + HUGE),
    "OSH_MAGAZINE_MAX": ("1 8 512", "-1 0 513 " + HUGE),
    "OSH_DEPOT_SLOTS": ("0 255", "-1 256 " + HUGE),
    "OSH_TRIM_BYTES": ("0 2147483647", "-1 18446744073709551615u m33:2147483648"),
    "OSH_REGION_BYTES": ("1073741824 140737488355328", "-1 0 4096 281474976710656"),
    "OSH_HARDENING": ("0 1 2", "-1 3"),
    "OSH_FILL_BYTES": ("0 8 2147483647", "-1 18446744073709551615u", "OSH_HARDENING=2"),
    "OSH_QUARANTINE_BLOCKS": ("1 65536", "-1 0 65537", "OSH_HARDENING=2,OSH_RAM_BYTES=65536u"),
    "OSH_CACHELINE": ("8 4096", "-1 0 4 24 63 8192"),
}

# Each may be so, but not together.
TOGETHER = [
    ("linux", "OSH_PAGE_LOG2=9,OSH_SLAB_MAX=32768", "OSH_SLAB_MAX"),
    ("m33", "OSH_PAGE_LOG2=9,OSH_SLAB_MAX=512", "OSH_SLAB_MAX"),
    ("linux", "OSH_DEPOT_SLOTS=255,OSH_MAGAZINE_BYTES=67108864", "OSH_DEPOT_SLOTS"),
    ("m33", "OSH_HARDENING=2,OSH_QUARANTINE_BLOCKS=65536,OSH_RAM_BYTES=1073741824u",
     "OSH_QUARANTINE_"),
]
# These may be together.
ALLOWED = [
    ("linux", "OSH_PAGE_LOG2=10,OSH_SLAB_MAX=1024"),
    ("linux", "OSH_PAGE_LOG2=9,OSH_SLAB_MAX=16384"),
    ("linux", "OSH_PAGE_LOG2=16,OSH_SLAB_MAX=131072"),
    ("linux", "OSH_MAGAZINE_MAX=512,OSH_DEPOT_SLOTS=0"),
    ("linux m33", "OSH_RAM_BYTES=32768u,OSH_CORES=1"),
    ("linux m33", "OSH_RAM_BYTES=262144u,OSH_CORES=2"),
    ("linux m33", "OSH_RAM_BYTES=67108864u,OSH_CORES=4"),
    ("linux", "OSH_RAM_BYTES=262144u,OSH_PAGE_LOG2=12,OSH_SLAB_MAX=16384"),
]


class Target:
    """A compiler, and the library's command for it with any source in its place."""

    def __init__(self, root: Path, name: str, level: str):
        self.name = name
        self.build = Build(root, name, level)
        self.build.configure()
        self.folder = self.build.folder
        self.objects = self.folder / "sweep"
        self.objects.mkdir(exist_ok=True)
        command = self.build._library()
        self.own = {word.partition("=")[0]: word for word in command if word.startswith("-DOSH_")}
        skip = {"-MD"}
        words, at = [], 0
        while at < len(command):
            if command[at] in ("-o", "-c", "-MF", "-MQ"):
                at += 2
                continue
            if command[at] not in skip and not command[at].startswith("-fdiagnostics"):
                words.append(command[at])
            at += 1
        self.command = words

    def refuses(self, defines: list[str]) -> str | None:
        """What the compiler says against the configuration; None: nothing."""
        words = [*self.command, *defined(defines), "-fsyntax-only", "-fmax-errors=4", "-fdiagnostics-color=never",
                 "-ftrack-macro-expansion=0", str(self.checked())]
        done = subprocess.run(words, cwd=self.folder, capture_output=True, text=True, check=False)
        return None if done.returncode == 0 else done.stderr

    def checked(self) -> Path:
        path = self.folder / "checked.c"
        text = "".join(f'#include "{name if name == "arch.h" else SOURCE / name}"\n' for name in CHECKED)
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
        return path

    def sources(self) -> list[str]:
        found = [c[c.index("-c") + 1] for c in self.build._commands()]
        return sorted(str((self.folder / name).resolve()) for name in found)

    def lives(self, name: str, defines: list[str]) -> str | None:
        """What is wrong with a heap so configured; None: nothing. The library's sources in
        few translation units, since many short compilations take longer."""
        program = self.objects / name
        sources = self.sources()
        newlib = [s for s in sources if s.endswith("osh_newlib.c")]
        units = newlib
        rest = [s for s in sources if s not in newlib]
        for number in range(2): # osh_rseq.c and osh_pairs.c have functions of the same names
            unit = self.objects / f"unit{number}.c"
            text = "".join(f'#include "{s}"\n' for s in rest
                           if s.endswith("osh_rseq.c") == (number == 1))
            if not unit.exists() or unit.read_text() != text:
                unit.write_text(text)
            units.append(str(unit))
        words = [w for w in self.command if not re.fullmatch(r"-O.|-W.*|-fPIC", w)]
        run([*words, *defined(defines), "-w", "-O1", *units, str(HERE / "ends.c"), "-pthread",
             "-o", str(program)], cwd=self.folder)
        try:
            done = subprocess.run([str(program)], capture_output=True, text=True, check=False,
                                  timeout=60)
        except subprocess.TimeoutExpired:
            return "the heap hangs"
        program.unlink()
        if done.returncode != 0:
            return f"status {done.returncode}: {(done.stdout + done.stderr).strip()}"
        return None


def defined(defines: list[str]) -> list[str]:
    words = []
    for define in defines:
        words += ["-U" + define.partition("=")[0], "-D" + define]
    return words


def for_target(words: str, target: str) -> list[str]:
    return [word.rpartition(":")[2] for word in words.split()
            if word.rpartition(":")[0] in ("", target)]


def known_to_config() -> set[str]:
    """The tunables that core/config/osh_config.h lets a build set."""
    text = (SOURCE / "core" / "config" / "osh_config.h").read_text()
    return set(re.findall(r"^#ifndef (OSH_\w+)$", text, re.M)) - {"OSH_CONFIG_H", "OSH_LINK_WORDS", "OSH_SMALL_CODE"}


class Sweep:
    def __init__(self, root: Path, live: bool):
        self.live = live
        self.targets = [Target(root, "linux", "O2"), Target(root, "m33", "Os")]
        self.refused = self.taken = self.lived = 0
        values = self.targets[0].build.evaluate([], list(TUNABLES))
        self.defaults = {f"{name}={value}" for name, value in zip(TUNABLES, values)}
        self.wrong: list[str] = []

    def note(self, what: str, wrong: str | None) -> None:
        if wrong is not None:
            self.wrong.append(f"{what}: {wrong[:600]}")
        print("ok   " if wrong is None else "WRONG", what, flush=True)

    def must_refuse(self, target: Target, defines: list[str], named: str) -> None:
        said = target.refuses(defines)
        wrong = None
        if said is None:
            wrong = "not refused"
        elif not re.search(rf"(static assertion failed|#error).*{named}", said):
            wrong = f"refused, but by no sentence about {named}:\n{said}"
        self.refused += 1
        self.note(f"{target.name} refuses {','.join(defines)}", wrong)

    def must_take(self, target: Target, defines: list[str], name: str) -> None:
        said = target.refuses(defines)
        lives = self.live and said is None and target.name == "linux" and not set(defines) <= self.defaults
        wrong = None if said is None else f"refused:\n{said}"
        if lives:
            try:
                wrong = target.lives(name, defines)
            except Failed as failure:
                wrong = str(failure)
        self.taken += 1
        self.lived += lives
        self.note(f"{target.name} {'lives with' if lives else 'takes'} {','.join(defines)}", wrong)

    def jobs(self, only: list[str]):
        """Calls to make: the long ones first."""
        takes, refusals = [], []
        for target in self.targets:
            for tunable, (good, bad, *more) in TUNABLES.items():
                if only and tunable not in only:
                    continue
                others = more[0].split(",") if more else []
                for value in for_target(good, target.name):
                    takes.append((self.must_take, target, [*others, f"{tunable}={value}"],
                                  f"{tunable}-{value}"))
                for value in for_target(bad, target.name):
                    refusals.append((self.must_refuse, target, [*others, f"{tunable}={value}"],
                                     tunable))
            if only:
                continue
            for number, (where, settings) in enumerate(ALLOWED):
                if target.name in where.split():
                    takes.append((self.must_take, target, settings.split(","), f"together-{number}"))
            for where, settings, named in TOGETHER:
                if target.name in where.split():
                    refusals.append((self.must_refuse, target, settings.split(","), named))
        return takes + refusals


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tunables", nargs="*", metavar="TUNABLE", help="only these")
    parser.add_argument("--build", type=Path, default=SOURCE / "build" / "size", metavar="DIR",
                        help="where to build (default: build/size)")
    parser.add_argument("--live", action="store_true", help="live with what is taken, too")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.tunables if name not in TUNABLES]
    if unknown:
        parser.error(f"no tunable {unknown[0]}; there are {', '.join(TUNABLES)}")
    began = time.monotonic()
    sweep = Sweep(arguments.build.resolve(), arguments.live)
    for name in sorted(known_to_config() ^ set(TUNABLES)):
        sweep.wrong.append(f"{name}: " + ("this script does not know it" if name not in TUNABLES
                                          else "core/config/osh_config.h does not know it"))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for call in [pool.submit(function, *words) for function, *words in
                     sweep.jobs(arguments.tunables)]:
            call.result()
    for line in sweep.wrong:
        print(line)
    print(f"sweep: {sweep.refused} refused, {sweep.taken} taken, {sweep.lived} of them lived "
          f"through; {len(sweep.wrong)} wrong, {time.monotonic() - began:.0f} s")
    return 1 if sweep.wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failure:
        print(f"sweep: {failure}", file=sys.stderr)
        sys.exit(2)
