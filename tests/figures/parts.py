# SPDX-License-Identifier: Apache-2.0
"""
The parts of the project's figures. A part is a command that measures something and
writes a JSON document; the documents of all parts are merged into one. To add a
part, add it to PARTS.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """
    `section` is the document's top-level key that the part fills, and the name that
    `--only` takes; several parts may fill one. In `command` {build} stands for the
    build root and {out} for the file to write; it runs in the source's root.
    """

    section: str
    about: str
    command: tuple[str, ...]
    # The document is the section's content, of which each object keeps these keys.
    # None: the document has the section.
    keep: tuple[str, ...] | None = None
    # Exact figures are compared with the committed ones; others are only recorded.
    exact: bool = True
    # Keys of exact parts that may differ, as long as both are zero or neither is.
    only_zero_or_not: tuple[str, ...] = ()


@dataclass(frozen=True)
class Page:
    """A page made from a section: `command` gets the figures' file as {figures} and
    prints the page."""

    section: str
    path: str
    command: tuple[str, ...]


PYTHON = "/usr/bin/python3"

PARTS = (
    Part("firmware", "the firmware storm, instructions counted",
         (PYTHON, "-B", "-m", "perf.firmware.storm", "--build", "{build}/firmware-storm",
          "--quiet", "--json", "{out}"),
         only_zero_or_not=("interrupted",)),
    Part("firmware", "the library's code and RAM",
         (PYTHON, "-B", "tests/size/footprint.py", "--build", "{build}/size", "--json", "{out}"),
         keep=("text_Os_level0", "ram_small")),
    Part("programs", "real programs over this heap and others, CPU time and memory",
         ("./dev", "storm", "--programs", "--json", "{out}"), exact=False),
    Part("storm", "this heap beside others on Linux, throughput and memory",
         ("./dev", "storm", "--figures", "{out}"), exact=False),
    Part("lines", "cache lines that move between simulated cores",
         ("./dev", "storm", "--lines", "--json", "{out}")),
    # Shares and numbers of interruptions vary from run to run, and every change to the
    # sources changes the rest: the check judges them itself.
    Part("checks", "what the promises are checked by: minutes, with the seeded faults",
         (PYTHON, "-B", "tests/figures/checks.py", "--build", "{build}", "--json", "{out}"),
         exact=False),
)

PAGES = (
    Page("firmware", "docs/firmware.md",
         (PYTHON, "-B", "-m", "perf.report.firmware_page", "{figures}")),
    Page("storm", "docs/storm.md",
         (PYTHON, "-B", "-m", "perf.report.storm_page", "{figures}")),
    Page("lines", "docs/lines.md",
         (PYTHON, "-B", "-m", "perf.report.lines_page", "{figures}")),
    Page("programs", "docs/programs.md",
         (PYTHON, "-B", "-m", "perf.report.programs_page", "{figures}")),
)
