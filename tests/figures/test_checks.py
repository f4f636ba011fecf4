# SPDX-License-Identifier: Apache-2.0
"""Judging and gathering what the checks wrote, on fixed data."""

import copy
import io
import json
import tempfile
import unittest
from contextlib import redirect_stderr
from pathlib import Path
from unittest import mock

import checks
import verdicts

CALL = checks.call  # the tests of the command line have another
GOOD = {
    "explorer": [{"scenario": "start", "executions": 9, "violations": 0, "finished": True},
                 {"scenario": "start@exclusives", "executions": 7, "violations": 0, "finished": True},
                 {"scenario": "slab-list@lean", "executions": 4, "violations": 0, "finished": True}],
    "spin": [{"model": "depot", "states": 10, "errors": 0, "negative_control_fails": True},
             {"model": "slab", "states": 11, "errors": 0, "negative_control_fails": True}],
    "mutants": {"total": 40, "killed": 40, "surviving": []},
    "coverage": {"lines": 97.0, "branches": 90.0},
    "injection": {"linux": {"instructions": 43, "interrupted": 43, "failures": 0,
                            "controls": 7, "controls_found": 7},
                  **{board: {"instructions": 9, "interrupted": 9, "negative_control_fails": True}
                     for board in ("m33", "m0", "rv64")}},
}


class OnFixedSources(unittest.TestCase):
    """The list has 40 faults, the models are two, the bars are as they were set."""

    def setUp(self):
        self.key = "one"
        for target, name, value in (
                (verdicts, "models", lambda: {"depot", "slab"}),
                (verdicts, "seeded_faults", lambda: 40),
                (verdicts, "coverage_bars", lambda: {"lines": 97.0, "branches": 90.0}),
                (checks, "sources_key", lambda: self.key)):
            patch = mock.patch.object(target, name, value)
            patch.start()
            self.addCleanup(patch.stop)


class Judged(OnFixedSources):
    def wrong(self, check: str, *path, value) -> list[str]:
        """What is said when the figure at this path is another."""
        found = copy.deepcopy(GOOD[check])
        at = found
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = value
        return verdicts.judge(check, found)

    def test_good_figures_are_good(self):
        for check, found in GOOD.items():
            self.assertEqual(verdicts.judge(check, found), [])

    def test_a_violation_is_named_with_its_scenario(self):
        self.assertEqual(self.wrong("explorer", 0, "violations", value=1),
                         ["explorer: start: 1 violations"])

    def test_a_scenario_that_time_ran_out_on_is_no_result(self):
        self.assertEqual(self.wrong("explorer", 2, "finished", value=False),
                         ["explorer: slab-list@lean: not explored to the end"])

    def test_a_scenario_that_executed_nothing_is_wrong(self):
        self.assertIn("nothing was executed", self.wrong("explorer", 1, "executions", value=0)[0])

    def test_every_build_is_explored(self):
        self.assertEqual(verdicts.judge("explorer", GOOD["explorer"][:1] + GOOD["explorer"][2:]),
                         ["explorer: no scenario on firmware's lists"])
        self.assertEqual(len(verdicts.judge("explorer", [])), 3)

    def test_models_have_no_errors_and_controls_that_fail(self):
        self.assertEqual(self.wrong("spin", 0, "errors", value=2), ["spin: depot: 2 errors"])
        self.assertEqual(len(self.wrong("spin", 0, "states", value=0)), 1)
        self.assertEqual(len(self.wrong("spin", 0, "negative_control_fails", value=False)), 1)

    def test_a_model_that_was_not_run_is_named(self):
        self.assertEqual(verdicts.judge("spin", GOOD["spin"][1:]), ["spin: depot: not run"])

    def test_a_surviving_fault_is_named(self):
        found = {"total": 40, "killed": 39, "surviving": ["late-fence"]}
        self.assertEqual(verdicts.judge("mutants", found), ["mutants: late-fence survives"])

    def test_all_faults_of_the_list_were_tried(self):
        found = {"total": 39, "killed": 39, "surviving": []}
        self.assertEqual(verdicts.judge("mutants", found),
                         ["mutants: 39 faults were tried, the list has 40"])
        self.assertEqual(len(self.wrong("mutants", "killed", value=12)), 1)

    def test_a_share_under_its_bar_is_wrong(self):
        self.assertEqual(self.wrong("coverage", "branches", value=89.99),
                         ["coverage: branches: 89.99 %, the bar is 90.0 %"])

    def test_every_instruction_is_interrupted(self):
        self.assertEqual(self.wrong("injection", "m33", "interrupted", value=8),
                         ["injection: m33: 8 of 9 instructions interrupted"])
        self.assertEqual(self.wrong("injection", "m0", "negative_control_fails", value=False),
                         ["injection: m0: a negative control found nothing"])
        self.assertEqual(len(self.wrong("injection", "linux", "controls_found", value=6)), 1)

    def test_linux_and_three_firmware_targets_are_injected(self):
        few = {name: row for name, row in GOOD["injection"].items() if name in ("m33", "m0")}
        self.assertEqual(len(verdicts.judge("injection", few)), 2)

    def test_figures_of_another_form_are_refused(self):
        for check in GOOD:
            for other in (None, {"other": 1}, [1], 7):
                self.assertNotEqual(verdicts.judge(check, other), [], f"{check} {other}")


