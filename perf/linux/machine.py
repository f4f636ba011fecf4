# SPDX-License-Identifier: Apache-2.0
"""The machine a campaign ran on."""

import datetime
import os
import platform
import re
import subprocess
from pathlib import Path

_PACKAGES = ("libc6", "libjemalloc2", "libmimalloc2.0", "libtcmalloc-minimal4",
             "newlib-source", "gcc", "clang")
_CPU_FIELDS = ("model name", "Model", "CPU implementer", "uarch")
BUSY_LOAD_PER_CORE = 0.25


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None


def _field(text: str | None, name: str) -> str | None:
    found = re.search(rf"^{re.escape(name)}\s*:\s*(.+)$", text or "", re.MULTILINE)
    return found.group(1).strip() if found else None


def _cpu_model() -> str:
    info = _read("/proc/cpuinfo")
    for name in _CPU_FIELDS:
        if found := _field(info, name):
            return found
    return platform.machine()


def _ram_bytes() -> int | None:
    total = _field(_read("/proc/meminfo"), "MemTotal")
    return int(total.split()[0]) * 1024 if total else None


def _package_versions() -> dict[str, str]:
    try:
        asked = subprocess.run(
            ["dpkg-query", "-W", "-f", "${Package} ${Version} ${db:Status-Status}\n",
             *_PACKAGES],
            capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return {}
    rows = (line.split() for line in asked.stdout.splitlines())
    return {r[0]: r[1] for r in rows if len(r) == 3 and r[2] == "installed"}


def _compiler(worker: Path) -> str | None:
    """What the worker itself says it was built with (its .comment section)."""
    try:
        asked = subprocess.run(["readelf", "-p", ".comment", str(worker)],
                               capture_output=True, text=True, check=False,
                               timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.findall(r"\]\s+(.+)", asked.stdout)
    return "; ".join(line.strip() for line in found) or None


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0))


def describe(worker: Path) -> dict:
    """Everything a reader needs to judge the figures."""
    load = os.getloadavg()[0]
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat("T", "seconds"),
        "cpu": _cpu_model(),
        "architecture": platform.machine(),
        "cores": cores(),
        "ram_bytes": _ram_bytes(),
        "kernel": platform.release(),
        "governor": _read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "transparent_hugepages": _read("/sys/kernel/mm/transparent_hugepage/enabled"),
        "compiler": _compiler(worker),
        "packages": _package_versions(),
        "load_average": load,
        "busy": load > BUSY_LOAD_PER_CORE * cores(),
    }
