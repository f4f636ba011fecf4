#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the Spin models exhaustively, and that each finds what is left out of it.

A search must end with no error, with all of its states visited and within its
depth. Each negative control, which is the same model with one thing left out,
must end in an error. Before, the atomic operations that the models' comments
name for each C function are compared with those in the source.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent

SAFETY = ["-DSAFETY"]
# Processes that stand still while a handler runs (`provided`) exclude partial order reduction.
WHOLE = ["-DSAFETY", "-DNOREDUCE"]
FAIR = ["-DNOREDUCE", "-DNFAIR=3"]

# model, name, definitions, compiler flags, flags of the verifier, only with --long
SEARCHES = [
    ("slab", "2 cores, 1 page, 2 classes", "PAGES=1 CLASSES=2", SAFETY, [], False),
    ("slab", "2 cores, 2 pages", "PAGES=2 CLASSES=1 BITS=1", SAFETY, [], False),
    ("slab", "2 cores, 2 words of bits", "PAGES=1 CLASSES=1 BITS=1 WORDS=2", SAFETY, [], False),
    ("slab", "2 cores, 2 words of bits, 2 classes", "PAGES=1 CLASSES=2 BITS=1 WORDS=2", SAFETY, [], True),
    ("slab", "3 cores, 1 page", "PROCS=3 PAGES=1 CLASSES=1 BITS=1", SAFETY, [], False),
    ("slab", "2 cores, lock-free", "PAGES=1 CLASSES=1 LIVENESS", [], ["-a"], False),
    ("slab", "2 cores, 2 pages of 2 objects", "PAGES=2 CLASSES=1", SAFETY + ["-DCOLLAPSE"], [], True),
    ("slab", "3 cores, lock-free", "PROCS=3 PAGES=1 CLASSES=1 BITS=1 LIVENESS", ["-DCOLLAPSE"], ["-a"], True),
    ("slab", "3 cores, 1 page of 2 objects", "PROCS=3 PAGES=1 CLASSES=1 FUSED", SAFETY + ["-DCOLLAPSE"], [], True),
    ("depot", "2 cores", "PROCS=2", SAFETY, [], False),
    ("depot", "3 cores", "PROCS=3", SAFETY, [], False),
    ("deferred", "2 cores, handler on one", "", WHOLE, [], False),
    ("deferred", "3 cores", "CORES=3 INTERRUPTS=0", WHOLE, [], True),
    ("deferred", "before the OS has started", "BEFORE_START", WHOLE, [], False),
    ("deferred", "freed some time", "BLOCKS=1 LIVENESS", FAIR, ["-a", "-f"], False),
    ("gate", "2 cores, stores seen late and in any order", "", SAFETY, [], False),
    ("reclaim", "1 thread", "THREADS=1", WHOLE, [], False),
    ("reclaim", "1 thread on 2 processors", "THREADS=1 CPUS=2", WHOLE, [], False),
    ("reclaim", "2 threads, 1 block", "THREADS=2 BLOCKS=1 LIMIT=1", WHOLE, [], False),
    ("reclaim", "2 threads", "THREADS=2", WHOLE + ["-DCOLLAPSE"], [], True),
    ("turns", "2 cores, 2 contexts each", "", WHOLE, [], False),
    ("turns", "no core waits for ever", "LIVENESS", FAIR, ["-a", "-f"], False),
]

