# SPDX-License-Identifier: Apache-2.0
"""The runner's arithmetic on fixed data."""

import io
import json
import tempfile
import unittest
from contextlib import redirect_stderr
from pathlib import Path
from unittest import mock

from .. import storm
from ..command import turns
from ..report import bars, storm_page, table
from . import figures, plan, shape, summary, worker
from .campaign import Outcome, _schedule
from .plan import Cell
from .worker import Failure


def report(ops: float, rss: int, scenario: str = "churn", **more) -> dict:
    return {
        "identity": "test", "scenario": scenario, "ops_per_s": ops, "cpu_s": 2.0,
        "elapsed_s": 1.0, "faults": 3, "peak_rss_bytes": rss, "base_rss_bytes": 0,
        "live_bytes": 10,
        "latency": {"malloc": {"hist": [[5, 99], [40, 1]], "max": 41},
                    "free": {"hist": [], "max": 0},
                    "realloc": {"hist": [], "max": 0}},
        **more,
    }


MACHINE = {"cores": 2, "cpu": "test", "ram_bytes": None, "kernel": "k",
           "load_average": 0.0, "date": "today"}
SETTINGS = {"preset": "default", "rounds": 3, "large_live": 8}


def document(reports: dict, failures: tuple = ()) -> dict:
    outcome = Outcome(reports=reports, failures=list(failures), seconds_per_run=[1.0])
    doc = summary.document(outcome, MACHINE, SETTINGS, [])
    doc["bars"] = bars.judge(doc)
    return doc


class Histograms(unittest.TestCase):
    def test_small_values_have_a_bucket_each(self):
        self.assertEqual(figures.bucket_range(0), (0, 0))
        self.assertEqual(figures.bucket_range(31), (31, 31))

    def test_buckets_follow_each_other_without_gap(self):
        for bucket in range(1, 1152):
            self.assertEqual(figures.bucket_range(bucket)[0],
                             figures.bucket_range(bucket - 1)[1] + 1)

    def test_thirty_two_buckets_to_a_power_of_two(self):
        self.assertEqual(figures.bucket_range(64), (64, 65))
        self.assertEqual(figures.bucket_range(96), (128, 131))

    def test_runs_are_merged_before_percentiles_are_taken(self):
        merged = figures.merge([[[5, 10]], [[5, 1], [7, 2]]])
        self.assertEqual(merged, {5: 11, 7: 2})

    def test_percentiles_count_samples(self):
        counts = {5: 50, 10: 49, 31: 1}
        self.assertEqual(figures.percentile(counts, 0.5, 31), 5)
        self.assertEqual(figures.percentile(counts, 0.99, 31), 10)
        self.assertEqual(figures.percentile(counts, 0.9999, 31), 31)

    def test_a_percentile_never_exceeds_the_maximum(self):
        self.assertEqual(figures.percentile({96: 1}, 0.5, 128), 128)

    def test_no_samples_have_no_percentile(self):
        with self.assertRaises(ValueError):
            figures.percentile({}, 0.5, 0)

    def test_a_call_never_made_has_no_latency(self):
        self.assertIsNone(figures.latency([report(1, 1)], "free"))


class Ratios(unittest.TestCase):
    def test_rounds_are_paired_before_the_median(self):
        self.assertEqual(figures.ratios_by_round([10, 20, 90], [10, 10, 10]), [1, 2, 9])
        self.assertEqual(figures.ratios_by_round([1, 100, 1], [2, 100, 4]), [0.5, 1, 0.25])

    def test_a_round_that_failed_on_one_side_is_left_out(self):
        self.assertEqual(figures.ratios_by_round([None, 6, 8], [1, 2, None]), [3])
        self.assertEqual(figures.ratios_by_round([None], [1]), [])

    def test_each_scenario_weighs_the_same(self):
        rows = [{"scenario": "a", "throughput": 2.0},
                {"scenario": "a", "throughput": 8.0},
                {"scenario": "b", "throughput": 1.0}]
        self.assertAlmostEqual(figures.headline(rows, "throughput"), 2.0)

    def test_nothing_has_no_mean(self):
        self.assertIsNone(figures.headline([], "throughput"))

    def test_the_best_peer_is_the_hardest_to_beat(self):
        ratios = {"jemalloc": 1.5, "glibc": 0.9}
        self.assertEqual(figures.best_throughput(ratios), ("glibc", 0.9))
        self.assertEqual(figures.best_memory(ratios), ("jemalloc", 1.5))


