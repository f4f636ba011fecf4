# SPDX-License-Identifier: Apache-2.0
"""Builds the library's objects for a target and measures what a link keeps of them.

The boards' cross files say how a target is compiled; meson is asked once a
target and optimisation level, and its commands are run with the defines of two numbers
added. Nothing is linked into an image: `ld -r --gc-sections` keeps what the
named functions reach, which is what a program that calls them gets of the
library, without the C library and the start-up code that are the board's.
"""

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
BOARDS = SOURCE / "tests" / "firmware" / "boards"

# Target: the board whose cross file compiles for it.
TARGETS = {"m33": "an521", "m4": "m4", "m7": "m7", "m0": "m0", "rp2040": "rp2040",
           "a15": "a15",
           "a72": "a72", "n1": "n1", "rv64": "rv64", "rv32": "rv32"}
# Two numbers each: RAM in KiB, and cores, of which a target has no more than its board.
SIZES = {"32K": (32, 1), "256K": (256, 2), "64M": (65536, 4)}
LEVELS = ("Os", "O2")
DIAGNOSTICS = ("os_heap_check", "os_heap_stats")
# What links os_heap_regions.c.
REGIONS = ("os_heap_add_region", "os_heap_caps", "os_heap_set_caps", "os_malloc_in")
FAMILY = ("os_malloc", "os_free", "os_realloc", "os_calloc")
NEWLIB = ("osh_newlib.c", "osheap.c")  # the sources that have newlib's own text
KINDS = {".text": "text", ".rodata": "rodata", ".data": "data", ".sdata": "data",
         ".bss": "bss", ".sbss": "bss"}


def numbers(size: str, target: str) -> list[str]:
    """The defines of one of SIZES."""
    kib, cores = SIZES[size]
    if target in TARGETS:
        found = re.search(r"OSH_SOC_CORES=(\d+)", (BOARDS / TARGETS[target] / "cross.ini").read_text())
        cores = min(cores, int(found.group(1)) if found else cores)
    return [f"OSH_RAM_BYTES={kib * 1024}u", f"OSH_CORES={cores}"]


class Failed(Exception):
    """A tool is missing or has said no; the text is for the user."""


def run(command: list[str], **options) -> str:
    if shutil.which(command[0]) is None:
        raise Failed(f"{command[0]} is missing; ./dev installs what its verbs need")
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        said = (done.stdout + done.stderr).splitlines()
        errors = [line for line in said if "error:" in line] or said[-20:]
        raise Failed("\n".join([" ".join(command[:3]) + " ... failed:", *errors]))
    return done.stdout