# model, what is left out, definitions, compiler flags
CONTROLS = [
    ("slab", "the class is not looked at when objects were taken", "BROKEN=1 PAGES=1 CLASSES=2", SAFETY),
    ("slab", "no second look when a release could not take all", "BROKEN=2 PAGES=1 CLASSES=1 BITS=1 WORDS=2", SAFETY),
    ("slab", "no second look after taking a slab off the map", "BROKEN=3 PAGES=1 CLASSES=1", SAFETY),
    ("slab", "released by a load and a store", "BROKEN=4 PAGES=1 CLASSES=1", SAFETY),
    ("slab", "no fence before the second look", "BROKEN=5 PAGES=1 CLASSES=1", SAFETY),
    ("slab", "a page is given up before it is off the map", "BROKEN=6 PAGES=1 CLASSES=1", SAFETY),
    ("slab", "the class is not looked at when a slab is released", "BROKEN=7 PAGES=1 CLASSES=2", SAFETY),
    ("depot", "put by a store", "BROKEN=1", SAFETY),
    ("depot", "taken by a load and a store", "BROKEN=2", SAFETY),
    ("depot", "a stack of magazines in place of slots", "BROKEN=3", SAFETY),
    ("deferred", "no look after the unlock", "BROKEN=1", WHOLE),
    ("deferred", "no fence between unlock and look", "BROKEN=2", WHOLE),
    ("deferred", "no second try after the push", "BROKEN=3", WHOLE),
    ("deferred", "a handler goes in where its task is", "BROKEN=4", WHOLE),
    ("deferred", "the list is taken by a load and a store", "BROKEN=5", WHOLE),
    ("deferred", "before start, nobody looks at `inside`", "BROKEN=6 BEFORE_START", WHOLE),
    ("gate", "no barrier before the lists are looked up", "BROKEN=1", SAFETY),
    ("gate", "no barrier before the gate is left", "BROKEN=2", SAFETY),
    ("gate", "no barrier behind the redirection", "BROKEN=3", SAFETY),
    ("gate", "the core inside is not waited for", "BROKEN=4", SAFETY),
    ("gate", "no barrier before the gate leads to the lists again", "BROKEN=5", SAFETY),
    ("gate", "the lists are looked up before the core is inside", "BROKEN=6", SAFETY),
    ("gate", "the core is looked for before the redirection", "BROKEN=7", SAFETY),
    ("reclaim", "no fence", "BROKEN=1", WHOLE),
    ("reclaim", "no second look", "BROKEN=2", WHOLE),
    ("reclaim", "a sequence goes on after a preemption", "BROKEN=3", WHOLE),
    ("turns", "the turn is written before the flag", "BROKEN=1", WHOLE),
    ("turns", "the turn is not given away", "BROKEN=2", WHOLE),
    ("turns", "who waits does not ask whose turn it is", "BROKEN=3 LIVENESS", FAIR),
    ("turns", "interrupts are not masked", "BROKEN=4", WHOLE),
    ("turns", "an exchange stores to a mutex that is held", "BROKEN=5", WHOLE),
]

MIRRORS = re.compile(r"mirrors (\w+/\S+) (\w+):([ a-z_]*)")
OPERATION = re.compile(
    r"\b(?:osh_|osheap_|OSHEAP_|__)(load_acquire|load|store_release|store_byte|store|cas|exchange|fetch_add|fetch_or"
    r"|fetch_and|fence_atomic_load|fence|raise|cpu_mask|cpu_unmask|cpu_barrier|gate_write|gate_enter|gate_leave"
    r"|swap|lock_cores|unlock_cores|MASK|UNMASK|atomic_thread_fence)\(")


def body_of(source, function):
    """The text between the braces of a function's definition; of several the last: for CPUs
    without read-modify-writes."""
    matches = list(re.finditer(r"^[\w ]*[\w*] \*?" + function + r"\([^;{]*\)\s*\{", source, re.M))
    if not matches:
        return None
    start = at = matches[-1].end()
    depth = 1
    while depth > 0:
        depth += {"{": 1, "}": -1}.get(source[at], 0)
        at += 1
    return re.sub(r"/\*.*?\*/|//[^\n]*", "", source[start:at], flags=re.S)


def compare_with_source():
    """Lines that say where a model names other operations than the source has."""
    wrong, functions = [], 0
    for model in sorted(HERE.glob("*.pml")):
        for path, function, operations in MIRRORS.findall(model.read_text()):
            functions += 1
            file = ROOT / path
            body = body_of(file.read_text(), function) if file.exists() else None
            if body is None:
                wrong.append(f"{model.name}: there is no {function} in {path}")
                continue
            there = " ".join(OPERATION.findall(body)).lower()
            if there != operations.strip():
                wrong.append(f"{model.name}: {function} of {path} does '{there}', the model says '{operations.strip()}'")
    return wrong, functions


def number(pattern, text):
    match = re.search(pattern, text)
    return int(float(match.group(1))) if match else None


