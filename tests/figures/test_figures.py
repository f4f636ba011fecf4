# SPDX-License-Identifier: Apache-2.0
"""Merging, comparing and accepting figures, on fixed data."""

import io
import json
import tempfile
import unittest
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

import document
import figures
import parts

OLD = {"made_with": {"compiler": "gcc 12"}, "pair": {"level0": 48, "newlib": 103},
       "interrupted": 7}


def changed(**more) -> dict:
    return {**json.loads(json.dumps(OLD)), **more}


def lines(old, new, loose=()) -> list[str]:
    return list(document.differences(old, new, loose))


class Differences(unittest.TestCase):
    def test_the_same_figures_do_not_differ(self):
        self.assertEqual(lines(OLD, changed()), [])

    def test_a_figure_that_differs_is_named_with_old_and_new(self):
        self.assertEqual(lines(OLD, changed(pair={"level0": 49, "newlib": 103})),
                         ["pair.level0: 48 -> 49"])

    def test_a_figure_that_is_gone_or_new_differs(self):
        self.assertEqual(lines(OLD, changed(pair={"newlib": 103, "nano": 72})),
                         ["pair.level0: 48 -> nothing", "pair.nano: nothing -> 72"])

    def test_a_loose_figure_differs_when_one_is_zero(self):
        self.assertEqual(lines(OLD, changed(interrupted=9), ("interrupted",)), [])
        self.assertEqual(lines(OLD, changed(interrupted=0), ("interrupted",)),
                         ["interrupted: 7 -> 0"])

    def test_another_compiler_is_not_comparable_and_hides_the_figures_below(self):
        found = lines(OLD, changed(made_with={"compiler": "gcc 13"}, pair={"level0": 1}))
        self.assertEqual(found, ["~ : not comparable: compiler gcc 13 vs gcc 12"])

    def test_a_missing_section_names_every_figure(self):
        self.assertEqual(len(lines(None, OLD)), 4)


class Settled(unittest.TestCase):
    def test_a_loose_figure_keeps_its_committed_value(self):
        new = {"m33": changed(interrupted=9)}
        document.settle({"m33": OLD}, new, ("interrupted",))
        self.assertEqual(new, {"m33": OLD})

    def test_unless_it_became_zero(self):
        new = changed(interrupted=0)
        document.settle(OLD, new, ("interrupted",))
        self.assertEqual(new["interrupted"], 0)


class Documents(unittest.TestCase):
    def test_parts_fill_one_section_together(self):
        doc = {"firmware": {"m33": {"pair": 1}}}
        document.merge(doc, {"firmware": {"m33": {"ram_small": 2}, "m4": {}}})
        self.assertEqual(doc, {"firmware": {"m33": {"pair": 1, "ram_small": 2}, "m4": {}}})

    def test_parts_that_contradict_each_other_are_refused(self):
        with self.assertRaisesRegex(document.Clash, "a.b"):
            document.merge({"a": {"b": 1}}, {"a": {"b": 2}})

    def test_a_part_may_give_only_some_keys_of_each_object(self):
        self.assertEqual(document.only({"m33": {"text": 1, "more": {}}, "m4": {}}, ("text",)),
                         {"m33": {"text": 1}, "m4": {}})

    def test_what_is_written_can_be_read(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "new" / "figures.json"
            document.write(path, {"a": OLD, "b": {"c": {"d": {}}}, "e": [1]})
            self.assertEqual(document.read(path), {"a": OLD, "b": {"c": {"d": {}}}, "e": [1]})

    def test_an_object_without_objects_is_one_line(self):
        self.assertEqual(document.text_of({"a": {"b": 1, "c": 2}}), '{\n "a": {"b": 1, "c": 2}\n}')

    def test_each_object_of_a_list_is_one_line(self):
        self.assertEqual(document.text_of({"a": [{"b": 1}, {"b": 2}], "c": [1, 2]}),
                         '{\n "a": [\n  {"b": 1},\n  {"b": 2}\n ],\n "c": [1, 2]\n}')


class Program(unittest.TestCase):
    """The command line, on a source tree of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        (self.root / "docs").mkdir()
        self.measured = {"x": changed()}
        part = parts.Part("x", "fixed", ("cp", str(self.root / "measured"), "{out}"))
        page = parts.Page("x", "docs/x.md", ("grep", "pair", "{figures}"))
        for name, value in (("PARTS", (part,)), ("PAGES", (page,))):
            patch = mock.patch.object(parts, name, value)
            patch.start()
            self.addCleanup(patch.stop)
        patch = mock.patch.object(figures, "SOURCE", self.root)
        patch.start()
        self.addCleanup(patch.stop)

    def run_with(self, *arguments: str) -> tuple[int | str, str]:
        (self.root / "measured").write_text(json.dumps(self.measured), encoding="utf-8")
        said = io.StringIO()
        try:
            with redirect_stdout(said), redirect_stderr(said):
                status = figures.main(["--build", str(self.root / "build"), *arguments])
        except SystemExit as end:
            status = end.code
        return status, said.getvalue()

    def test_what_was_accepted_passes_the_check(self):
        self.assertEqual(self.run_with("--accept")[0], 0)
        self.assertEqual(self.run_with("--check")[0], 0)

    def test_a_changed_figure_fails_and_says_how_to_accept_it(self):
        self.run_with("--accept")
        self.measured["x"]["pair"]["level0"] = 50
        status, said = self.run_with("--check")
        self.assertEqual(status, 1)
        self.assertIn("x.pair.level0: 48 -> 50", said)
        self.assertIn("--accept", said)

    def test_another_compiler_does_not_fail(self):
        self.run_with("--accept")
        self.measured["x"] = changed(made_with={"compiler": "gcc 13"}, pair={"level0": 50})
        status, said = self.run_with("--check")
        self.assertEqual(status, 0)
        self.assertIn("compiler gcc 13 vs gcc 12", said)

    def test_a_page_edited_by_hand_fails(self):
        self.run_with("--accept")
        (self.root / "docs/x.md").write_text("no", encoding="utf-8")
        status, said = self.run_with("--check")
        self.assertEqual(status, 1)
        self.assertIn("docs/x.md", said)

    def test_nothing_committed_fails(self):
        self.assertEqual(self.run_with("--check")[0], 1)

    def test_a_part_that_fails_is_named(self):
        broken = parts.Part("x", "broken", ("false",))
        with mock.patch.object(parts, "PARTS", (broken,)):
            self.assertIn("false failed", self.run_with()[0])

    def test_other_sections_stay_as_they_were(self):
        document.write(self.root / "build/figures.json", {"y": 1})
        self.run_with()
        self.assertEqual(set(document.read(self.root / "build/figures.json")), {"x", "y"})

    def test_measured_measures_nothing(self):
        self.assertIn("has no x", self.run_with("--measured", "--check")[0])

    def test_an_unknown_part_is_refused_with_the_valid_ones(self):
        status, said = self.run_with("--only", "z")
        self.assertEqual(status, 2)
        self.assertIn("'x'", said)


class Parts(unittest.TestCase):
    def test_every_page_is_made_from_a_section_that_is_measured(self):
        sections = {part.section for part in parts.PARTS}
        self.assertLessEqual({page.section for page in parts.PAGES}, sections)


if __name__ == "__main__":
    unittest.main()
