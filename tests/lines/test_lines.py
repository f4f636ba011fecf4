#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the counts of cache-line transfers must show, whatever the number of cores."""

import json
import subprocess
import sys
import unittest

# Between 8 and 128 cores the cost of a call may grow by so much.
FLAT = 1.10
# A hand-off goes by magazines: of the calls one in so many has an atomic on a shared line.
SHARED_ATOMICS = 1 / 20


def counted(workload: str, cores: int) -> dict:
    said = subprocess.run([PROGRAM, "--workload", workload, "--cores", str(cores)], check=True,
                          capture_output=True, text=True).stdout
    return json.loads(said)["lines"][workload][str(cores)]


class Lines(unittest.TestCase):
    def test_a_pair_on_one_core_moves_no_line_and_has_no_shared_atomic(self):
        for cores in (1, 2, 4, 8, 16, 32, 64, 128):
            with self.subTest(cores=cores):
                found = counted("pair", cores)
                self.assertEqual((found["transfers"], found["in_blocks"], found["shared_atomics"],
                                  found["calls_that_share"]), (0, 0, 0, 0))
                self.assertEqual(found["calls"], cores * 4000)

    def test_the_cost_of_a_hand_off_stays_flat_from_8_to_128_cores(self):
        at = {cores: counted("handoff", cores) for cores in (8, 32, 128)}
        for cores in (32, 128):
            self.assertLess(at[cores]["transfers"], FLAT * at[8]["transfers"])
            self.assertLess(at[cores]["shared_atomics"], SHARED_ATOMICS)
        # A block's line goes there and back: twice for its links, twice for what is written.
        self.assertGreater(at[8]["transfers"] + at[8]["in_blocks"], 1.9)

    def test_a_mix_of_sizes_moves_few_lines(self):
        # Long blocks reach slabs and pages, whose counts and maps all cores share: known, and watched.
        for cores, most in ((2, 0.35), (16, 1.1), (128, 1.8)):
            with self.subTest(cores=cores):
                found = counted("mixed", cores)
                self.assertLess(found["transfers"], most)
                self.assertLess(found["in_blocks"], 0.1)

    def test_every_run_counts_the_same(self):
        self.assertEqual(counted("tiny", 8), counted("tiny", 8))

    def test_more_cores_share_more_lines_of_tiny_blocks(self):
        few, many = counted("tiny", 2), counted("tiny", 8)
        self.assertGreater(few["in_blocks"], 0)
        self.assertGreater(many["in_blocks"], few["in_blocks"])

    def test_what_there_is_not_is_refused(self):
        for option in ("--cores=0", "--cores=3", "--cores=256", "--workload=nonsense"):
            done = subprocess.run([PROGRAM, option], capture_output=True, check=False)
            self.assertNotEqual(done.returncode, 0)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
