# SPDX-License-Identifier: Apache-2.0
"""What the tools read, damaged: a clear failure each time, never a traceback.

What is read and by whom: workers' reports (perf/linux/worker.py, and then everything
that the storm makes of them), files that tell of the machine (perf/linux/machine.py),
the storm's options, the soak program's report (tests/soak/soak.py), the list of
reasons and gcovr's document (tests/coverage/coverage.py), the committed footprint and
the calculator's options (tests/size), what firmware images print and QEMU's traces of
them (perf/firmware/run.py, perf/firmware/trace.py), the checks' figures
(tests/figures), the list of seeded faults (tests/mutants) and, if OSHEAP_EXPLORER
names the explorer, its files of executions (tests/model/replay.c).
OSHEAP_FUZZ_ROUNDS sets how many of each (400).
"""
import argparse
import io
import json
import os
import random
import subprocess
import sys
import tempfile
import unittest
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parent.parent.parent
for folder in ("", "tests/fuzz", "tests/figures", "tests/soak", "tests/coverage", "tests/size",
               "tests/mutants"):
    sys.path.insert(0, str(ROOT / folder))

import calculator  # noqa: E402
import checks  # noqa: E402
import coverage  # noqa: E402
import footprint  # noqa: E402
import mutants  # noqa: E402
import soak  # noqa: E402
import verdicts  # noqa: E402
from damage import ROUNDS, damage_bytes, damaged  # noqa: E402
from perf import storm  # noqa: E402
from perf.firmware import run as firmware_run  # noqa: E402
from perf.firmware import trace as firmware_trace  # noqa: E402
from perf.linux import machine, plan, summary, worker  # noqa: E402
from perf.linux.campaign import Outcome  # noqa: E402
from perf.report import bars, table  # noqa: E402

def a_report(scenario: str) -> dict:
    report = {"allocator": "osheap", "identity": "rseq", "scenario": scenario, "threads": 2,
              "seconds": 1, "verify": False, "elapsed_s": 1.0, "cpu_s": 2.0, "ops": 100,
              "ops_per_s": 100.0, "faults": 7, "live_bytes": 10, "base_rss_bytes": 1, "peak_rss_bytes": 100,
              "latency": {call: {"hist": [[5, 99], [40, 1]], "max": 41}
                          for call in ("malloc", "free", "realloc")}}
    if scenario == "erosion":
        report["phases"] = [{"label": "64 B", "live_bytes": 1, "rss_bytes": 2, "live_after_bytes": 1,
                             "rss_after_bytes": 2} for _ in range(2)]
    if scenario == "holes":
        report["measures"] = {"pair_mean_ns": 250, "pair_worst_ns": 9000}
    if scenario == "brink":
        report["recovery"] = {"region_bytes": 9, "nulls": 1, "first_fill_bytes": 5,
                              "lowest_fill_bytes": 4, "large_bytes": 3, "large_had": True,
                              "refill_bytes": 5}
    return report


