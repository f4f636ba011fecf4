# SPDX-License-Identifier: Apache-2.0
"""The calculator against heaps that run and programs that are linked.

usage: test_size.py BUILD-FOLDER"""

import contextlib
import io
import json
import subprocess
import sys
import unittest
from pathlib import Path

import calculator
import footprint
from objects import SIZES, SOURCE, Build, Failed

ROOT = Path(sys.argv.pop(1) if len(sys.argv) > 1 else SOURCE / "build" / "size").resolve()
START = 1 << 16


def calculated(*words: str) -> dict:
    return calculator.calculate(calculator.parse([*words, "--start", str(START)]), ROOT)


def stats_of(defines: list[str], region: int) -> dict:
    """os_heap_stats of a program that is linked with the library so configured."""
    build = Build(ROOT, "linux", "O2")
    build.configure()
    objects = build.compile(defines, "running")
    program = build.folder / "stats"
    subprocess.run(["gcc", "-I", SOURCE / "core" / "include", SOURCE / "tests" / "size" / "stats.c",
                    *objects, "-pthread", "-o", program], check=True)
    return json.loads(subprocess.run([program, str(region)], check=True, capture_output=True).stdout)


class Agrees(unittest.TestCase):
    def compare(self, found: dict, defines: list[str]) -> None:
        stats = stats_of(defines, found["region"])
        layout = found["layout"]
        self.assertEqual(layout["bytes"], stats["region"])
        self.assertEqual(found["page"], stats["page"])
        # Linux gives lists to the cores that ran, not to so many as are configured.
        self.assertEqual(found["bound_of_a_core"] * stats["cores"] + found["bound_shared"],
                         stats["cached_bound"])
        # From the tables' start to the first page, which the tables do not quite fill.
        self.assertLessEqual(layout["tables"], stats["tables"])
        self.assertLess(stats["tables"], layout["tables"] + stats["page"])

    def test_with_the_running_heap_at_every_size(self):
        for size, (kib, cores) in SIZES.items():
            found = calculated("--target", "linux", "--level", "O2", "--ram", size,
                               "--cores", str(cores))
            self.compare(found, [f"OSH_RAM_BYTES={kib * 1024}u", f"OSH_CORES={cores}"])

    def test_with_the_running_heap_on_virtual_memory_and_with_a_tunable(self):
        found = calculated("--target", "linux", "--level", "O2", "--region", "8M",
                           "--config", "OSH_MAGAZINE_MAX=9", "--cores", "3")
        self.compare(found, ["OSH_MAGAZINE_MAX=9", "OSH_CORES=3"])

    def test_with_the_data_and_bss_of_a_linked_image(self):
        found = calculated("--ram", "256K", "--cores", "2", "--target", "m33")
        build = Build(ROOT, "m33", "Os")
        objects = build.compile(["OSH_RAM_BYTES=262144u", "OSH_CORES=2"], "linked")
        image = build.folder / "linked.elf"
        subprocess.run([build.compiler, "-mcpu=cortex-m33", "-mthumb", "-nostdlib", "-Wl,--gc-sections",
                        "-Wl,-e,os_malloc", "-Wl,--unresolved-symbols=ignore-all",
                        *[f"-Wl,-u,{name}" for name in build.public(objects)], *objects,
                        "-lgcc", "-o", image], check=True)
        sections = subprocess.run([build.tools + "size", "-A", image], check=True,
                                  capture_output=True, text=True).stdout
        linked = sum(int(line.split()[1]) for line in sections.splitlines()
                     if line.startswith((".data", ".bss")))
        self.assertLessEqual(found["static"]["all"], linked)
        # What lies between variables: a core's lists are aligned to 256 bytes.
        self.assertLess(linked, found["static"]["all"] + 512)


class Refuses(unittest.TestCase):
    def refused(self, *words: str) -> str:
        said = io.StringIO()
        with self.assertRaises(SystemExit) as ended, contextlib.redirect_stderr(said):
            calculator.parse(list(words))
        self.assertEqual(ended.exception.code, 2)
        return said.getvalue()

    def test_a_tunable_that_does_not_exist(self):
        self.assertIn("no tunable OSH_WRONG",
                      self.refused("--ram", "32K", "--config", "OSH_WRONG=1"))

    def test_a_region_that_is_no_size_or_missing(self):
        self.assertIn("is no size", self.refused("--region", "12Q"))
        self.assertIn("--ram BYTES", self.refused())

    def test_a_region_without_room_for_a_page(self):
        with self.assertRaisesRegex(Failed, "no room"):
            calculated("--ram", "4K", "--region", "500")

    def test_a_configuration_that_the_library_refuses(self):
        with self.assertRaisesRegex(Failed, "a page is 512 B to 64 KiB"):
            calculated("--ram", "32K", "--config", "OSH_PAGE_LOG2=5")


class Compares(unittest.TestCase):
    def test_a_figure_that_changed_or_is_not_committed_is_named(self):
        now = {"m33": {"footprint": {"32K": {"Os": {"api": {"text": 1, "bss": 2}}}}}}
        same = json.loads(json.dumps(now))
        self.assertEqual(footprint.differences(now, same), [])
        same["m33"]["footprint"]["32K"]["Os"]["api"] = {"text": 3}
        self.assertEqual(footprint.differences(now, same),
                         ["m33.footprint.32K.Os.api.text: 3 is committed, 1 measured",
                          "m33.footprint.32K.Os.api.bss: not committed"])


if __name__ == "__main__":
    unittest.main()