class Noise(unittest.TestCase):
    def test_the_spread_is_half_the_way_from_least_to_most(self):
        self.assertAlmostEqual(figures.spread([9, 10, 13]), 0.2)
        self.assertIsNone(figures.spread([7]))
        self.assertEqual(figures.spread([0, 0]), 0)

    def test_the_sign_test_counts_rounds_on_one_side(self):
        self.assertAlmostEqual(figures.sign_test([2] * 5), 1 / 16)
        self.assertAlmostEqual(figures.sign_test([0.5] * 5), 1 / 16)
        self.assertAlmostEqual(figures.sign_test([2, 2, 2, 2, 0.5]), 12 / 32)
        self.assertAlmostEqual(figures.sign_test([2] * 8 + [0.5]), 20 / 512)

    def test_rounds_that_are_equal_say_nothing(self):
        self.assertEqual(figures.sign_test([1, 1]), 1)
        self.assertAlmostEqual(figures.sign_test([1, 2, 2]), 0.5)

    def test_five_rounds_that_agree_are_the_fewest_that_separate(self):
        self.assertTrue(figures.separable([1.01] * 5))
        self.assertFalse(figures.separable([9] * 4))
        self.assertFalse(figures.separable([9, 9, 9, 9, 0.99]))
        self.assertTrue(figures.separable([0.9] * 8 + [1.1]))
        self.assertFalse(figures.separable([]))