class Tools(unittest.TestCase):
    def run_worker(self, cell: plan.Cell, text: bytes) -> dict | worker.Failure:
        """What the runner makes of a worker that prints these bytes."""
        with tempfile.NamedTemporaryFile() as said:
            said.write(text)
            said.flush()
            real = subprocess.run
            with mock.patch.object(worker.subprocess, "run",
                                   lambda _, **how: real(["cat", said.name], **how)):
                return worker.run(Path("."), "osheap", cell, 0.1, plan.QUICK, False)

    def test_reports_of_workers(self):
        taken = 0
        for scenario in ("churn", "erosion", "holes", "brink"):
            cell = plan.Cell(scenario, 2)
            sound = self.run_worker(cell, json.dumps(a_report(scenario)).encode())
            self.assertIsInstance(sound, dict)
            for text in damaged(scenario, a_report(scenario)):
                report = self.run_worker(cell, text)
                failures = [report] if isinstance(report, worker.Failure) else []
                taken += not failures
                reports = {(cell, "osheap"): [sound, None if failures else report],
                           (cell, "jemalloc"): [None if failures else report, sound]}
                outcome = Outcome(reports=reports, failures=failures, seconds_per_run=[1.0])
                doc = summary.document(outcome, {"cores": 2, "cpu": "c", "ram_bytes": 1, "kernel": "k",
                                                 "load_average": 0.0, "date": "d", "busy": False},
                                       {"preset": "default", "rounds": 2, "large_live": 8}, [])
                doc["bars"] = bars.judge(doc)
                table.render(doc)
                json.dumps(doc)
        self.assertGreater(taken, 0)
        self.assertLess(taken, 3 * ROUNDS)

    def test_files_that_tell_of_the_machine(self):
        cpuinfo = b"processor\t: 0\nmodel name\t: AMD EPYC\nMemTotal:  24 kB\n" * 3
        for number in range(ROUNDS):
            random_ = random.Random(f"machine {number}")
            with tempfile.NamedTemporaryFile() as file:
                file.write(damage_bytes(random_, cpuinfo))
                file.flush()
                text = machine._read(file.name)
            self.assertIsInstance(text, str)
            self.assertIsInstance(machine._field(text, "model name"), (str, type(None)))

    def test_options_of_the_storm(self):
        words = ("--quick", "--long", "--verify", "--list", "--workers", ".", "--scenario", "churn",
                 "churn,,pair", "--peers", "glibc", "--threads", "1,2", "0", "-1", "1,x", "9" * 5000,
                 "--rounds", "\u00b2", "1e3", "--json", "/nowhere/x", "--html", "", ",", "\ud800", "--",
                 "-", "--nonsense", "=", "--rounds=", "--threads=1,1,1")
        ended = 0
        for number in range(ROUNDS):
            random_ = random.Random(f"options {number}")
            given = [random_.choice(words) for _ in range(random_.randint(0, 7))]
            silent = io.StringIO()
            with redirect_stderr(silent), redirect_stdout(silent):
                try:
                    storm._parser().parse_args(given)
                except SystemExit as end:
                    ended += 1
                    self.assertEqual(end.code, 2, given)
            self.assertNotIn("Traceback", silent.getvalue())
        self.assertGreater(ended, 0)

    def test_report_of_the_soak(self):
        sound = {"port": "rseq", "failures": 0, **{name: 3 for name in soak.FIGURES}}
        self.assertEqual(soak.read_report("rseq", 0, json.dumps(sound))["failures"], 0)
        for text in damaged("soak", sound):
            report = soak.read_report("rseq", 0, text.decode(errors="replace"))
            self.assertIn("soak:", soak.tell(report))
        self.assertEqual(soak.read_report("rseq", -6, "")["failures"], 1)

    def test_list_of_reasons(self):
        sound = (ROOT / "tests/coverage/uncovered.txt").read_bytes()
        for number in range(ROUNDS):
            random_ = random.Random(f"reasons {number}")
            with tempfile.NamedTemporaryFile() as file:
                file.write(damage_bytes(random_, sound))
                file.flush()
                try:
                    coverage.read_reasons(Path(file.name))
                except SystemExit as end:
                    self.assertIn("coverage:", str(end))

    def test_document_of_gcovr(self):
        sound = {"gcovr/format_version": "0.5", "files": [
            {"file": "core/heap/os_heap.c", "functions": [{"name": "os_malloc", "lineno": 10}],
             "lines": [{"line_number": 12, "count": 0, "gcovr/noncode": False,
                        "branches": [{"count": 0}, {"count": 3}]}]}]}
        for text in damaged("gcovr", sound):
            with tempfile.NamedTemporaryFile() as file:
                file.write(text)
                file.flush()
                try:
                    coverage.judge(coverage.read_measured(Path(file.name)), {})
                except SystemExit as end:
                    self.assertIn("coverage:", str(end))

    def test_committed_footprint(self):
        sound = {"m33": {"footprint": {"small": {"Os": {"api": {"text": 3000, "data": 8}}}},
                         "text_Os_level0": 3008, "ram_small": 900}, "rv32": {"ram_small": 1000}}
        for text in damaged("footprint", sound):
            with tempfile.TemporaryDirectory() as folder:
                committed = Path(folder) / "footprint.json"
                committed.write_bytes(text)
                silent = io.StringIO()
                with mock.patch.object(footprint, "COMMITTED", committed), \
                        redirect_stdout(silent), redirect_stderr(silent):
                    self.assertIn(footprint.check(sound), (0, 1))

    def test_options_of_the_calculator(self):
        words = (b"OSH_PAGE_LOG2=12", b"64M", b"32K", b"0x10", b"OSH_CORES=4")
        for number in range(ROUNDS):
            random_ = random.Random(f"calculator {number}")
            word = damage_bytes(random_, random_.choice(words)).decode(errors="replace")
            for read in (calculator.size_of, calculator.setting):
                try:
                    self.assertIsNotNone(read(word))
                except argparse.ArgumentTypeError as error:
                    self.assertIn(word.partition("=")[0], str(error))

    def test_output_of_firmware(self):
        sound = b"calls malloc 12:100 40:2\ncalls free 11:102\nlive 0\nworst_malloc 90\nok\n"
        self.assertEqual(firmware_run.parse(sound.decode()).calls["free"].count, 102)
        taken = 0
        for number in range(ROUNDS):
            random_ = random.Random(f"firmware {number}")
            text = damage_bytes(random_, sound).decode(errors="replace")
            try:
                run = firmware_run.parse(text)
            except firmware_run.FirmwareError as error:
                self.assertTrue(str(error) or not text.splitlines()[-1])
                continue
            taken += 1
            for calls in run.calls.values():
                self.assertLessEqual(calls.best, calls.median)
            self.assertIsInstance(run.pair, (int, float))
        self.assertGreater(taken, 0)
        self.assertLess(taken, ROUNDS)

    def test_traces_of_firmware(self):
        sound = b"Trace 0: 0x7f00 [00000000/00008120/0/0] os_malloc\ncpu_io_recompile: x\n" * 4
        self.assertEqual(firmware_trace.addresses(sound.decode()), [])
        for number in range(ROUNDS):
            random_ = random.Random(f"trace {number}")
            try:
                found = firmware_trace.addresses(damage_bytes(random_, sound).decode(errors="replace"))
                self.assertLessEqual(sum(firmware_trace.lengths(found, 0x8120)), 4 * len(found))
            except firmware_run.FirmwareError as error:
                self.assertIn("no line of a trace", str(error))

    def test_figures_of_the_checks(self):
        sound = {"explorer": [{"scenario": "start", "executions": 9, "violations": 0, "finished": True}],
                 "spin": [{"model": "depot", "states": 10, "errors": 0,
                           "negative_control_fails": True}],
                 "mutants": {"total": 40, "killed": 40, "surviving": []},
                 "coverage": {"lines": 97.0, "branches": 90.0},
                 "injection": {"linux": {"instructions": 43, "interrupted": 43}}}
        with tempfile.TemporaryDirectory() as folder:
            for check in sound:
                for text in damaged(f"figures {check}", {check: sound[check]}):
                    for name in checks.FILES[check]:
                        (Path(folder) / name).write_bytes(text)
                    try:
                        wrong = verdicts.judge(check, checks.figures_of(check, Path(folder)))
                        self.assertTrue(all(line.startswith(f"{check}: ") for line in wrong))
                    except checks.Failure as error:
                        self.assertIn(check, str(error))

    def test_list_of_seeded_faults(self):
        sound = (ROOT / "tests/mutants/mutants.toml").read_bytes()
        sound = sound[sound.index(b"[[mutant]]"):]
        with tempfile.TemporaryDirectory() as folder:
            listed = Path(folder) / "mutants.toml"
            for number in range(ROUNDS):
                random_ = random.Random(f"faults {number}")
                cut = sound[:sound.index(b"[[mutant]]", 2000)]
                listed.write_bytes(damage_bytes(random_, cut))
                try:
                    self.assertGreater(len(mutants.load(listed)), 0)
                except mutants.Failure as error:
                    self.assertTrue(str(error))

    @unittest.skipUnless("OSHEAP_EXPLORER" in os.environ, "OSHEAP_EXPLORER names no explorer")
    def test_executions_of_the_explorer(self):
        sound = b"slab-reserve\n2 1 1 1\n0\n12\n0 1 0 0 1 0 0 0 1 0 0 0\n"
        ended = set()
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "x.replay"
            for number in range(ROUNDS // 4):
                random_ = random.Random(f"execution {number}")
                file.write_bytes(damage_bytes(random_, sound) if number else sound)
                done = subprocess.run([os.environ["OSHEAP_EXPLORER"], "--replay", file],
                                      capture_output=True, check=False, timeout=60)
                said = done.stderr.decode(errors="replace")
                self.assertIn(done.returncode, (0, 1, 2), (file.read_bytes(), said))
                self.assertTrue(done.returncode != 2 or said.startswith("explorer: "), said)
                ended.add(done.returncode)
        self.assertIn(2, ended)

    @unittest.skipUnless("OSHEAP_EXPLORER" in os.environ, "OSHEAP_EXPLORER names no explorer")
    def test_a_search_that_time_ran_out_on_is_no_result(self):
        # Some 10^6 executions, of which a moment sees the first few hundred.
        words = [os.environ["OSHEAP_EXPLORER"], "--scenario", "reclaim-migrating", "--deep", "--seconds", "1e-6"]
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "explorer.json"
            done = subprocess.run([*words, "--json", report], capture_output=True, text=True, check=False)
            rows = json.loads(report.read_text(encoding="utf-8"))["explorer"]
        self.assertEqual(done.returncode, 3, done.stdout)
        self.assertIn("1 scenarios: 0 hold within their bounds, 1 not explored to the end, 0 violated", done.stdout)
        self.assertEqual([row["finished"] for row in rows], [False])
        self.assertEqual(verdicts.explorer(rows)[0], "reclaim-migrating: not explored to the end")


if __name__ == "__main__":
    unittest.main()
