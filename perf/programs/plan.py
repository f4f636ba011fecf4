# SPDX-License-Identifier: Apache-2.0
"""Which programs run, on which inputs, and over which allocators."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import inputs

OURS = "osheap"
SYSTEM = "glibc"
# Each peer's shared object, and the Debian package that brings it.
PEERS = {
    "jemalloc": ("libjemalloc.so.2", "libjemalloc-dev"),
    "mimalloc": ("libmimalloc.so.2.0", "libmimalloc-dev"),
    "tcmalloc": ("libtcmalloc_minimal.so.4", "libgoogle-perftools-dev"),
}
ALLOCATORS = (OURS, SYSTEM, *PEERS)


@dataclass(frozen=True)
class Program:
    """`command` runs in a folder that `prepare` has filled. Its standard output, the files `results`,
    and what `after` prints, without an allocator of ours, must be the same over every allocator."""

    about: str
    package: str
    command: tuple[str, ...]
    prepare: Callable[[Path], None]
    results: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


PROGRAMS = {
    "python": Program("dictionaries, strings and JSON", "python3",
                      ("/usr/bin/python3", "work.py"), inputs.python),
    "perl": Program("hashes and regular expressions over words", "perl",
                    ("perl", "work.pl"), inputs.perl),
    "sqlite": Program("a table of 200,000 rows, indexed, joined and sorted", "sqlite3",
                      ("sqlite3", ":memory:", ".read work.sql"), inputs.sqlite),
    "gcc": Program("compiles 4,000 functions", "gcc",
                   ("gcc", "-O1", "-S", "-o", "work.s", "work.c"), inputs.functions, ("work.s",)),
    "clang": Program("compiles 4,000 functions", "clang",
                     ("clang", "-O1", "-S", "-o", "work.s", "work.c"), inputs.functions,
                     ("work.s",)),
    "git": Program("repacks 3,000 files of 40 commits, on one thread", "git",
                   ("git", "-c", "pack.threads=1", "repack", "-adfq", "--window=50"),
                   inputs.repository,
                   after=("git", "cat-file", "--batch-all-objects", "--batch-check")),
    "xz": Program("compresses 12 MB of text on two threads", "xz-utils",
                  ("xz", "-6", "-T2", "--block-size=2MiB", "-k", "-f", "work.txt"), inputs.text,
                  ("work.txt.xz",)),
    "node": Program("objects, maps, strings and JSON", "nodejs",
                    ("node", "work.js"), inputs.node),
}
