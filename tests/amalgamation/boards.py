# SPDX-License-Identifier: Apache-2.0
"""What the amalgamation shares with the image tests: the boards' compilers and flags, the
libraries that they were built with, and how an image is linked and run."""

import ast
import configparser
import re
import shlex
import subprocess
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
BOARDS = SOURCE / "tests" / "firmware" / "boards"
RUN = SOURCE / "tests" / "firmware" / "run.sh"
CLANG = {"arm-none-eabi-": ["--target=arm-none-eabi", "-isystem", "/usr/lib/arm-none-eabi/include"],
         "aarch64-linux-gnu-": ["--target=aarch64-none-elf"]}
GCC_ONLY = ("-mno-unaligned-access", "-mno-outline-atomics", "-mstrict-align")
SECTIONS = ["-ffunction-sections", "-fdata-sections"]


class Failed(Exception):
    """A sentence for the reader."""


def run(command, cwd=None, shell=False):
    done = subprocess.run(command, cwd=cwd, shell=shell, capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        text = command if shell else shlex.join(map(str, command))
        raise Failed(f"{text[:300]}: status {done.returncode}\n{(done.stdout + done.stderr)[-2000:]}")
    return done.stdout


class Board:
    def __init__(self, name):
        cross = configparser.ConfigParser(interpolation=None)
        cross.read(BOARDS / name / "cross.ini")
        self.name = name
        self.compiler = ast.literal_eval(cross["binaries"]["c"])
        self.tools = self.compiler.removesuffix("gcc")
        self.flags = ast.literal_eval(cross["constants"]["flags"])
        if "linux" in self.compiler:
            self.flags = [*self.flags, "-ffreestanding"]  # it would be a program for Linux
        self.settings = [f"-D{s}" for s in ast.literal_eval(cross["properties"]["osheap_config"])]
        if "osheap_lock" in cross["properties"]:
            self.settings.append("-DOSH_CORE_LOCK=1")

    def compile(self, source, out, *options):
        run([self.compiler, *self.flags, *self.settings, *SECTIONS, *options, "-c", str(source), "-o", str(out)])
        return out

    def compile_by_clang(self, source, out, *options):
        """None where clang is not for this board: see docs/one-file.md."""
        if self.tools not in CLANG:
            return None
        flags = [flag.replace("+nodsp", "") for flag in self.flags if not flag.startswith(GCC_ONLY)]
        run(["clang", *CLANG[self.tools], *flags, *self.settings, *SECTIONS, *options, "-c", str(source), "-o", str(out)])
        return out

    def hit(self, file, function):
        """Instructions from the function's entry to its first return."""
        return hit(self.tools + "objdump", file, function)

    def pair(self, file):
        return self.hit(file, "os_malloc"), self.hit(file, "os_free")


def hit(objdump, file, function):
    count, inside = 0, False
    for line in run([objdump, "-d", "--no-show-raw-insn", str(file)]).splitlines():
        if re.fullmatch(rf"[0-9a-f]+ <{function}>:", line):
            inside = True
        words = line.split()
        if not inside or len(words) < 2 or not re.fullmatch(r"\s*[0-9a-f]+:", line.split("\t")[0]):
            continue
        if words[1] in ("bl", "blx", "jal", "jalr", "call"):
            raise Failed(f"{file}: a call on the hit path of {function}")
        count += not words[1].startswith("nop")
        if words[1] == "ret" or words[1:3] == ["bx", "lr"] or re.match(r"pop|ldm", words[1]) and "pc" in line:
            return count
    raise Failed(f"{file}: {function} has no return")


def built(root, board, test="functional"):
    """The folder in which run.sh built the board's images; builds the one that is named."""
    folder = root / board
    if not (folder / f"tests/firmware/{test}.elf").exists():
        run([str(RUN), str(root), "--quiet", f"{board}:{test}"])
    return folder


def link(folder, test, member, out):
    """Links the test's image as its build does, with the object in place of the library."""
    command = run(["ninja", "-C", str(folder), "-t", "commands", f"tests/firmware/{test}.elf"]).splitlines()[-1]
    if len(re.findall(r"(?<=\s)libosheap\.a(?=\s)", command)) == 0:
        raise Failed(f"{folder}: the link of {test}.elf does not name libosheap.a")
    command = re.sub(r"(?<=\s)libosheap\.a(?=\s)", str(member), command)
    command = command.replace(f"-o tests/firmware/{test}.elf", f"-o {out}")
    command = re.sub(r"-Map=\S+", f"-Map={out}.map", command)
    run(command, cwd=folder, shell=True)
    if "libosheap.a" in Path(f"{out}.map").read_text():
        raise Failed(f"{out}: the library is still in it")
    return out


def emulate(board, image):
    machine = run([str(RUN), "--machine", board]).split()
    options = "-nodefaults -display none -monitor none -serial none -chardev stdio,id=sh -semihosting-config " \
              "enable=on,target=native,chardev=sh"
    limit = "180" if board == "rp2040" else "60"  # its emulator interprets
    return run(["timeout", "-k", "2", limit, *machine, *options.split(), "-kernel", str(image)])


def kept(tools, compiler, machine, objects, out):
    """Bytes of code and constants that a link keeps for all public calls."""
    names = [line.split()[2] for line in run([tools + "nm", "--defined-only", "-g", *map(str, objects)]).splitlines()
             if len(line.split()) == 3 and line.split()[1] == "T" and not line.split()[2].startswith("osh_")]
    run([compiler, *machine, "-nostdlib", "-r", "-Wl,--gc-sections", *[f"-Wl,-u,{n}" for n in sorted(set(names))],
         "-o", str(out), *map(str, objects)])
    return int(run([tools + "size", str(out)]).splitlines()[1].split()[0])