def search(model, definitions, flags, options, seconds, level="-O2"):
    """One exhaustive search in a directory of its own: its figures as a dict."""
    with tempfile.TemporaryDirectory(prefix="osheap-spin-") as folder:
        shutil.copy(HERE / f"{model}.pml", folder)
        run = lambda *command: subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=seconds)
        made = run("spin", "-a", *[f"-D{d}" for d in definitions.split()], f"{model}.pml")
        if made.returncode != 0 or not os.path.exists(f"{folder}/pan.c"):
            return {"trouble": "spin: " + (made.stdout + made.stderr).strip()}
        built = run("gcc", "-w", level, "-DMEMLIM=3000", *flags, "-o", "pan", "pan.c")
        if built.returncode != 0:
            return {"trouble": "gcc: " + built.stderr.strip()}
        began = time.monotonic()
        try:
            text = run("./pan", "-m20000000" if "-DCOLLAPSE" in flags else "-m5000000", *options).stdout
        except subprocess.TimeoutExpired:
            return {"trouble": f"not done after {seconds} s"}
        figures = {
            "states": number(r"([\d.e+]+) states, stored", text),
            "depth": number(r"depth reached (\d+)", text),
            "errors": number(r"errors: (\d+)", text),
            "seconds": round(time.monotonic() - began, 1),
        }
        found = re.search(r"pan:1: (.*?) \(at depth", text)
        figures["found"] = found.group(1)[:100] if found else ""
        if figures["errors"] is None:
            figures["trouble"] = "the verifier ended early: " + text.strip()[-300:]
        elif figures["errors"] == 0 and ("search depth too small" in text or "Search not completed" in text
                                         or "MEMLIM bound" in text):
            figures["trouble"] = "the search is not complete"
        return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", metavar="MODEL", help="slab, depot, deferred, gate, reclaim, turns; all by default")
    parser.add_argument("--long", action="store_true", help="the larger searches too (minutes, 3 GB)")
    parser.add_argument("--json", metavar="FILE", help="write the figures there")
    parser.add_argument("--jobs", type=int, default=2, help="searches at a time (default: 2)")
    options = parser.parse_args()
    known = sorted({entry[0] for entry in SEARCHES})
    for model in options.models:
        if model not in known:
            parser.error(f"no model '{model}'; there are {', '.join(known)}")
    for tool in ("spin", "gcc"):
        if shutil.which(tool) is None:
            sys.exit(f"spin models: '{tool}' is missing: apt-get install {tool}")
    models = options.models or known

    wrong, functions = compare_with_source()
    for line in wrong:
        print(f"FAIL {line}")
    if not wrong:
        print(f"ok   the models name the atomic operations of {functions} functions as the sources have them")

    seconds = 1800 if options.long else 300
    work = [(m, name, d, f, o, None) for m, name, d, f, o, long in SEARCHES if m in models and (options.long or not long)]
    work += [(m, name, d, f, ["-a", "-f"] if "LIVENESS" in d else [], True) for m, name, d, f in CONTROLS if m in models]
    results = {m: {"model": m, "states": 0, "depth": 0, "errors": 0, "searches": 0, "controls": 0,
                   "negative_control_fails": True} for m in models}
    failed = bool(wrong)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        runs = [pool.submit(search, m, d, f, o, seconds, "-O2" if options.long and not control else "-O1") for m, _, d, f, o, control in work]
        for (model, name, _, _, _, control), run in zip(work, runs):
            got, total = run.result(), results[model]
            trouble = got.get("trouble")
            if control:
                total["controls"] += 1
                fine = trouble is None and got["errors"] > 0
                total["negative_control_fails"] &= fine
                told = trouble or (f"found: {got['found']}" if fine else "NOT FOUND")
                print(f"{'ok  ' if fine else 'FAIL'} {model:9} without: {name}: {told}", flush=True)
            else:
                fine = trouble is None and got["errors"] == 0
                total["searches"] += 1
                total["states"] += got.get("states") or 0
                total["depth"] = max(total["depth"], got.get("depth") or 0)
                total["errors"] += (got.get("errors") or 0) if trouble is None else 1
                told = trouble or (f"{got['states']} states, depth {got['depth']}, {got['errors']} errors, "
                                   f"{got['seconds']} s" + (f": {got['found']}" if got["found"] else ""))
                print(f"{'ok  ' if fine else 'FAIL'} {model:9} {name}: {told}", flush=True)
            failed |= not fine
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps({"spin": list(results.values())}, indent=2) + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