class Documents(unittest.TestCase):
    CELL = Cell("churn", 2)

    def setUp(self):
        self.doc = document({
            (self.CELL, "osheap"): [report(60, 200)] * 3,
            (self.CELL, "seed"): [report(10, 100)] * 3,
            (self.CELL, "jemalloc"): [report(30, 400)] * 3,
            (self.CELL, "glibc"): [report(40, 160)] * 3,
        })

    def best(self) -> dict:
        return next(r for r in self.doc["ratios"] if r["peer"] == "best_peer")

    def test_best_peer_is_chosen_for_each_metric(self):
        self.assertEqual(self.best()["throughput_peer"], "glibc")
        self.assertAlmostEqual(self.best()["throughput"], 1.5)
        self.assertEqual(self.best()["memory_peer"], "glibc")
        self.assertAlmostEqual(self.best()["memory"], 1.25)

    def test_memory_of_the_fastest_is_that_of_one_peer(self):
        rows = {r["peer"]: r for r in self.doc["ratios"]}
        fastest = self.best()["throughput_peer"]
        self.assertEqual(self.best()["memory_of_fastest"], rows[fastest]["memory"])

    def test_the_seed_is_never_the_best_peer(self):
        self.assertNotIn("seed", (self.best()["throughput_peer"],
                                  self.best()["memory_peer"]))

    def test_latency_has_the_kinds_that_were_called(self):
        run = self.doc["runs"][0]
        self.assertEqual(list(run["latency_ns"]), ["malloc"])
        self.assertEqual(run["latency_ns"]["malloc"]["p50"], 5)
        self.assertEqual(run["latency_ns"]["malloc"]["samples"], 300)

    def test_bars_say_what_was_reached_and_what_was_not_measured(self):
        met = {bar["bar"]: bar["met"] for bar in self.doc["bars"]}
        self.assertTrue(met["churn against seed, threads = cores"])
        self.assertIsNone(met["handoff against seed, threads = cores"])
        self.assertTrue(met["throughput against jemalloc, geometric mean"])
        self.assertTrue(met["memory against jemalloc, geometric mean"])

    def test_the_table_can_be_printed(self):
        self.assertIn("churn x2", table.render(self.doc))

    def rounds(self, ours: list[float], theirs: list[float]) -> dict:
        return document({(self.CELL, "osheap"): [report(ops, 100) for ops in ours],
                         (self.CELL, "jemalloc"): [report(ops, 100) for ops in theirs]})

    def test_a_row_that_is_not_separable_from_noise_says_so(self):
        agree = table.render(self.rounds([22, 20, 21, 24, 20], [20, 19, 20, 20, 18]))
        differ = table.render(self.rounds([22, 20, 21, 24, 20], [20, 19, 20, 20, 22]))
        self.assertIn("  1.10 ±7%", agree)
        self.assertNotIn("~1.10", agree)
        self.assertIn("~1.05 ±14%", differ)

    def test_every_figure_of_ours_has_its_spread(self):
        doc = self.rounds([2e6, 4e6, 3e6], [1e6, 1e6, 1e6])
        self.assertIn("3.00 ±33%", table.render(doc))

    def test_what_is_near_zero_keeps_two_digits(self):
        self.assertEqual([table.number(v) for v in (0.000123, 0.0996, 0.1, 12.345, 0, None)],
                         ["0.00012", "0.1", "0.10", "12.35", "0.00", "-"])

    def test_the_page_shows_ratios_spread_noise_and_losses(self):
        doc = self.rounds([20, 20, 21, 24, 22], [40, 40, 40, 40, 40])
        page = storm_page.render(json.loads(json.dumps(storm_page.section(doc))))
        self.assertIn("| churn x2 | 2.1e-05 ±10% | 0.53 ±10% | 0.53 ±10% |", page)
        self.assertIn("| churn x2 | 9.5e-05 ±0% | ~1.00 ±0% | ~1.00 ±0% |", page)
        self.assertIn("by more than noise: churn x2 (0.53).", page)
        ahead = storm_page.render(storm_page.section(self.rounds([30] * 5, [20] * 5)))
        self.assertIn("No row is slower", ahead)
        even = storm_page.render(storm_page.section(self.rounds([20, 20, 21, 24, 22], [21] * 5)))
        self.assertIn("No row is slower", even)
        self.assertIn("~1.00", even)

    def test_one_round_has_no_spread(self):
        doc = self.rounds([20], [10])
        self.assertIn("~2.00 ±?", table.render(doc))
        self.assertIn("| churn x2 | 2e-05 ±? | ~2.00 ±? | ~2.00 ±? |",
                      storm_page.render(storm_page.section(doc)))

    def test_a_mean_has_the_spread_of_its_rounds(self):
        doc = self.rounds([2, 4, 3], [1, 1, 1])
        mean = doc["geomean"]["jemalloc"]
        self.assertEqual([round(value, 6) for value in mean["rounds"]["throughput"]], [2, 4, 3])
        self.assertEqual(table.mean_text(mean, "throughput"), "3.00 ±33%")

    def test_memory_afterwards_takes_the_place_of_the_peak(self):
        cell = Cell("afterwards", 2)
        doc = document({(cell, "osheap"): [report(1, 900, "afterwards",
                                                  measures={"final_rss_bytes": 50})] * 5,
                        (cell, "jemalloc"): [report(5, 300, "afterwards",
                                                    measures={"final_rss_bytes": 100})] * 5})
        mean = doc["geomean"]["jemalloc"]
        self.assertEqual((mean["memory"], mean["throughput"]), (0.5, None))
        text = table.render(doc)
        self.assertEqual(text[:text.index("\nLatency")].count("afterwards x2"), 1)

    def test_page_faults_of_fresh_are_shown(self):
        cell = Cell("fresh", 2)
        text = table.render(document({(cell, "osheap"): [report(1, 1, "fresh", faults=66000)] * 3}))
        self.assertRegex(text, r"fresh x2 page faults +66,000 ±0%")

    def test_each_pair_of_holes_and_its_worst_are_shown(self):
        cell = Cell("holes", 2)
        runs = [report(1, 1, "holes", measures={"pair_mean_ns": 250, "pair_worst_ns": 3e6})] * 5
        text = table.render(document({(cell, "osheap"): runs, (cell, "glibc"): runs}))
        self.assertRegex(text, r"holes x2 pair, mean +250 ns ±0% +250 ns ±0%")
        self.assertRegex(text, r"holes x2 pair, worst +3 ms ±0%")

    def test_a_failed_worker_is_named_and_the_others_stay(self):
        cell = Cell("pair", 1)
        failure = Failure("glibc", cell, "killed by SIGSEGV", "it hurts")
        doc = document({(cell, "osheap"): [report(1, 1)] * 3,
                        (cell, "glibc"): [None] * 3,
                        (cell, "jemalloc"): [report(1, 1)] * 3}, (failure,))
        self.assertEqual({r["peer"] for r in doc["ratios"]}, {"jemalloc", "best_peer"})
        text = table.render(doc)
        self.assertIn("killed by SIGSEGV", text)
        self.assertIn("it hurts", text)

    def test_a_row_that_loses_by_no_more_than_noise_is_no_worst_row(self):
        def bar(ours: list[float]) -> dict:
            return next(bar for bar in self.rounds(ours, [10] * 5)["bars"]
                        if bar["bar"] == "throughput against the best peer, worst row")
        self.assertEqual((bar([8, 9, 9, 9, 11])["measured"], bar([8, 9, 9, 9, 11])["met"]), (1, True))
        self.assertEqual((bar([8, 9, 9, 9, 9.9])["measured"], bar([8, 9, 9, 9, 9.9])["met"]),
                         (0.9, False))
        self.assertEqual(bar([8, 9, 9, 9, 9])["note"], "churn x2 against jemalloc")

    def test_a_loss_in_too_few_rounds_for_noise_counts(self):
        bar = next(bar for bar in self.rounds([8, 11], [10, 10])["bars"]
                   if bar["bar"] == "throughput against the best peer, worst row")
        self.assertAlmostEqual(bar["measured"], 0.95)
        bar = next(bar for bar in self.rounds([3], [10])["bars"]
                   if bar["bar"] == "throughput against the best peer, worst row")
        self.assertEqual((bar["measured"], bar["met"]), (0.3, False))

    def test_brink_is_left_out_of_the_means(self):
        cell = Cell("brink", 2)
        recovery = {"region_bytes": 100, "nulls": 1, "first_fill_bytes": 90,
                    "large_had": True, "refill_bytes": 45}
        runs = [report(1, 1, "brink", recovery=recovery)] * 3
        doc = document({(cell, "osheap"): runs, (cell, "seed"): runs})
        self.assertEqual(doc["geomean"], {})
        refill = next(b for b in doc["bars"] if "fills again" in b["bar"])
        self.assertEqual((refill["measured"], refill["met"]), (0.5, False))

    def test_crowd_memory_compares_many_threads_with_few(self):
        doc = document({
            (Cell("crowd", 2), "osheap"): [report(1, 100, "crowd")] * 3,
            (Cell("crowd", 64), "osheap"): [report(1, 120, "crowd")] * 3,
        })
        self.assertAlmostEqual(bars.crowd_memory(doc, "osheap"), 1.2)
        self.assertIsNone(bars.crowd_memory(doc, "seed"))


