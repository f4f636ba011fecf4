# SPDX-License-Identifier: Apache-2.0
"""One run of a program over an allocator: time, memory, and what it printed and wrote."""

import hashlib
import os
import resource
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import plan

PROBE = Path(__file__).with_name("probe.c")
MIB = 1 << 20


class ProgramError(Exception):
    """A program failed, or something that it needs is missing."""


@dataclass(frozen=True)
class Run:
    """CPU seconds, MiB resident at most and at the end, and a digest of the results."""

    cpu_s: float
    peak_mb: float
    final_mb: float
    digest: str


def library_of(name: str, preload: Path) -> Path | None:
    """The shared object to preload. None: the system's own allocator."""
    if name == plan.SYSTEM:
        return None
    if name == plan.OURS:
        return preload
    soname, package = plan.PEERS[name]
    found = subprocess.run(["gcc", f"-print-file-name={soname}"], capture_output=True, text=True,
                           check=True).stdout.strip()
    if not Path(found).is_absolute():
        raise ProgramError(f"{name}: no {soname}: apt-get install {package}")
    return Path(found)


def build_probe(folder: Path) -> Path:
    probe = folder / "probe.so"
    subprocess.run(["gcc", "-O1", "-shared", "-fPIC", "-o", probe, PROBE], check=True)
    return probe


def _digest(folder: Path, program: plan.Program, output: bytes) -> str:
    digest = hashlib.sha256(output)
    for name in program.results:
        digest.update((folder / name).read_bytes())
    if program.after:
        digest.update(subprocess.run(program.after, cwd=folder, check=True,
                                     capture_output=True).stdout)
    return digest.hexdigest()


def run(program: plan.Program, folder: Path, library: Path | None, probe: Path) -> Run:
    """The folder is prepared. CPU time includes that of processes which the program starts; memory is
    that of the largest of them at its peak, and of the program itself at its end."""
    with tempfile.NamedTemporaryFile() as pages:
        preload = ":".join(str(path) for path in (library, probe) if path is not None)
        environment = os.environ | {"LD_PRELOAD": preload, "STORM_PROBE": pages.name,
                                    "PYTHONMALLOC": "malloc", "PYTHONHASHSEED": "0",
                                    "LC_ALL": "C.UTF-8"}
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as complaint:
            child = subprocess.Popen(program.command, cwd=folder, env=environment,
                                     stdin=subprocess.DEVNULL, stdout=output, stderr=complaint)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            output.seek(0)
            complaint.seek(0)
            if child.returncode != 0:
                said = complaint.read().decode(errors="replace").strip()
                raise ProgramError(f"{' '.join(program.command)} over {library or plan.SYSTEM}: "
                                   f"status {child.returncode}: {said[-500:]}")
            digest = _digest(folder, program, output.read())
        final = Path(pages.name).read_text(encoding="ascii").split()
        if not final:
            raise ProgramError(f"{program.command[0]} ended without its destructors")
        return Run(usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / MIB,
                   int(final[1]) * resource.getpagesize() / MIB, digest)
