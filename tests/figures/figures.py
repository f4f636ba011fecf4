#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
Measures the project's figures and writes them to BUILD/figures.json. The committed
ones are docs/figures.json, and pages of docs/ are made from those.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import document
import parts

SOURCE = Path(__file__).resolve().parent.parent.parent
COMMITTED = Path("docs/figures.json")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _fail(text: str) -> None:
    sys.exit(f"figures: {text}")


def measure(build: Path, chosen: list[parts.Part]) -> dict:
    """Runs the parts one after the other and merges what they wrote."""
    doc: dict = {}
    with tempfile.TemporaryDirectory() as folder:
        for number, part in enumerate(chosen):
            _say(f"figures: {part.section}: {part.about}")
            out = Path(folder) / f"{number}.json"
            command = [word.format(build=build, out=out) for word in part.command]
            # What a part prints for people goes where the progress goes.
            if subprocess.run(command, cwd=SOURCE, check=False,
                              stdout=2).returncode != 0:
                _fail(f"{part.section}: {' '.join(command)} failed")
            found = document.read(out)
            if part.keep is not None:
                found = {part.section: document.only(found, part.keep)}
            if part.section not in found:
                _fail(f"{part.section}: {' '.join(command)} wrote no '{part.section}'")
            document.merge(doc, found)
    return doc


def _page(page: parts.Page, figures: Path) -> str:
    command = [word.format(figures=figures) for word in page.command]
    done = subprocess.run(command, cwd=SOURCE, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        _fail(f"{page.path}: {' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def check_pages(sections: set[str]) -> list[str]:
    """Pages that are not what the committed figures make."""
    stale = []
    committed = document.read(SOURCE / COMMITTED)
    for page in parts.PAGES:
        path = SOURCE / page.path
        if page.section in sections & committed.keys():
            had = path.read_text(encoding="utf-8") if path.exists() else ""
            if had != _page(page, SOURCE / COMMITTED):
                stale.append(f"{page.path} is not what {COMMITTED} makes")
    return stale


def _loose(section: str) -> tuple[str, ...]:
    return tuple(key for part in parts.PARTS if part.section == section
                 for key in part.only_zero_or_not)


def compare(committed: dict, doc: dict, sections: set[str]) -> list[str]:
    """As document.differences, over the sections with exact figures."""
    found = []
    for section in sorted(sections):
        if any(part.exact for part in parts.PARTS if part.section == section):
            found += document.differences(committed.get(section), doc.get(section),
                                          _loose(section), section)
    return found


def accept(doc: dict, sections: set[str]) -> None:
    """The measured figures become the committed ones, and the pages are made anew."""
    committed = document.read(SOURCE / COMMITTED)
    for section in sections & doc.keys():
        document.settle(committed.get(section), doc[section], _loose(section))
        committed[section] = doc[section]
    document.write(SOURCE / COMMITTED, committed)
    _say(f"figures: wrote {COMMITTED}")
    for page in parts.PAGES:
        if page.section in sections:
            (SOURCE / page.path).write_text(_page(page, SOURCE / COMMITTED), encoding="utf-8")
            _say(f"figures: wrote {page.path}")


def _check(doc: dict, sections: set[str]) -> int:
    found = compare(document.read(SOURCE / COMMITTED), doc, sections)
    stale = check_pages(sections)
    wrong = [line for line in found if not line.startswith("~")] + stale
    print("\n".join(found + stale), end="\n" if found or stale else "")
    if wrong:
        print(f"figures: {len(wrong)} differ from what is committed. If that is meant: "
              "./dev figures --accept, and commit docs/")
        return 1
    print("figures: as committed" + (", where comparable" if found else ""))
    return 0


def _sections() -> list[str]:
    return list(dict.fromkeys(part.section for part in parts.PARTS))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="figures", description=__doc__, allow_abbrev=False)
    parser.add_argument("--build", type=Path, required=True, metavar="DIR", help="the build root")
    parser.add_argument("--only", choices=_sections(), metavar="PART", action="append",
                        help=f"one of {', '.join(_sections())}; may be repeated")
    parser.add_argument("--measured", action="store_true",
                        help="take DIR/figures.json as it is, measure nothing")
    then = parser.add_mutually_exclusive_group()
    then.add_argument("--check", action="store_true",
                      help="fail, naming each, when exact figures differ from docs/figures.json")
    then.add_argument("--accept", action="store_true",
                      help="write them to docs/figures.json and make the pages")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Exit status: 0 done, 1 a part failed or figures differ, 2 wrong usage."""
    args = _parser().parse_args(argv)
    sections = set(args.only or _sections())
    written = args.build.absolute() / "figures.json"
    try:
        doc = document.read(written)
        if args.measured:
            if not sections <= doc.keys():
                _fail(f"{written} has no {', '.join(sorted(sections - doc.keys()))}")
        else:
            doc.update(measure(args.build.absolute(),
                               [p for p in parts.PARTS if p.section in sections]))
            document.write(written, doc)
            _say(f"figures: wrote {written}")
        if args.accept:
            accept(doc, sections)
        return _check(doc, sections) if args.check else 0
    except (document.Clash, ValueError) as error:
        _fail(str(error))
    return 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("interrupted")