class Plans(unittest.TestCase):
    def test_every_other_round_runs_backwards(self):
        cells = [Cell("pair", 1)]
        names = [n for _, n in _schedule(cells, ["osheap", "seed"], 0)]
        back = [n for _, n in _schedule(cells, ["osheap", "seed"], 1)]
        self.assertEqual(names, back[::-1])

    def test_each_is_first_as_often_as_the_others(self):
        for count in range(1, 8):
            them = [str(i) for i in range(count)]
            rounds = [turns(them, number) for number in range(2 * count)]
            self.assertEqual(sorted(r[0] for r in rounds), sorted(2 * them))
            self.assertTrue(all(sorted(r) == them for r in rounds))

    def test_brink_is_for_osheap_and_seed(self):
        names = [n for _, n in _schedule([Cell("brink", 1)], list(plan.ALLOCATORS), 0)]
        self.assertEqual(names, ["osheap", "seed"])

    def test_quick_takes_the_cores_only_but_all_of_crowd(self):
        cells = plan.cells(["churn", "crowd"], 2, True, None)
        self.assertEqual([(c.scenario, c.threads) for c in cells],
                         [("churn", 2), ("crowd", 2), ("crowd", 32), ("crowd", 64)])

    def test_threads_given_by_the_user_win(self):
        self.assertEqual(plan.cells(["pair"], 2, True, [3]), [Cell("pair", 3)])