class Build:
    """One target at one level of optimisation, in a folder of its own."""

    def __init__(self, root: Path, target: str, level: str):
        self.target, self.level = target, level
        self.folder = root / f"{target}-{level}-level0"
        self.cross: Path | None = None  # the machine this runs on
        self.compiler = "gcc"
        if target in TARGETS:
            self.cross = BOARDS / TARGETS[target] / "cross.ini"
            binary = re.search(r"^c = '(.*)'", self.cross.read_text(), re.M)
            if binary is None:
                raise Failed(f"{self.cross} names no compiler")
            self.compiler = binary.group(1)
        self.tools = self.compiler.removesuffix("gcc")

    def configure(self) -> None:
        if not (self.folder / "build.ninja").exists():
            cross = ["--cross-file", str(self.cross)] if self.cross else []
            run(["meson", "setup", str(self.folder), str(SOURCE), *cross, "-Dtests=false",
                 "-Dstorm=false", "-Dhardening=0", f"-Doptimization={self.level.removeprefix('O')}"])
        run(["ninja", "-C", str(self.folder), "build.ninja", "fallback/newlib_mallocr.h"])

    def _commands(self) -> list[list[str]]:
        entries = json.loads((self.folder / "compile_commands.json").read_text())
        return [shlex.split(entry["command"]) for entry in entries
                if "libosheap.a.p" in entry["output"] or "libosheap_newlib.a.p" in entry["output"]]

    def _library(self) -> list[str]:
        """The command of any of the library's own sources."""
        return next(c for c in self._commands() if "libosheap.a.p" in c[c.index("-o") + 1])

    def _with(self, command: list[str], defines: list[str], out: Path) -> list[str]:
        """The command for another output, without the image tests' own markers."""
        words = [w for w in command if not w.startswith("-DOSH_SEQUENCES")]
        words[words.index("-o") + 1] = str(out)
        if "-MF" in words:
            words[words.index("-MF") + 1] = str(out) + ".d"
        for define in defines:
            words += ["-U" + define.partition("=")[0], "-D" + define]
        return words + ["-ffunction-sections", "-fdata-sections", "-fdiagnostics-color=never"]

    def compile(self, defines: list[str], name: str) -> list[Path]:
        """The library's objects with these defines."""
        objects = []
        folder = self.folder / "objects" / name
        folder.mkdir(parents=True, exist_ok=True)
        for command in self._commands():
            out = folder / Path(command[command.index("-o") + 1]).name
            words = self._with(command, defines, out)
            if words[words.index("-c") + 1].endswith(NEWLIB):
                words.append("-g")  # tells newlib's functions from those beside them
            run(words, cwd=self.folder)
            objects.append(out)
        return objects

    def evaluate(self, defines: list[str], expressions: list[str]) -> list[int]:
        """Constant expressions of core/arena/osh_layout.h, as the target's compiler has them."""
        source, out = self.folder / "probe.c", self.folder / "probe.o"
        values = ",\n".join(f"(unsigned long long)({e})" for e in expressions)
        source.write_text('#include "osh_layout.h"\nconst unsigned long long probe[] = {\n'
                          f"{values}}};\n")
        command = self._library()
        words = self._with(command, defines, out)
        words[words.index("-c") + 1] = str(source)
        run(words, cwd=self.folder)
        return self._section(out, ".rodata.probe", 8)

    def constant(self, defines: list[str], source: str, name: str) -> int:
        """The value of a constant of a source of the library, of the size of a pointer."""
        out = self.folder / "constant.o"
        words = self._with(self._library(), defines, out)
        words[words.index("-c") + 1] = str(SOURCE / source)
        run(words, cwd=self.folder)
        # RISC-V's compiler has small data in sections of its own.
        found = (self._section(out, ".rodata." + name, None) or
                 self._section(out, ".srodata." + name, None))
        if not found:
            raise Failed(f"{source} has no constant {name}")
        return found[0]

    def _section(self, path: Path, section: str, width: int | None) -> list[int]:
        """A section's contents as numbers; one number without a width."""
        binary = path.with_suffix(".bin")
        binary.write_bytes(b"")
        run([self.tools + "objcopy", "-O", "binary", f"--only-section={section}",
             str(path), str(binary)])
        contents = binary.read_bytes()
        step = width or len(contents) or 1
        return [int.from_bytes(contents[i:i + step], "little")
                for i in range(0, len(contents), step)]

    def static_ram(self, objects: list[Path], name: str) -> list[tuple[str, int, bool]]:
        """Variables that keep() has kept: name, bytes with the padding of their section,
        and whether they are newlib's."""
        kept = objects[0].parent / f"{name}.kept"
        theirs = self._newlibs(kept)
        found = []
        for line in run([self.tools + "size", "-A", str(kept)]).splitlines():
            section = re.match(r"(\.s?data|\.s?bss)(?:\.(\w+))?\S*\s+(\d+)", line)
            if section:
                variable = section.group(2) or ""
                found.append((variable, int(section.group(3)), variable in theirs))
        return found

    def public(self, objects: list[Path]) -> list[str]:
        """Functions of the API: what the library defines for others, which is what
        begins with os_; weak ones are defaults of the RTOS's hooks."""
        lines = run([self.tools + "nm", "--defined-only", "--extern-only",
                     *map(str, objects)]).splitlines()
        return sorted({p[2] for p in map(str.split, lines)
                       if len(p) == 3 and p[1] == "T" and p[2].startswith("os_")})

    def exported(self, objects: list[Path]) -> list[str]:
        """All of that, and the C library's names."""
        lines = run([self.tools + "nm", "--defined-only", "--extern-only",
                     *map(str, objects)]).splitlines()
        return sorted({p[2] for p in map(str.split, lines)
                       if len(p) == 3 and p[1] == "T" and not p[2].startswith("osh_")})

    def keep(self, objects: list[Path], roots: list[str], name: str) -> dict[str, int]:
        """Bytes of each kind of section that those functions reach. The library is an archive: its
        objects for several regions are in a link that calls for them only."""
        out = objects[0].parent / f"{name}.kept"
        if not set(roots) & set(REGIONS):
            of_regions = ("os_heap_regions.c.o", "osh_bank.c.o", "osh_bank_find.c.o")
            objects = [o for o in objects if not o.name.endswith(of_regions)]
        machine = [word for word in self._commands()[0] if word.startswith("-m")]
        run([self.compiler, *machine, "-nostdlib", "-r", "-Wl,--gc-sections",
             *[f"-Wl,-u,{root}" for root in roots], "-o", str(out), *map(str, objects)])
        return self._measure(out)

    def _measure(self, linked: Path) -> dict[str, int]:
        theirs = self._newlibs(linked)
        sizes = dict.fromkeys(("text", "rodata", "data", "bss", "newlib_text", "newlib_data"), 0)
        for line in run([self.tools + "size", "-A", str(linked)]).splitlines():
            words = line.split()
            if len(words) < 2 or not words[0].startswith("."):
                continue
            section = re.match(r"(\.\w+)(?:\.(\w+))?", words[0])
            kind = KINDS.get(section.group(1))
            if kind is None:
                continue
            if section.group(2) in theirs:
                kind = "newlib_text" if kind in ("text", "rodata") else "newlib_data"
            sizes[kind] += int(words[1])
        return sizes

    def _newlibs(self, linked: Path) -> set[str]:
        """Names whose definition stands in newlib's own text."""
        lines = run([self.tools + "nm", "--defined-only", "-l", str(linked)]).splitlines()
        return {line.split()[2] for line in lines if "newlib_mallocr.h:" in line}
