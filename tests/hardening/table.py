#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every misuse at every hardening level and compares what is reported with the
table in docs/hardening.md, so that no cell is without a test. With --write the table
is replaced by what was found."""
import argparse
import pathlib
import subprocess
import sys

BEGIN = "<!-- table: written by tests/hardening/table.py -->\n"
END = "<!-- end of the table -->\n"


def word(reported, trials):
    return "always" if reported == trials else "usually" if reported > 0 else "never"


def run(program, level, trials):
    """The misuses in order: {name: (what, word)}."""
    done = subprocess.run([program, "--trials", str(trials)], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"table: {program} failed with status {done.returncode}")
    rows = {}
    for line in done.stdout.splitlines():
        fields = line.split("\t")
        if len(fields) != 4:
            sys.exit(f"table: {program} said what is no row: {line!r}")
        name, reported, count, what = fields
        reported, count = int(reported), int(count)
        if level == 0 and reported < count:
            reported = 0  # damage that was met by chance
        rows[name] = (what, word(reported, count))
    return rows


def table(levels):
    names = list(levels[0])
    if any(list(rows) != names for rows in levels):
        sys.exit("table: the levels were not tried with the same misuses")
    lines = ["| misuse | " + " | ".join(str(i) for i in range(len(levels))) + " | test |\n",
             "|---|" + "---|" * len(levels) + "---|\n"]
    for name in names:
        cells = " | ".join(rows[name][1] for rows in levels)
        lines.append(f"| {levels[0][name][0]} | {cells} | `{name}` |\n")
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--doc", required=True, type=pathlib.Path, help="the page with the table")
    parser.add_argument("--trials", type=int, default=16, help="trials of each misuse (16)")
    parser.add_argument("--write", action="store_true", help="write the table instead")
    parser.add_argument("programs", nargs="+", help="the misuse programs, level 0 first")
    options = parser.parse_args()

    found = table([run(program, level, options.trials)
                   for level, program in enumerate(options.programs)])
    text = options.doc.read_text()
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        sys.exit(f"table: {options.doc} has no place for the table")
    before, rest = text.split(BEGIN)
    stated, after = rest.split(END)
    if options.write:
        options.doc.write_text(before + BEGIN + "".join(found) + END + after)
        return
    stated = stated.splitlines(keepends=True)
    wrong = [f"-{line}" for line in stated if line not in found]
    wrong += [f"+{line}" for line in found if line not in stated]
    if wrong or stated != found:
        sys.exit("table: the page does not say what was found (- page, + found):\n" + "".join(wrong))
    print(f"table: {len(found) - 2} misuses at {len(options.programs)} levels are as the page says")


if __name__ == "__main__":
    main()
