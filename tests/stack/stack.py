#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The stack that each public call needs, from the compiler's figures, beside what is measured.

Reads the objects of the image tests' builds, and compares the table in docs/worst-case.md. The image
test `stack` paints the stack below each call; no call may use more there than is computed for it,
and the calls that allocate must use half at least, or the figure would say little.

usage: stack.py BUILD-ROOT --check | --write
  BUILD-ROOT  that of tests/firmware/run.sh
"""
import argparse
import re
import subprocess
import sys
from pathlib import Path

from graph import Graph, Wrong

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "worst-case.md"
BEGIN, END = "<!-- stack: tests/stack/stack.py --write -->\n", "<!-- stack: end -->\n"
REGIONS_BEGIN, REGIONS_END = BEGIN.replace("stack:", "stack with regions:"), END.replace("stack:", "stack with regions:")
BOARDS = {"an521": "arm-none-eabi-", "m4": "arm-none-eabi-", "m0": "arm-none-eabi-", "r5": "arm-none-eabi-",
          "a15": "arm-none-eabi-", "n1": "aarch64-linux-gnu-", "rv64": "riscv64-unknown-elf-",
          "rv32": "riscv64-unknown-elf-", "an521-nano": "arm-none-eabi-", "rv32-small": "riscv64-unknown-elf-"}
NAMES = {"an521": "M33", "m4": "M4", "m0": "M0", "r5": "R5", "a15": "A15", "n1": "N1", "rv64": "RV64",
         "rv32": "RV32", "an521-nano": "M33, nano", "rv32-small": "RV32, `-Os`, level 0"}
MUTEX = [f"os_heap_port_{name}" for name in ("started", "lock", "try_lock", "unlock")]
HOOKS = MUTEX + [f"os_heap_port_{name}" for name in (
    "may_wait", "in_interrupt", "yield", "sync_cores", "fail", "region", "secret")] + ["told"]
CALLED_BY_POINTER = {
    "osh_arch_stop": ["osh_slab_put"], "osh_depot_reclaim": ["osh_slab_put"],
    "empty_slot": ["free_kept"], "osh_kept_reclaim": ["free_kept"], "osh_kept_turn_over": ["free_kept"],
    "osh_report": ["told"],  # the program's report hook; the image's is called so
    # Through the table of os_heap_regions.c, which only programs that add regions link: the figures are
    # those of programs without.
    **dict.fromkeys(("osh_heap_at_brink", "osh_heap_last_resort", "osh_heap_get", "look", "osh_heap_class_at",
                     "fits", "os_free_sized", "osh_free_slow", "osh_free_missed", "osh_heap_block_bytes",
                     "osh_heap_is_sound", "os_malloc_usable_size", "os_heap_stats", "os_heap_gauge",
                     "os_heap_check", "check_pages", "resize", "os_realloc"), []),
}
# With added regions: the functions of that table that a call may reach.
ELSEWHERE = [f"{name}_elsewhere" for name in ("get", "fault", "usable", "suits", "free")]
WITH_REGIONS = {name: called or ELSEWHERE for name, called in CALLED_BY_POINTER.items()}
WITH_REGIONS |= {"os_heap_stats": ["stats_elsewhere"], "os_heap_gauge": ["gauge_elsewhere"],
                 **dict.fromkeys(("os_heap_check", "check_pages"), ["check_elsewhere"]),
                 **dict.fromkeys(("resize", "os_realloc"), ELSEWHERE + ["resize_elsewhere"])}
REGION_CALLS = ("os_heap_add_region", "os_malloc_in", "os_heap_set_caps", "os_heap_caps", "os_heap_gauge_reset",
                "os_malloc", "os_free", "os_realloc", "os_heap_stats", "os_heap_gauge", "os_heap_check")
MUST_REACH = ("os_malloc", "os_free", "os_realloc")


def objects(build, *folders):
    return [path for folder in folders for path in sorted((build / folder).glob("*.o"))]


def public_calls(image_source):
    """The calls that the image makes, in the order of its table."""
    return re.findall(r"^    CALL\((\w+),", image_source.read_text(), re.M)


def computed(build, prefix, roots, with_image, indirect=None, image="stack"):
    """The graph of the library; with_image: and of the image, with the test kernel's hooks."""
    graph = Graph(prefix)
    library = objects(build, "libosheap.a.p")
    newlib = objects(build, "fallback/libosheap_newlib.a.p") if not list(
        build.glob("libosheap.a.p/*osheap.c.o")) else []
    for path in library + newlib:
        graph.add_object(path)
    if with_image:
        for path in objects(build, "tests/firmware/stack.elf.p"):
            if path.with_suffix(".ci").exists():  # not for assembly
                graph.add_object(path)
    else:  # the port's own, and the program's
        for name in MUTEX + ["told"]:
            graph.frames[name], graph.calls[name], graph.jumps[name] = 0, set(), set()
    graph.add_image(build / f"tests/firmware/{image}.elf", graph.unknown(roots, indirect or CALLED_BY_POINTER),
                    build / "libosheap.a")
    return graph


