#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Compiles the RTOS ports that docs/porting.md shows, as it shows them.

The RTOS's own headers are not to be had, so the folders beside this hold declarations of
what the examples use. An example passes when it compiles without a warning, for a
Cortex-M and for the machine this runs on, and defines every hook that has no default. As a
control each is compiled with a hook misspelt, and must not pass."""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "porting.md"
EXAMPLES = {"mynewt": "### Worked example: Apache Mynewt",
            "freertos": "### Worked example: FreeRTOS and its like"}
HOOKS = {f"os_heap_port_{name}" for name in ("started", "lock", "try_lock", "unlock")}
COMPILERS = {"arm-none-eabi-": ["-mcpu=cortex-m4", "-mthumb"], "": []}
WARNINGS = ["-Wall", "-Wextra", "-Werror", "-Wconversion", "-Wshadow", "-Wmissing-prototypes"]


def block_after(guide: str, heading: str) -> str:
    """The first code block below the heading: lines indented by four."""
    if guide.count(heading + "\n") != 1:
        sys.exit(f"examples: {GUIDE} has '{heading}' not once")
    lines = guide.split(heading + "\n")[1].splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("    "))
    code = []
    for line in lines[first:]:
        if line and not line.startswith("    "):
            break
        code.append(line[4:])
    return "\n".join(code) + "\n"


def wrong_with(code: str, rtos: str, prefix: str, folder: Path) -> str:
    """Why that is no port, or nothing."""
    source, out = folder / f"{rtos}.c", folder / f"{rtos}.o"
    source.write_text(code)
    include = [ROOT / "tests/porting" / rtos, ROOT / "core/include", ROOT / "arch/firmware/include"]
    done = subprocess.run([f"{prefix}gcc", *COMPILERS[prefix], "-std=c11", "-O2", *WARNINGS,
                           *(f"-I{path}" for path in include), "-c", source, "-o", out],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return done.stderr
    names = subprocess.run([f"{prefix}nm", "--defined-only", "--extern-only", out],
                           capture_output=True, text=True, check=True).stdout
    missing = HOOKS - {line.split()[-1] for line in names.splitlines()}
    return f"it does not define {', '.join(sorted(missing))}" if missing else ""


def main() -> int:
    """Exit status: 0 when every example passes and no control does."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    guide = GUIDE.read_text(encoding="utf-8")
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for rtos, heading in EXAMPLES.items():
            code = block_after(guide, heading)
            broken = re.sub(r"\bos_heap_port_unlock\b", "os_heap_port_unlok", code)
            for prefix in COMPILERS:
                wrong = wrong_with(code, rtos, prefix, Path(folder))
                if wrong:
                    print(f"{rtos}, {prefix}gcc: {wrong}")
                elif not wrong_with(broken, rtos, prefix, Path(folder)):
                    print(f"{rtos}, {prefix}gcc: the control, a misspelt hook, was not noticed")
                    wrong = "control"
                failed += bool(wrong)
    print(f"examples of docs/porting.md: {len(EXAMPLES)} with {len(COMPILERS)} compilers, "
          f"{failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
