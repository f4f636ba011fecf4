# SPDX-License-Identifier: Apache-2.0
"""The firmware storm's reading, arithmetic and tables, on fixed data."""

import io
import unittest
from contextlib import redirect_stderr

from .. import storm
from ..report import firmware_page, firmware_table
from . import doc, plan, trace
from . import storm as firmware_storm
from .run import Calls, FirmwareError, parse

TEXT = """qemu-system-arm: warning: nic lan9118.0 has no peer
calls malloc 28:19 199:1
left_out_malloc 0
longest_malloc_hit 28
longest_malloc_miss 199
calls free 28:10 30:10
calls free 28:2
left_out_free 3
longest_free_hit 30
worst_os_realloc_same_class 44
ok
"""
BRINK = TEXT.replace("ok\n", "region_bytes 100\nfirst_fill_bytes 90\nrefill_bytes 91\n"
                     "nulls 8\nlarge_had 1\nlongest_malloc_large 5000\nok\n")
WITH = {"compiler": "gcc", "newlib": "n", "emulator": "q"}


def document() -> dict:
    runs = {("level0", "pair"): parse(TEXT), ("newlib", "pair"): parse(TEXT),
            ("level0", "brink"): parse(BRINK)}
    return {"firmware": {"m33": doc.board(runs, WITH)}}


class Reading(unittest.TestCase):
    def test_calls_are_summed_over_cores(self):
        self.assertEqual(parse(TEXT).calls["free"].times, {28: 12, 30: 10})

    def test_values_are_read(self):
        self.assertEqual(parse(TEXT).values["longest_malloc_miss"], 199)

    def test_an_image_that_did_not_end_well_is_an_error_with_its_last_line(self):
        with self.assertRaisesRegex(FirmwareError, "no memory"):
            parse(TEXT.replace("ok\n", "error: no memory for bytes 9\n"))

    def test_a_line_of_another_form_is_an_error(self):
        with self.assertRaisesRegex(FirmwareError, "unreadable: what"):
            parse("what is this\nok\n")

    def test_nothing_printed_is_an_error(self):
        with self.assertRaises(FirmwareError):
            parse("")

    def test_an_image_that_counted_nothing_is_an_error(self):
        with self.assertRaisesRegex(FirmwareError, "nothing was counted"):
            parse("left_out_malloc 0\nok\n")

    def test_an_image_may_tell_only_the_longest_paths(self):
        self.assertEqual(parse("worst_os_free_null 8\nok\n").calls, {})


class Arithmetic(unittest.TestCase):
    def test_best_median_worst_total(self):
        calls = Calls({5: 2, 7: 1, 100: 1})
        self.assertEqual((calls.best, calls.median, calls.worst, calls.total, calls.count),
                         (5, 5, 100, 117, 4))

    def test_the_median_has_happened(self):
        self.assertEqual(Calls({1: 1, 4: 1}).median, 1)
        self.assertEqual(Calls({1: 1, 4: 2}).median, 4)

    def test_a_pair_is_the_mean_of_both_calls(self):
        self.assertEqual(parse("calls malloc 28:4\ncalls free 20:1 21:1\nok").pair, 48.5)

    def test_a_whole_mean_is_a_whole_number(self):
        self.assertIsInstance(parse("calls malloc 28:4\ncalls free 20:3\nok").pair, int)


class Documents(unittest.TestCase):
    def setUp(self):
        self.board = document()["firmware"]["m33"]

    def test_each_scenario_has_a_figure_an_allocator(self):
        self.assertEqual(set(self.board["pair"]), {"level0", "newlib"})

    def test_the_longest_paths_are_of_this_heap_alone(self):
        self.assertEqual(self.board["worst"]["os_malloc_small_hit"], 28)
        self.assertEqual(self.board["worst"]["os_realloc_same_class"], 44)
        self.assertNotIn("worst_default", self.board)

    def test_a_miss_at_the_brink_may_be_the_last_resort(self):
        self.assertEqual(self.board["worst"]["os_malloc_small_exhausted"], 199)
        self.assertEqual(self.board["worst"]["os_malloc_large_exhausted"], 5000)
        self.assertNotIn("os_malloc_large", self.board["worst"])

    def test_calls_that_were_left_out_are_told(self):
        self.assertEqual(self.board["calls"]["pair"]["level0"]["left_out"], 3)

    def test_tables_and_page_have_every_scenario(self):
        for text in (firmware_table.render(document()), firmware_page.render(document())):
            self.assertIn("pair", text)
            self.assertIn("brink", text)
            self.assertIn("os_malloc_large_exhausted", text)

    def test_the_page_tells_how_full_the_region_got(self):
        self.assertIn("| m33 | level0 | 90% | 91% | 8 | yes |", firmware_page.render(document()))


class Traces(unittest.TestCase):
    LOG = """Trace 0: 0x7f [00800452/100/00000150/ff020201] os_malloc
Trace 0: 0x7f [00800452/102/00000150/ff020201] os_malloc
cpu_io_recompile: rewound execution of TB to 102
Trace 0: 0x7f [00800452/102/00000150/ff020201] os_malloc
Trace 0: 0x7f [00800452/100/00000150/ff020201] os_malloc
"""

    def test_an_instruction_that_reads_a_device_counts_once(self):
        self.assertEqual(trace.addresses(self.LOG), [0x100, 0x102, 0x100])

    def test_a_call_lasts_until_the_next_one_begins(self):
        executed = [0x100, 0x102, 0x104, 0x100, 0x102]
        self.assertEqual(trace.lengths(executed, 0x100), {3: 1, 2: 1})


class Plans(unittest.TestCase):
    def test_every_board_has_a_folder_in_the_image_tests(self):
        for board in plan.BOARDS.values():
            self.assertTrue((plan.SOURCE / "tests/firmware/boards" / board.folder
                             / "cross.ini").exists())

    def test_every_scenario_is_one_of_the_images(self):
        text = "".join(path.read_text(encoding="utf-8")
                       for path in (plan.SOURCE / "perf/firmware").glob("s_*.c"))
        text += (plan.SOURCE / "perf/firmware/alloc/osheap_calls.c").read_text(encoding="utf-8")
        for name in [*plan.SCENARIOS, plan.CALLS]:
            self.assertIn(f'.name = "{name}"', text)


class CommandLine(unittest.TestCase):
    def refuse(self, program, *arguments: str) -> str:
        said = io.StringIO()
        with redirect_stderr(said), self.assertRaises(SystemExit) as end:
            program.main(list(arguments))
        self.assertEqual(end.exception.code, 2)
        return said.getvalue()

    def test_an_unknown_board_is_refused_with_the_valid_ones(self):
        self.assertIn("rv32", self.refuse(firmware_storm, "--build", ".", "--boards", "z80"))
        self.assertIn("rv32", self.refuse(storm, "--workers", ".", "--firmware", "z80"))

    def test_an_unknown_scenario_is_refused_with_the_valid_ones(self):
        self.assertIn("mixed2048",
                      self.refuse(firmware_storm, "--build", ".", "--scenario", "large"))

    def test_linux_is_left_out_only_for_firmware(self):
        self.assertIn("--firmware", self.refuse(storm, "--workers", ".", "--no-linux"))


if __name__ == "__main__":
    unittest.main()
