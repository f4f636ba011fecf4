# SPDX-License-Identifier: Apache-2.0
"""Memory of real processes as the harness reads it, and the arithmetic of the programs' figures."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from ..report import programs_page
from . import figures, inputs, plan, resident, storm
from .run import ProgramError, Run, _check_malloc, library_of, run

HELD_MB = 200
CHILD = r"""
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int count, char **words)
{
    if (count > 1 && fork() == 0) {
        char *block = malloc(100 << 20);
        memset(block, 1, 100 << 20);
        char last = block[(100 << 20) - 1];
        free(block);
        switch (words[1][0]) {
        case '_': _exit(last - 1);
        case 'q': quick_exit(last - 1);
        case 'v': if (vfork() == 0) { _exit(0); } exit(last - 1);
        default: usleep(1000000); raise(SIGKILL);
        }
    }
    (void)wait(NULL);
    return 0;
}
"""


def _program(*words: str) -> plan.Program:
    return plan.Program("", ("",), ("./child", *words), inputs.nothing)


class Memory(unittest.TestCase):
    """With much memory in this process, as the harness has after a program's results."""

    def setUp(self) -> None:
        self.held = bytearray(os.urandom(1 << 20) * HELD_MB)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        subprocess.run(["gcc", "-x", "c", "-O0", "-o", self.folder / "child", "-"], input=CHILD.encode(),
                       check=True)
        self.probe = resident.build_probe(self.folder)
        self.library = library_of(plan.SYSTEM, Path())

    def run_with(self, *words: str) -> Run:
        return run(_program(*words), self.folder, self.library, self.probe)

    def test_the_harness_own_memory_is_not_the_programs(self) -> None:
        alone = self.run_with()
        self.assertLess(alone.peak_mb, 20)
        self.assertGreater(alone.peak_mb, 0.5)
        self.assertLessEqual(alone.final_mb, alone.peak_mb)

    def test_processes_that_end_without_destructors_count(self) -> None:
        for how in ("_exit", "quick_exit", "vfork", "signal"):
            # The first three by the probe alone: nobody looks after the start.
            interval = resident.INTERVAL_S if how == "signal" else 1000
            with self.subTest(how), mock.patch.object(resident, "INTERVAL_S", interval):
                found = self.run_with(how)
                self.assertGreater(found.peak_mb, 100)
                self.assertLess(found.peak_mb, 130)
                self.assertLess(found.final_mb, 20)

    def test_a_program_over_another_malloc_is_refused(self) -> None:
        with self.assertRaisesRegex(ProgramError, "malloc came from"):
            _check_malloc([resident.Record(1, resident.Seen(1, 1), self.probe)], self.library)

    def test_a_program_ends_with_the_harness(self) -> None:
        harness = subprocess.Popen(
            [sys.executable, "-B", "-c", "import sys; from pathlib import Path\n"
             "from perf.programs import inputs, plan, storm; from perf.programs.run import run\n"
             "storm.end_on_sigterm()\n"
             "run(plan.Program('', ('',), ('sleep', '1000'), inputs.nothing), *map(Path, sys.argv[1:]))",
             self.folder, self.library, self.probe], stderr=subprocess.DEVNULL)
        # Its second thread watches the program.
        while len(list(Path(f"/proc/{harness.pid}/task").iterdir())) < 2:
            self.assertIsNone(harness.poll())
        children = resident._children(harness.pid)
        self.assertEqual(len(children), 1)
        harness.terminate()
        self.assertNotEqual(harness.wait(), 0)
        self.assertFalse(Path(f"/proc/{children[0]}").exists())

    def test_a_program_that_fails_is_named_with_what_it_said(self) -> None:
        fails = plan.Program("", ("",), ("sh", "-c", "echo why >&2; exit 3"), inputs.nothing)
        with self.assertRaisesRegex(ProgramError, "status 3: why"):
            run(fails, self.folder, self.library, self.probe)


def _runs(*seconds: float, peak: float = 10.0) -> list[Run]:
    return [Run(s, s, peak, peak / 2, "same") for s in seconds]


class Figures(unittest.TestCase):
    def setUp(self) -> None:
        self.row = figures.row("python", {plan.OURS: _runs(1.0, 1.1, 1.2), "glibc": _runs(1.15, 1.3, 2.0),
                                          "jemalloc": _runs(2.0, 2.1, 2.2, peak=5)})

    def test_a_cell_is_the_median_and_the_spread_its_range(self) -> None:
        self.assertEqual(self.row["time"], {plan.OURS: 1.1, "glibc": 1.3, "jemalloc": 2.1})
        self.assertEqual(self.row["spread"]["time"]["glibc"], [1.15, 2.0])

    def test_ranges_that_overlap_are_not_told_apart(self) -> None:
        self.assertFalse(figures.told_apart(self.row, "time", "glibc"))
        self.assertTrue(figures.told_apart(self.row, "time", "jemalloc"))

    def test_a_different_result_is_seen(self) -> None:
        odd = [*_runs(1.0), Run(1.0, 1.0, 1.0, 1.0, "other")]
        self.assertFalse(figures.row("python", {plan.OURS: odd, "glibc": _runs(1.0)})["identical"])
        self.assertTrue(self.row["identical"])

    def test_the_best_peer_is_that_of_the_row(self) -> None:
        self.assertAlmostEqual(figures.mean_of_least([self.row], "time"), 1.1 / 1.3)
        self.assertEqual(figures.worst([self.row], "peak_mb", ["glibc", "jemalloc"]), (2.0, "python"))

    def test_a_page_shows_spread_noise_and_results(self) -> None:
        page = programs_page.render([self.row])
        self.assertIn(f"Measured with `--rounds {self.row['rounds']}`", page)
        self.assertIn("1.15 to 2", page)
        self.assertIn("(0.85~)", page)
        self.assertIn("(0.52)", page)
        self.row["identical"] = False
        self.assertIn("**DIFFERENT**", programs_page.render([self.row]))

    def test_a_row_that_no_peer_is_told_apart_from_says_so(self) -> None:
        noise = figures.row("perl", {plan.OURS: _runs(1.0, 1.2), "glibc": _runs(1.1, 1.3)})
        self.assertIn("| perl: noise |", programs_page.render([noise]))
        self.assertNotIn("python: noise", programs_page.render([self.row]))

    def test_rows_of_other_programs_are_kept(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "figures.json"
            file.write_text(json.dumps({"programs": [self.row]}), encoding="utf-8")
            self.assertEqual(storm._kept(file, True), {"python": self.row})
            self.assertEqual(storm._kept(file, False), {})

    def test_times_are_no_result_of_stress_ng(self) -> None:
        said = ("stress-ng: metrc: [1] malloc  {}  {}   0.52  4.01  61583.32  6785.52\n"
                "stress-ng: info:  [1] successful run completed in {}s\n")
        one = inputs.bogo_operations(said.format(60000, 1.5, 1.6).encode())
        self.assertEqual(one, inputs.bogo_operations(said.format(60000, 1.7, 1.8).encode()))
        self.assertNotEqual(one, inputs.bogo_operations(said.format(60001, 1.5, 1.6).encode()))
        self.assertIn(b"successful", one)


if __name__ == "__main__":
    unittest.main()
