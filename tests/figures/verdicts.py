# SPDX-License-Identifier: Apache-2.0
"""
What each check's figures must say. A judge takes what a check wrote and gives a line
for everything that is wrong with it: a violation, a control that found nothing, a share
under its bar, and a check that looked at nothing.
"""

import importlib.util
import tomllib
from collections.abc import Callable
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent.parent
# What ends the names of scenarios behind an @, and where they were run.
PORTS = {"": "on Linux's lists", "exclusives": "on firmware's lists",
         "lean": "of a build for size, at level 2"}
FIRMWARE_TARGETS = 3        # so many at least have their operations interrupted
MUTANTS = 30                # so many at least are on the list


def coverage_bars() -> dict[str, float]:
    """The bars that tests/coverage has."""
    spec = importlib.util.spec_from_file_location("osheap_coverage",
                                                  SOURCE / "tests/coverage/coverage.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {"lines": module.LINES_BAR, "branches": module.BRANCHES_BAR}


def models() -> set[str]:
    """The models there are."""
    return {path.stem for path in (SOURCE / "tests/spin").glob("*.pml")}


def seeded_faults() -> int:
    """How many faults the list has."""
    text = (SOURCE / "tests/mutants/mutants.toml").read_text(encoding="utf-8")
    return len(tomllib.loads(text)["mutant"])


def explorer(rows: list[dict]) -> list[str]:
    wrong = []
    for row in rows:
        if row["violations"] != 0:
            wrong.append(f"{row['scenario']}: {row['violations']} violations")
        if row["executions"] < 1:
            wrong.append(f"{row['scenario']}: nothing was executed")
        if row["violations"] == 0 and row["finished"] is not True:
            wrong.append(f"{row['scenario']}: not explored to the end")
    ports = {row["scenario"].partition("@")[2] for row in rows}
    for port, about in PORTS.items():
        if port not in ports:
            wrong.append(f"no scenario {about}")
    return wrong


def spin(rows: list[dict]) -> list[str]:
    wrong = []
    for row in rows:
        if row["errors"] != 0:
            wrong.append(f"{row['model']}: {row['errors']} errors")
        if row["states"] < 1:
            wrong.append(f"{row['model']}: no states")
        if row["negative_control_fails"] is not True:
            wrong.append(f"{row['model']}: a negative control found nothing")
    missing = models() - {row["model"] for row in rows}
    return wrong + [f"{model}: not run" for model in sorted(missing)]


def mutants(found: dict) -> list[str]:
    wrong = [f"{name} survives" for name in found["surviving"]]
    if found["total"] != seeded_faults():
        wrong.append(f"{found['total']} faults were tried, the list has {seeded_faults()}")
    if found["total"] < MUTANTS:
        wrong.append(f"fewer than {MUTANTS} faults")
    if found["killed"] != found["total"] - len(found["surviving"]):
        wrong.append(f"{found['killed']} found and {len(found['surviving'])} not, "
                     f"of {found['total']}")
    return wrong


def coverage(found: dict) -> list[str]:
    return [f"{key}: {found[key]} %, the bar is {bar} %"
            for key, bar in coverage_bars().items() if found[key] < bar]


def injection(found: dict) -> list[str]:
    wrong = []
    for target, row in found.items():
        if row["instructions"] < 1:
            wrong.append(f"{target}: no instructions")
        if row["interrupted"] != row["instructions"]:
            wrong.append(f"{target}: {row['interrupted']} of {row['instructions']} "
                         "instructions interrupted")
        if row.get("failures", 0) != 0:
            wrong.append(f"{target}: {row['failures']} failures")
        if row.get("negative_control_fails", True) is not True or \
                row.get("controls_found", 0) != row.get("controls", 0):
            wrong.append(f"{target}: a negative control found nothing")
    if "linux" not in found:
        wrong.append("linux: not run")
    if len(found.keys() - {"linux"}) < FIRMWARE_TARGETS:
        wrong.append(f"fewer than {FIRMWARE_TARGETS} firmware targets")
    return wrong


JUDGES: dict[str, Callable] = {"explorer": explorer, "spin": spin, "mutants": mutants,
                               "coverage": coverage, "injection": injection}


def judge(check: str, found) -> list[str]:
    """Lines that begin with the check's name; none when all is well."""
    try:
        wrong = JUDGES[check](found)
    except (KeyError, TypeError, AttributeError) as error:
        wrong = [f"not what the check writes: {error!r}"]
    return [f"{check}: {line}" for line in wrong]
