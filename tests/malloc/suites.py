#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
Programs' own test suites over this heap: the same tests run, and the same ones fail, as over the
system's allocator. Of those that Debian ships: Python's (libpython3.11-testsuite). Perl's t/op is in none of
its packages.

usage: suites.py LIBOSHEAP-PRELOAD.SO TEST ...
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

PYTHON = "/usr/bin/python3.11"
TESTS = pathlib.Path("/usr/lib/python3.11/test/test_dict.py")


def outcomes(report):
    """What each test came to, by name."""
    found = {}
    for case in xml.etree.ElementTree.parse(report).iter("testcase"):
        failed = case.find("error") is not None or case.find("failure") is not None
        found[case.get("name")] = "failed" if failed else case.get("result", "completed")
    return found


def run(tests, folder, **more):
    """The outcomes, and what was printed."""
    report = pathlib.Path(folder) / "report.xml"
    report.unlink(missing_ok=True)
    environment = os.environ | {"PYTHONMALLOC": "malloc", "PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8"} | more
    done = subprocess.run([PYTHON, "-m", "test", "--randseed", "1", "--tempdir", folder, "--junit-xml", report,
                           *tests], cwd=folder, env=environment, capture_output=True, text=True, check=False,
                          errors="replace")
    said = done.stdout + done.stderr
    if not report.exists():
        return {}, f"status {done.returncode}: {said[-2000:]}"
    return outcomes(report), said[-2000:]


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    preload, tests = os.path.abspath(sys.argv[1]), sys.argv[2:]
    if not TESTS.exists():
        sys.exit("suites.py: no test suite of Python's: apt-get install libpython3.11-testsuite")
    # A setting that the heap refuses stops the program: so it is this heap that runs.
    refused = subprocess.run([PYTHON, "-c", "pass"], check=False, capture_output=True,
                             env=os.environ | {"LD_PRELOAD": preload, "OSHEAP_OPTIONS": "port=none"})
    if refused.returncode == 0:
        sys.exit("suites.py: Python does not run over this heap")
    with tempfile.TemporaryDirectory() as folder:
        theirs, they_said = run(tests, folder)
        ours, we_said = run(tests, folder, LD_PRELOAD=preload)
    if not theirs:
        sys.exit(f"suites.py: no test ran over the system's allocator: {they_said}")
    wrong = [f"{name}: {theirs.get(name, 'not run')}, over this heap {ours.get(name, 'not run')}"
             for name in sorted(theirs | ours) if theirs.get(name) != ours.get(name)]
    print("\n".join(wrong[:50]))
    if wrong:
        print(we_said)
    failures = sum(outcome == "failed" for outcome in theirs.values())
    print(f"{len(theirs)} tests of {', '.join(tests)}: {failures} fail over the system's allocator, "
          f"{len(wrong)} differ over this heap")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