def measured(root, board):
    done = subprocess.run([ROOT / "tests/firmware/run.sh", root, f"{board}:stack,regions"], capture_output=True,
                          text=True, check=False)
    found = re.search(rf"^ok +{board} +stack .*?s  (.*) ok$", done.stdout, re.M)
    if not found:
        raise Wrong(f"{board}: the image did not run\n{done.stdout}")
    return {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", found[1])}


def column(root, board, calls):
    """The board's cells, one for each call."""
    seen = measured(root, board)  # builds, too
    build, prefix = root / board, BOARDS[board]
    alone = computed(build, prefix, calls, with_image=False)
    image = computed(build, prefix, [f"call_{call}" for call in calls], with_image=True)
    cells, share = [], {}
    for call in calls:
        bound = image.deepest(f"call_{call}", CALLED_BY_POINTER)
        if seen[call] > bound:
            raise Wrong(f"{board}: {call} used {seen[call]} bytes of stack, {bound} were computed")
        share[call] = 100 * seen[call] // max(bound, 1)
        if call in MUST_REACH and share[call] < 50:
            raise Wrong(f"{board}: {call} used {seen[call]} of {bound} bytes only: what is not reached?")
        own = alone.deepest(call, CALLED_BY_POINTER)
        hook = alone.deepest(call, CALLED_BY_POINTER, HOOKS)
        cells.append(f"{own} / {hook}" if hook >= 0 else f"{own}")
    print(f"{board}: " + ", ".join(f"{call} {share[call]} %" for call in MUST_REACH) +
          " of the computed stack was used")
    return cells


def regions_column(root, board):
    """The cells of a program that adds regions: computed alone."""
    graph = computed(root / board, BOARDS[board], REGION_CALLS, False, WITH_REGIONS, "regions")
    cells = []
    for call in REGION_CALLS:
        own, hook = graph.deepest(call, WITH_REGIONS), graph.deepest(call, WITH_REGIONS, HOOKS)
        cells.append(f"{own} / {hook}" if hook >= 0 else f"{own}")
    return cells


def table(boards, calls, columns):
    lines = ["| call | " + " | ".join(NAMES[board] for board in boards) + " |", "|---" * (len(boards) + 1) + "|"]
    lines += [f"| `{call}` | " + " | ".join(cells) + " |" for call, *cells in zip(calls, *columns)]
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path)
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--check", action="store_true", help="compare the table")
    action.add_argument("--write", action="store_true", help="write the table")
    arguments = parser.parse_args()
    calls = public_calls(ROOT / "tests/firmware/image/stack.c")
    try:
        root = arguments.root.resolve()
        found = table(BOARDS, calls, [column(root, board, calls) for board in BOARDS])
        regions = table(BOARDS, REGION_CALLS, [regions_column(root, board) for board in BOARDS])
    except Wrong as wrong:
        print(f"stack: {wrong}")
        return 1
    for begin, end, now in ((BEGIN, END, found), (REGIONS_BEGIN, REGIONS_END, regions)):
        before, rest = PAGE.read_text().split(begin)
        old, after = rest.split(end)
        if arguments.write:
            PAGE.write_text(before + begin + now + end + after)
        elif old != now:
            print("stack: docs/worst-case.md has other figures; tests/stack/stack.py --write writes these:")
            print("\n".join(line for line in now.splitlines() if line not in old.splitlines()))
            return 1
    print(f"stack: {len(calls)} calls, and {len(REGION_CALLS)} with regions, on {len(BOARDS)} boards, as docs/worst-case.md "
          "has them")
    return 0


if __name__ == "__main__":
    sys.exit(main())
