#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every misuse at every hardening level and compares what is reported with the
table in docs/hardening.md, so that no cell is without a test. With --write the table
is replaced by what was found. Over newlib's nano heap (--nano) the page says only which
rows are other ones there."""
import argparse
import concurrent.futures
import pathlib
import subprocess
import sys

BEGIN = "<!-- table: written by tests/hardening/table.py -->\n"
END = "<!-- end of the table -->\n"
BEGIN_NANO = "<!-- nano: written by tests/hardening/table.py --nano -->\n"
END_NANO = "<!-- end of nano -->\n"


def word(level, name, reported, trials, grounds):
    """What the page says. A report that rests on chance is none at level 0, and one that
    data may keep from coming is not called certain."""
    if grounds != "-":
        if reported < trials:
            sys.exit(f"table: {name} is certain by its grounds ({grounds}) at level {level}, and "
                     f"was reported in {reported} of {trials} trials")
        return f"always ({grounds})"
    return "usually" if level > 0 and 5 * reported >= trials else "never"


def run(program, level, trials, apart):
    """The misuses in order: {name: (what, word)}."""
    command = [program, "--trials", str(trials)] + (["--apart"] if apart else [])
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"table: {program} failed with status {done.returncode}")
    rows = {}
    for line in done.stdout.splitlines():
        fields = line.split("\t")
        if len(fields) != 5:
            sys.exit(f"table: {program} said what is no row: {line!r}")
        name, reported, count, grounds, what = fields
        if name in rows:
            sys.exit(f"table: {program} has two rows {name}")
        rows[name] = (what, word(level, name, int(reported), int(count), grounds))
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


def part(text, begin, end, doc):
    """The text before, in and after a part of the page."""
    if text.count(begin) != 1 or text.count(end) != 1:
        sys.exit(f"table: {doc} has no place for the table")
    before, rest = text.split(begin)
    stated, after = rest.split(end)
    return before + begin, stated.splitlines(keepends=True), end + after


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--doc", required=True, type=pathlib.Path, help="the page with the table")
    parser.add_argument("--trials", type=int, default=1000, help="trials of each misuse (1000)")
    parser.add_argument("--apart", action="store_true", help="a process for each trial")
    parser.add_argument("--nano", action="store_true", help="the programs have newlib's nano heap")
    parser.add_argument("--write", action="store_true", help="write the table instead")
    parser.add_argument("programs", nargs="+", help="the misuse programs, level 0 first")
    options = parser.parse_args()

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(run, program, level, options.trials, options.apart)
                for level, program in enumerate(options.programs)]
        found = table([each.result() for each in runs])
    rows = len(found) - 2
    text = options.doc.read_text()
    before, stated, after = part(text, BEGIN, END, options.doc)
    if options.nano:
        found = found[:2] + [line for line in found[2:] if line not in stated]
        before, stated, after = part(text, BEGIN_NANO, END_NANO, options.doc)
    if options.write:
        options.doc.write_text(before + "".join(found) + after)
        return
    wrong = [f"-{line}" for line in stated if line not in found]
    wrong += [f"+{line}" for line in found if line not in stated]
    if wrong or stated != found:
        sys.exit("table: the page does not say what was found (- page, + found):\n" + "".join(wrong))
    print(f"table: {rows} misuses at {len(options.programs)} levels are as the page says")


if __name__ == "__main__":
    main()
