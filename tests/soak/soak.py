#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Soaks the heap on both ports at once for so many minutes, and reports."""
from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

PORTS = ("rseq", "portable")
REGION_BYTES = 320 << 20  # small enough that the scenario at the brink fills it
LONGEST_ROUND_S = 600
FIGURES = ("rounds", "seconds", "storm_operations", "turns", "signals", "threads_born", "trims",
           "checks", "peak_rss_bytes")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("soak", type=Path, help="the soak program")
    parser.add_argument("--minutes", type=float, default=30, metavar="M", help="default 30")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="default 1")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report there")
    args = parser.parse_args()
    if not 0 < args.minutes <= 10080:
        parser.error("--minutes must be above 0 and at most 10080 (a week)")
    if args.seed < 1:
        parser.error("--seed must be 1 or more")
    if not os.access(args.soak, os.X_OK):
        parser.error(f"no program {args.soak}")
    if args.json and not args.json.resolve().parent.is_dir():
        parser.error(f"no folder for {args.json}")
    return args


def start(args: argparse.Namespace, port: str) -> subprocess.Popen:
    """One port's process; its progress goes to our standard error."""
    environment = os.environ | {"OSHEAP_OPTIONS": f"port={port}:region={REGION_BYTES}"}
    return subprocess.Popen([args.soak, "--minutes", str(args.minutes), "--seed", str(args.seed)],
                            stdout=subprocess.PIPE, env=environment, text=True,
                            errors="replace")


def read_report(port: str, status: int, text: str) -> dict:
    """What the process said at its end; a failure when it did not come so far."""
    failed = {"port": port, "failures": 1}
    if status != 0:
        how = signal.Signals(-status).name if status < 0 else f"status {status}"
        return failed | {"reason": f"ended by {how}"}
    try:
        report = json.loads(text)
    except (ValueError, RecursionError) as error:
        return failed | {"reason": f"unreadable report: {error}"}
    if not isinstance(report, dict) or report.get("port") != port:
        return failed | {"reason": "the report is of another port"}
    bad = [name for name in FIGURES if type(report.get(name)) not in (int, float)
           or not 0 <= report[name] < 1e18]
    if bad:
        return failed | {"reason": f"the report has no good '{bad[0]}'"}
    return report | {"failures": 0}


def finish(process: subprocess.Popen, port: str, seconds: float) -> dict:
    """Waits for a process and reads its report."""
    try:
        text, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return {"port": port, "failures": 1, "reason": "hangs, and was killed"}
    return read_report(port, process.returncode, text)


def tell(report: dict) -> str:
    """A report in one line."""
    if report["failures"]:
        return f"soak: {report['port']}: FAILED: {report['reason']}"
    return (f"soak: {report['port']}: {report['rounds']} rounds in {report['seconds']:.0f} s, "
            f"{report['storm_operations'] + report['turns']:,} operations, "
            f"{report['signals']:,} signals, {report['threads_born']:,} threads, "
            f"{report['trims']:,} trims, {report['checks']} checks, "
            f"peak {report['peak_rss_bytes'] / 2**20:.0f} MiB: no failure")


def main() -> int:
    """Both ports side by side."""
    args = arguments()
    processes = [(port, start(args, port)) for port in PORTS]
    reports = [finish(process, port, args.minutes * 60 + LONGEST_ROUND_S)
               for port, process in processes]
    for report in reports:
        print(tell(report))
    failures = sum(report["failures"] for report in reports)
    if args.json:
        document = {"soak": {"minutes": args.minutes, "failures": failures, "ports": reports}}
        args.json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())