class RealSources(unittest.TestCase):
    """What the judges take from the tree."""

    def test_models_faults_and_bars_are_found(self):
        self.assertGreaterEqual(len(verdicts.models()), 3)
        self.assertGreaterEqual(verdicts.seeded_faults(), verdicts.MUTANTS)
        bars = verdicts.coverage_bars()
        self.assertGreaterEqual(bars["lines"], 97.0)
        self.assertGreaterEqual(bars["branches"], 90.0)

    def test_the_key_is_of_the_list_and_the_library(self):
        whole = checks.sources_key()
        for left_out in ("core", "tests/mutants"):
            rest = tuple(name for name in checks.JUDGED_BY if name != left_out)
            with mock.patch.object(checks, "JUDGED_BY", rest):
                self.assertNotEqual(checks.sources_key(), whole)


class Program(OnFixedSources):
    """The command line, on a build root with results, and checks that write fixed ones."""

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.build = Path(folder.name)
        self.found = copy.deepcopy(GOOD)
        self.ran = []
        for check in checks.RUN:
            self.write(check)

        def call(check, _command):
            self.ran.append(check)
            self.write(check)
        for name, value in (("call", call), ("need_tests", lambda *_: self.build)):
            patch = mock.patch.object(checks, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def write(self, check: str) -> None:
        """As the check writes it; the explorer's in a file for each build."""
        names, found = checks.FILES[check], self.found[check]
        for number, name in enumerate(names):
            part = found[number:number + 1] if len(names) > 1 else found
            (self.build / name).write_text(json.dumps({check: part}), encoding="utf-8")

    def run_with(self, *arguments: str) -> tuple[int | str, str]:
        said = io.StringIO()
        try:
            with redirect_stderr(said):
                status = checks.main(["--build", str(self.build), *arguments])
        except SystemExit as end:
            status = end.code
        return status, said.getvalue()

    def figures(self) -> dict:
        return json.loads((self.build / "out.json").read_text(encoding="utf-8"))

    def test_all_checks_run_and_their_figures_are_gathered(self):
        status, _ = self.run_with("--json", str(self.build / "out.json"))
        self.assertEqual(status, 0)
        self.assertEqual(set(self.ran), set(GOOD))
        self.assertEqual(self.figures(), {"checks": GOOD})

    def test_seeded_faults_are_tried_once_for_the_same_sources(self):
        self.run_with("--only", "mutants")
        self.run_with("--only", "mutants")
        self.assertEqual(self.ran, ["mutants"])
        self.run_with("--only", "mutants", "--anew")
        self.key = "another"
        self.run_with("--only", "mutants")
        self.assertEqual(self.ran, ["mutants"] * 3)

    def test_a_result_of_sources_that_changed_meanwhile_does_not_count(self):
        keys = iter(("before", "after"))
        with mock.patch.object(checks, "sources_key", lambda: next(keys)):
            status, said = self.run_with("--only", "mutants", "--anew")
        self.assertEqual(status, 1)
        self.assertIn("changed meanwhile", said)
        self.assertFalse((self.build / "mutants.key").exists())

    def test_taken_runs_nothing_and_may_lack_the_seeded_faults(self):
        status, said = self.run_with("--taken", "--json", str(self.build / "out.json"))
        self.assertEqual(status, 0)
        self.assertEqual(self.ran, [])
        self.assertIn("mutants: not tried on these sources", said)
        self.assertNotIn("mutants", self.figures()["checks"])

    def test_taken_has_the_seeded_faults_if_they_are_of_these_sources(self):
        (self.build / "mutants.key").write_text("one\n", encoding="utf-8")
        self.run_with("--taken", "--json", str(self.build / "out.json"))
        self.assertEqual(self.figures(), {"checks": GOOD})

    def test_a_missing_result_fails_and_is_named(self):
        (self.build / "spin.json").unlink()
        status, said = self.run_with("--taken", "--json", str(self.build / "out.json"))
        self.assertEqual(status, 1)
        self.assertIn("checks: spin: there is no", said)
        self.assertFalse((self.build / "out.json").exists())

    def test_everything_wrong_in_what_was_taken_is_said(self):
        self.found["explorer"][0]["violations"] = 1
        self.found["coverage"]["lines"] = 96.0
        self.write("explorer")
        self.write("coverage")
        status, said = self.run_with("--taken")
        self.assertEqual(status, 1)
        self.assertIn("checks: explorer: start: 1 violations", said)
        self.assertIn("checks: coverage: lines: 96.0 %", said)

    def test_a_damaged_result_fails(self):
        for text in ("", "[]", "{}", '{"spin": {}}'):
            (self.build / "spin.json").write_text(text, encoding="utf-8")
            self.assertEqual(self.run_with("--taken")[0], 1, text)

    def test_a_check_that_fails_ends_it_and_is_named(self):
        def fails(check, _command):
            raise checks.Failure(f"{check}: failed")
        with mock.patch.object(checks, "call", fails):
            status, said = self.run_with()
        self.assertEqual(status, 1)
        self.assertIn("checks: explorer: failed", said)

    def test_results_of_an_earlier_run_do_not_pass_for_this_ones(self):
        with mock.patch.object(checks, "call", lambda *_: None):
            status, said = self.run_with("--only", "spin")
        self.assertEqual(status, 1)
        self.assertIn("spin: there is no", said)

    def test_a_missing_tool_is_a_failure(self):
        with self.assertRaisesRegex(checks.Failure, "spin: "):
            CALL("spin", ["/no/such/tool"])

    def test_an_unknown_check_is_refused_with_the_valid_ones(self):
        status, said = self.run_with("--only", "luck")
        self.assertEqual(status, 2)
        self.assertIn("'explorer'", said)


if __name__ == "__main__":
    unittest.main()
