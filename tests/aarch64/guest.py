# SPDX-License-Identifier: Apache-2.0
"""A machine of QEMU's that boots Debian's kernel and runs a list of programs."""
from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path

from debian import Failure, Packages

HERE = Path(__file__).resolve().parent
CROSS = "aarch64-linux-gnu-"
LIBRARIES = ["ld-linux-aarch64.so.1", "libc.so.6", "libgcc_s.so.1"]
# init gives a sign of life every 5 s of the guest's; a host may be as busy as it likes.
SILENCE = 300.0
# MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ
MEMBARRIER_RSEQ = 1 << 7


@dataclass
class Program:
    """One program to run, and how it ended."""
    name: str
    command: list[str]  # paths as on the host
    env: dict[str, str] = field(default_factory=dict)
    limit: float = 600.0  # the guest's seconds
    how: str = "did not begin"
    seconds: float = 0.0
    output: str = ""

    def wrong(self, cpus: int) -> str:
        """In words; empty when it passed. What is about the CPU must not skip itself."""
        if self.how != "exit=0":
            return self.how
        for reason in re.findall(r"skipped: (.*)", self.output):
            if self.name.startswith("arch/") and not (cpus == 1 and reason == "there is one CPU only"):
                return f"skipped: {reason}"
        return ""


def call(command: list, **options) -> str:
    """What the command says; it must succeed."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False, **options)
    except OSError as error:
        raise Failure(f"{words[0]}: {error}") from error
    if done.returncode != 0:
        raise Failure(f"{' '.join(words)}:\n{(done.stdout + done.stderr).strip()[-3000:]}")
    return done.stdout


def pack(tree: Path, packages: Packages, programs: list[Program]) -> Path:
    """The first file system: init, the programs, and the libraries they need."""
    image = tree.with_suffix(".cpio")
    shutil.rmtree(tree, ignore_errors=True)
    (tree / "lib").mkdir(parents=True)
    (tree / "test").mkdir()
    call([CROSS + "gcc", "-O2", "-static", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Wconversion", "-Wshadow",
          "-Werror", HERE / "init.c", "-o", tree / "init"])
    for name in LIBRARIES:
        shutil.copy(call([CROSS + "gcc", f"-print-file-name={name}"]).strip(), tree / "lib" / name)
    for library in packages.root.glob("usr/lib/*/libcmocka.so.0"):
        shutil.copy(library, tree / "lib" / library.name)
    lines = []
    for number, program in enumerate(programs):
        name = Path(program.command[0]).name
        if not (tree / "test" / name).exists():
            shutil.copy(program.command[0], tree / "test" / name)
        env = [f"{key}={value}" for key, value in program.env.items()] or ["-"]
        if len(env) > 1:
            raise Failure(f"{program.name}: more than one variable of the environment")
        words = []
        for word in program.command[1:]:
            if word.endswith(".so"):
                shutil.copy(word, tree / "test")
                word = f"/test/{Path(word).name}"
            words.append(word)
        lines.append("\t".join([str(number), f"{program.limit:.0f}", *env, f"/test/{name}", *words]))
    (tree / "list").write_text("\n".join(lines) + "\n", encoding="utf-8")
    names = "\n".join(str(path.relative_to(tree)) for path in sorted(tree.rglob("*")))
    call(["cpio", "-o", "-H", "newc", "-R", "0:0", "--quiet", "-F", image], input=names, cwd=tree)
    return image


class Guest:
    """One run of the machine."""

    def __init__(self, packages: Packages, initrd: Path, cpus: int, log: Path):
        self.cpus, self.log, self.cpu_seconds = cpus, log, 0.0
        self.command = ["qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a72", "-smp", str(cpus), "-m", "1024",
                        "-display", "none", "-monitor", "none", "-serial", "stdio", "-nic", "none", "-no-reboot",
                        "-kernel", str(packages.kernel), "-initrd", str(initrd),
                        "-append", "console=ttyAMA0 quiet panic=-1"]

    def run(self, programs: list[Program], said) -> list[str]:
        """Runs them, calling `said` for each that ended. What is wrong with the machine itself."""
        try:
            machine = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT, text=True, errors="replace")
        except OSError as error:
            raise Failure(f"{self.command[0]}: {error}") from error
        wrong, current, introduced, done = [], None, False, False
        silent = threading.Event()

        def end() -> None:
            silent.set()
            machine.kill()

        watch = threading.Timer(SILENCE, end)
        watch.start()
        with self.log.open("w", encoding="utf-8") as log:
            for line in machine.stdout:
                log.write(line)
                watch.cancel()
                watch = threading.Timer(SILENCE, end)
                watch.start()
                words = line.split()
                if words[:1] != ["guest:"]:
                    if current is not None:
                        current.output += line
                    continue
                if words[1] == "machine":
                    introduced = True
                    wrong += self.not_as_it_should(dict(re.findall(r"(\w+)=(\w+)", line)), words[2])
                elif words[1] == "begin":
                    current = programs[int(words[2])]
                    current.how = "did not end"
                elif words[1] == "end" and current is programs[int(words[2])]:
                    current.how = words[3]
                    current.seconds = float(words[4].partition("=")[2])
                    said(current)
                    current = None
                elif words[1] == "done":
                    done = True
                elif words[1] == "no":
                    wrong.append(line.strip())
        watch.cancel()
        _, status, usage = os.wait4(machine.pid, 0)
        machine.returncode = os.waitstatus_to_exitcode(status)
        self.cpu_seconds = usage.ru_utime + usage.ru_stime
        if silent.is_set():
            wrong.append(f"the machine said nothing for {SILENCE:.0f} s")
        elif not introduced or not done:
            wrong.append("the machine did not end as it should")
        return [f"{text} (see {self.log})" for text in wrong]

    def not_as_it_should(self, facts: dict[str, str], machine: str) -> list[str]:
        wrong = []
        if machine != "aarch64" or int(facts["cpus"]) != self.cpus:
            wrong.append(f"the machine has {facts['cpus']} CPUs of {machine}, not {self.cpus} of aarch64")
        if int(facts["rseq"]) == 0:
            wrong.append("glibc has registered no restartable sequences")
        if not int(facts["membarrier"], 16) & MEMBARRIER_RSEQ:
            wrong.append("the kernel has no membarrier for restartable sequences")
        return wrong
