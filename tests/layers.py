#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The layers of the library, as docs/design.md lists them from the bottom up: a file includes
only from its own folder and from folders below. And no two files have a static variable of one
name: a build of one unit would make these one variable, without a word.

With --library, the same of calls: an object uses names of its own folder and of those below, and
in a folder no two objects use each other, directly or in a circle; but the files of a port do,
through arch.h. UPWARD has what is called upward all the same, by name.
"""
import argparse
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PORTS = "arch"
UPWARD = re.compile(r"osh_report(_\w+)?|osh_fork_\w+")


def layers(design):
    """Folder -> height. Folders in one line do not see each other."""
    text = design.read_text()
    block = re.search(r"<!-- layers -->\n```\n(.*?)```", text, re.S)
    if not block:
        sys.exit(f"{design}: no list of layers behind <!-- layers -->")
    found = {}
    for height, line in enumerate(block[1].splitlines()):
        for folder in line.split("  ")[0].split(", "):
            found[folder] = height
    return found


def folder_of(path, heights):
    """The longest listed folder that contains the file."""
    for parent in path.parents:
        if str(parent) in heights:
            return str(parent)
    return None


def may_use(user, used, heights):
    return user == used or heights[used] < heights[user]


def sources():
    return sorted(file.relative_to(ROOT) for folder in ("core", "slab", "fallback", "arch")
                  for file in (ROOT / folder).rglob("*.[ch]"))


def wrong_includes(heights):
    files = sources()
    by_name = {}
    for file in files:
        by_name.setdefault(file.name, []).append(file)
    for file in files:
        home = folder_of(file, heights)
        if home is None:
            yield f"{file}: docs/design.md lists no layer for it"
            continue
        for number, line in enumerate((ROOT / file).read_text().splitlines(), 1):
            match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            for target in by_name.get(pathlib.Path(match[1]).name, []) if match else []:
                there = folder_of(target, heights)
                if there is not None and not may_use(home, there, heights):
                    yield f"{file}:{number}: includes {target}, but {there} is not below {home}"


def shared_variables():
    """Static variables that two files define without a value. Of ports one unit has one."""
    found = {}
    for file in (file for file in sources() if file.parts[0] != PORTS):
        text = (ROOT / file).read_text()
        for name in re.findall(r"^static (?!inline)(?:[^(=;{}]*\W)?(\w+)(?:\[[^;=]*\])?"
                               r"(?: OSH_ALIGNED\(\w+\))?;", text, re.M):
            found.setdefault(name, []).append(file)
    for name, files in sorted(found.items()):
        if len(files) > 1 and "errno" != name:
            yield f"{files[1]}: {name} is a static variable of {files[0]} too"


def source_of(member, files):
    """An archive member's source: meson joins the path by underscores."""
    stem = re.sub(r"\.c\.o$", ".c", member)
    fits = [f for f in files if stem.endswith(str(f).replace("/", "_"))
            or str(f).replace("/", "_").endswith(stem)]
    return max(fits, key=lambda f: len(f.name)) if fits else None


def uses(library, files):
    """Object -> {object it uses: a name}."""
    listing = subprocess.run(["nm", "-A", library], capture_output=True, text=True,
                             check=True).stdout
    defines, needs = {}, {}
    for line in listing.splitlines():
        match = re.match(r".*?([^/:\[]+\.o)\]?:\s*[0-9a-f]*\s+(\w) (\S+)$", line)
        source = source_of(match[1], files) if match else None
        if source is None:
            continue
        if match[2] == "U":
            needs.setdefault(source, set()).add(match[3])
        elif match[2].isupper():
            defines[match[3]] = source
    return {user: {defines[n]: n for n in sorted(names)
                   if n in defines and defines[n] != user and not UPWARD.fullmatch(n)}
            for user, names in needs.items()}


def circle_from(start, graph, home, heights):
    """A way from the object back to itself inside its folder; None if there is none."""
    ways, seen = [[start]], set()
    while ways:
        way = ways.pop()
        for used in graph.get(way[-1], {}):
            if used == start:
                return way + [start]
            if used not in seen and folder_of(used, heights) == home:
                seen.add(used)
                ways.append(way + [used])
    return None


def wrong_calls(library, heights):
    graph = uses(library, sources())
    if len(graph) < 10:
        yield f"{library}: only {len(graph)} objects of known sources: is this the library?"
    for user, used in sorted(graph.items()):
        home = folder_of(user, heights)
        for target, name in used.items():
            if not may_use(home, folder_of(target, heights), heights):
                yield f"{user}: uses {name} of {target}, which is not below"
        way = circle_from(user, graph, home, heights) if home != PORTS else None
        if way and way[0] == min(way):
            yield "a circle: " + " -> ".join(f.name for f in way)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", help="a built libosheap.a of several objects")
    args = parser.parse_args()
    heights = layers(ROOT / "docs" / "design.md")
    wrong = list(wrong_calls(args.library, heights)) if args.library else \
        [*wrong_includes(heights), *shared_variables()]
    print("\n".join(wrong) or f"layers: {len(heights)} folders, nothing looks upward")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
