#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""In what order firmware's operations on a core's lists store, from the listing.

A push and an exchange publish links to a reclaim on another core: their store to the
list must be a release, or stand behind a barrier that stands behind the links. No image
shows one that is missing: the emulator's host orders stores by itself. Boards of one
core have nothing to order.

usage: orders.py BUILD-ROOT [TARGET ...]
"""
import re
import sys
from pathlib import Path

from firmware import BOARDS, build, listing, sequences

TARGETS = ("m33", "a15", "a72", "rv64", "rv32") # those with more than one core
# The store that commits; and such that release by themselves.
COMMIT = re.compile(r"^(strex|stlex|stxr|stlxr|sc\.[wd])")
RELEASE = re.compile(r"^(stlex|stlxr|sc\.[wd]\.(aq)?rl)")
BARRIER = re.compile(r"^(dmb|fence\s+(rw|iorw|w),\s*(w|rw|iorw))")
LOAD = re.compile(r"^(ldr|ldrd|ldp|ld|lw|c\.ld|c\.lw)[\s.]")
FIRST_LOAD = re.compile(r"^(ld|lw|c\.ld|c\.lw)\s(\w+),")
EXCLUSIVE_LOAD = re.compile(r"^(ldrex|ldxr|lr\.[wd])\S*\s+(\w+)")
MASKED = re.compile(r"^csrrc")
STORE = re.compile(r"^(str|strd|stp|sd|sw|c\.sd|c\.sw)(\.w|hs|pl|ne)?\s")
# An exchange of any core's list, by a reclaim: acquires and releases, by itself or by a
# fence right before it.
TAKE = {"rv64": r"amoswap\.d\.aqrl|\nfence iorw,ow\namoswap\.d\.aq ",
        "rv32": r"amoswap\.w\.aqrl|\nfence iorw,ow\namoswap\.w\.aq "}


def kind_of(texts):
    """pop, push or exchange: what is read and written through the word that was loaded."""
    loaded = next((m[2] for text in texts
                   if (m := EXCLUSIVE_LOAD.match(text) or FIRST_LOAD.match(text))), None)
    if any(STORE.match(text) for text in texts):
        return "push"
    through = re.compile(rf"[\[(]{loaded}[\]),]") if loaded else None
    if through and any(LOAD.match(text) and through.search(text) for text in texts):
        return "pop"
    return "exchange"


def judge_sequence(texts):
    """(kind, what is wrong or None) of the instructions up to the commit."""
    commits = [i for i, text in enumerate(texts) if COMMIT.match(text)]
    if not commits:
        return "none", "it has no store to the list"
    before = texts[:commits[-1]]
    kind = kind_of(before)
    if kind == "pop" or RELEASE.match(texts[commits[-1]]):
        return kind, None
    barriers = [i for i, text in enumerate(before) if BARRIER.match(text)]
    links = [i for i, text in enumerate(before) if STORE.match(text)]
    if not barriers:
        return kind, "its store to the list is no release and has no barrier before it"
    if links and links[-1] > barriers[-1]:
        return kind, "its barrier stands before its link"
    return kind, None


def judge(target, root):
    board, tool = BOARDS[target]
    image = build(root, board)
    functions, _ = listing(tool, image)
    code = sorted({instruction for found in functions.values() for instruction in found})
    wrong, kinds = [], {}
    for first, last in sequences(tool, image):
        # An exclusive pair's notes stand inside of it, a masked section's behind the mask.
        texts = [text for at, _, text in code if first - 8 <= at <= last]
        starts = [i for i, text in enumerate(texts) if MASKED.match(text)] or \
            [i for i, text in enumerate(texts) if EXCLUSIVE_LOAD.match(text)]
        kind, fault = judge_sequence(texts[starts[0]:] if starts else texts)
        kinds[kind] = kinds.get(kind, 0) + 1
        if fault:
            wrong.append(f"{kind} at {first:#x}: {fault}")
    wrong += [f"there is no {kind}" for kind in ("pop", "push", "exchange") if kind not in kinds]
    reclaim = "\n".join(text for _, _, text in functions.get("osh_arch_stop", []))
    if target in TAKE and not re.search(TAKE[target], reclaim):
        wrong.append("osh_arch_stop has no exchange that acquires and releases")
    print(f"{'FAIL' if wrong else 'ok  '} {target:5} "
          + ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())), flush=True)
    for line in wrong:
        print(f"     {line}")
    return not wrong


def main():
    if len(sys.argv) < 2 or not set(sys.argv[2:]) <= set(TARGETS):
        sys.exit(__doc__)
    root = Path(sys.argv[1])
    root.mkdir(parents=True, exist_ok=True)
    return 0 if all([judge(target, root) for target in sys.argv[2:] or TARGETS]) else 1


if __name__ == "__main__":
    sys.exit(main())