class Workers(unittest.TestCase):
    def run_script(self, script: str) -> dict | Failure:
        with tempfile.TemporaryDirectory() as folder:
            path = worker.path_of(Path(folder), "glibc")
            path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
            path.chmod(0o755)
            return worker.run(Path(folder), "glibc", Cell("pair", 1), 0.01, plan.QUICK, False)

    def test_a_report_is_read(self):
        sound = report(7.0, 100, "pair", threads=1)
        self.assertEqual(self.run_script(f"echo '{json.dumps(sound)}'"), sound)

    def test_a_report_of_another_form_is_a_failure(self):
        self.assertIn("unreadable", self.run_script("echo '{\"ops\": 7}'").reason)
        other = report(7.0, 100, "churn", threads=1)
        self.assertIn("unreadable", self.run_script(f"echo '{json.dumps(other)}'").reason)

    def test_a_scenario_has_its_own_measures_and_no_others(self):
        def fault(scenario: str, measures: dict | None) -> str | None:
            sound = report(7.0, 100, scenario, threads=1)
            return shape.fault(sound | ({"measures": measures} if measures is not None else {}),
                               scenario, 1)
        self.assertIsNone(fault("afterwards", {"final_rss_bytes": 5}))
        self.assertIn("final_rss_bytes", fault("afterwards", {"final_rss_bytes": 0}))
        self.assertIn("measures", fault("afterwards", None))
        self.assertIn("measures", fault("pair", {"final_rss_bytes": 5}))
        self.assertIsNone(fault("pair", None))

    def test_a_crash_is_a_failure_with_what_was_said(self):
        failure = self.run_script("echo it hurts >&2; kill -SEGV $$")
        self.assertEqual(failure.reason, "killed by SIGSEGV")
        self.assertEqual(failure.stderr, "it hurts\n")

    def test_corruption_is_told_from_other_failures(self):
        self.assertEqual(self.run_script("exit 4").reason, "corrupt memory")

    def test_a_hang_is_a_failure(self):
        with mock.patch.multiple(worker, PATIENCE_S=0.1, PATIENCE_PER_SECOND=0):
            self.assertIn("no answer", self.run_script("exec sleep 5").reason)

    def test_a_report_that_is_no_json_is_a_failure(self):
        self.assertIn("unreadable", self.run_script("echo nonsense").reason)


class CommandLine(unittest.TestCase):
    def refuse(self, *arguments: str) -> str:
        said = io.StringIO()
        with redirect_stderr(said), self.assertRaises(SystemExit) as end:
            storm.main(["--workers", ".", *arguments])
        self.assertEqual(end.exception.code, 2)
        return said.getvalue()

    def test_an_unknown_scenario_is_refused_with_the_valid_ones(self):
        self.assertIn("erosion", self.refuse("--scenario", "nonsense"))

    def test_an_unknown_peer_is_refused_with_the_valid_ones(self):
        self.assertIn("tcmalloc", self.refuse("--peers", "nonsense"))

    def test_an_unknown_option_is_refused(self):
        self.assertIn("--nonsense", self.refuse("--nonsense"))

    def test_thread_counts_must_be_numbers(self):
        self.assertIn("thread counts", self.refuse("--threads", "0"))


if __name__ == "__main__":
    unittest.main()
