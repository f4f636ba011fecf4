# SPDX-License-Identifier: Apache-2.0
"""One run of a program over an allocator: time, memory, and what it printed and wrote."""

import hashlib
import os
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from . import plan, resident
from .servers import Server, ServerError, free_port

KIB_PER_MIB = 1024


class ProgramError(Exception):
    """A program failed, or something that it needs is missing."""


@dataclass(frozen=True)
class Run:
    """CPU and wall-clock seconds, MiB resident at most and at the end, and a digest of the results."""

    cpu_s: float
    wall_s: float
    peak_mb: float
    final_mb: float
    digest: str


def library_of(name: str, preload: Path) -> Path:
    """The shared object to preload, also for the system's own: some programs bring an allocator."""
    if name == plan.OURS:
        return preload
    soname, package = plan.SHARED_OBJECTS[name]
    found = subprocess.run(["gcc", f"-print-file-name={soname}"], capture_output=True, text=True,
                           check=True).stdout.strip()
    if not Path(found).is_absolute():
        raise ProgramError(f"{name}: no {soname}: apt-get install {package}")
    return Path(found)


def _digest(folder: Path, program: plan.Program, output: bytes) -> str:
    digest = hashlib.sha256(output)
    for name in program.results:
        digest.update((folder / name).read_bytes())
    if program.after:
        digest.update(subprocess.run(program.after, cwd=folder, check=True,
                                     capture_output=True).stdout)
    return digest.hexdigest()


def _ended(child: subprocess.Popen) -> float:
    """Waits, and gives the CPU seconds of the process and of those that it has waited for."""
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime


def _served(child: subprocess.Popen, service: plan.Service, server: Server) -> bytes:
    """What the load found. The server is asked to end, whatever happened."""
    try:
        server.await_ready(child.pid)
        return service.load(server)
    finally:
        if child.returncode is None:
            os.kill(child.pid, signal.SIGTERM)


def memory(pid: int, lines: list[resident.Record], seen: dict[int, resident.Seen],
           of_largest: bool) -> tuple[float, float]:
    """MiB at most of the largest process, and at the end of `pid`, or of the largest."""
    # A process that called exec has a later line for its later program: the last one counts at the end.
    peaks: dict[int, int] = {}
    last: dict[int, int] = {}
    for number, one in [*seen.items(), *((line.pid, line.seen) for line in lines)]:
        peaks[number] = max(one.peak, peaks.get(number, 0))
        last[number] = one.last
    largest = max(peaks, key=peaks.__getitem__)
    if pid not in last:
        raise ProgramError("a program ended before its memory was read")
    return peaks[largest] / KIB_PER_MIB, last[largest if of_largest else pid] / KIB_PER_MIB


def _check_malloc(lines: list[resident.Record], library: Path) -> None:
    for line in lines:
        if not line.malloc.samefile(library):
            raise ProgramError(f"malloc came from {line.malloc}, not from {library}")


def _start(program: plan.Program, server: Server | None, folder: Path, environment: dict[str, str],
           output: IO[bytes], complaint: IO[bytes]) -> subprocess.Popen:
    command = program.command
    if server is not None and program.service is not None:
        program.service.begins(server)
        command = tuple(word.format(port=server.port, folder=folder) for word in command)
    return subprocess.Popen(command, cwd=folder, env=os.environ | environment,
                            stdin=subprocess.DEVNULL, stdout=output, stderr=complaint)


def run(program: plan.Program, folder: Path, library: Path, probe: Path) -> Run:
    """The folder is prepared. CPU time includes that of processes which the program starts and waits for;
    memory is that of the largest of them at its peak, and at the end that of the program itself (of a
    server: of its largest process)."""
    with tempfile.NamedTemporaryFile() as pages, tempfile.TemporaryFile() as output, \
            tempfile.TemporaryFile() as complaint:
        environment = {"LD_PRELOAD": f"{probe}:{library}", "STORM_PROBE": pages.name,
                       "PYTHONMALLOC": "malloc", "PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8"}
        server = Server(folder, free_port()) if program.service else None
        begin = time.monotonic()
        child = _start(program, server, folder, environment, output, complaint)

        def said() -> str:
            complaint.seek(0)
            return complaint.read().decode(errors="replace").strip()[-500:]
        found = b""
        with resident.Watch(child.pid) as watch:
            try:
                if server is not None and program.service is not None:
                    found = _served(child, program.service, server)
            except ServerError as error:
                raise ProgramError(f"over {library}: {error}: {said()}") from error
            finally:
                cpu_s = _ended(child)
        wall_s = time.monotonic() - begin
        if child.returncode != 0:
            raise ProgramError(f"{' '.join(program.command)} over {library}: "
                               f"status {child.returncode}: {said()}")
        lines = resident.records(Path(pages.name))
        _check_malloc(lines, library)
        peak, final = memory(child.pid, lines, watch.seen, server is not None)
        output.seek(0)
        digest = _digest(folder, program, found + program.keep(output.read()))
        return Run(cpu_s, wall_s, peak, final, digest)
