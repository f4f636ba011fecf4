# SPDX-License-Identifier: Apache-2.0
"""Which programs run, on which inputs, and over which allocators."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import inputs, servers

OURS = "osheap"
SYSTEM = "glibc"
# Each other allocator's shared object, and the Debian package that brings it. Debian 12 has mimalloc 2 only.
SHARED_OBJECTS = {
    SYSTEM: ("libc.so.6", "libc6"),
    "jemalloc": ("libjemalloc.so.2", "libjemalloc-dev"),
    "mimalloc": ("libmimalloc.so.2.0", "libmimalloc-dev"),
    "tcmalloc": ("libtcmalloc_minimal.so.4", "libgoogle-perftools-dev"),
}
ALLOCATORS = (OURS, *SHARED_OBJECTS)


@dataclass(frozen=True)
class Service:
    """What a server is given to do. `begins` makes its folder ready for each run; `load` gives the bytes
    that must be the same over every allocator."""

    begins: Callable[[servers.Server], None]
    load: Callable[[servers.Server], bytes]


def _nothing(output: bytes) -> bytes:
    del output
    return b""


def _all(output: bytes) -> bytes:
    return output


@dataclass(frozen=True)
class Program:
    """`command` runs in a folder that `prepare` has filled. What `keep` leaves of its standard output, the
    files `results`, and what `after` prints, without an allocator of ours, must be the same over every
    allocator. Of a server `command` gets {port} and {folder}, and SIGTERM ends it."""

    about: str
    packages: tuple[str, ...]
    command: tuple[str, ...]
    prepare: Callable[[Path], None]
    results: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    keep: Callable[[bytes], bytes] = _all
    service: Service | None = None
    # Commands beside its own that it needs.
    needs: tuple[str, ...] = ()


PROGRAMS = {
    "python": Program("dictionaries, strings and JSON", ("python3",),
                      ("/usr/bin/python3", "work.py"), inputs.python),
    "perl": Program("hashes and regular expressions over words", ("perl",),
                    ("perl", "work.pl"), inputs.perl),
    "sqlite": Program("a table of 200,000 rows, indexed, joined and sorted", ("sqlite3",),
                      ("sqlite3", ":memory:", ".read work.sql"), inputs.sqlite),
    "gcc": Program("compiles 2,000 functions", ("gcc",),
                   ("gcc", "-O1", "-S", "-o", "work.s", "work.c"), inputs.functions, ("work.s",)),
    "clang": Program("compiles 2,000 functions", ("clang",),
                     ("clang", "-O1", "-S", "-o", "work.s", "work.c"), inputs.functions,
                     ("work.s",)),
    "git": Program("repacks 3,000 files of 40 commits, on one thread", ("git",),
                   ("git", "-c", "pack.threads=1", "repack", "-adfq", "--window=50"),
                   inputs.repository,
                   after=("git", "cat-file", "--batch-all-objects", "--batch-check")),
    "redis": Program("keys, hashes, lists and sorted sets under redis-benchmark, written to disk by forks; "
                     "half is dropped again", ("redis-server", "redis-tools"),
                     servers.REDIS, servers.redis_files, keep=_nothing,
                     service=Service(servers.redis_begins, servers.redis),
                     needs=("redis-benchmark", "redis-cli")),
    "nginx": Program("40,000 requests by ab: files, compressed, through a proxy, with includes",
                     ("nginx-light", "apache2-utils"), servers.NGINX, servers.nginx_files, keep=_nothing,
                     service=Service(servers.nginx_begins, servers.nginx), needs=("ab",)),
    "xz": Program("compresses 8 MB of text on two threads", ("xz-utils",),
                  ("xz", "-6", "-T2", "--block-size=2MiB", "-k", "-f", "work.txt"), inputs.text,
                  ("work.txt.xz",)),
    "ghostscript": Program("renders a PDF of 12 pages of text, curves and images", ("ghostscript",),
                           ("gs", "-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-sDEVICE=ppmraw", "-r100",
                            "-sOutputFile=work.ppm", "work.pdf"), inputs.pdf, ("work.ppm",)),
    "poppler": Program("renders the same PDF", ("poppler-utils", "ghostscript"),
                       ("pdftoppm", "-r", "60", "work.pdf", "page"), inputs.pdf,
                       tuple(f"page-{i:02d}.ppm" for i in range(1, inputs.PDF_PAGES + 1)),
                       needs=("gs",)),
    "node": Program("objects, maps, strings and JSON", ("nodejs",),
                    ("node", "work.js"), inputs.node),
    "node-threads": Program("three threads compress, hash and send each other buffers", ("nodejs",),
                            ("node", "threads.js"), inputs.node_threads),
    "maps": Program("C++: maps that live long and change, on two threads", ("g++",),
                    ("./maps",), inputs.maps, needs=("g++",)),
    "stress-ng": Program("its malloc stressors, 200,000 operations, on two processes of two threads",
                         ("stress-ng",),
                         ("stress-ng", "--malloc", "2", "--malloc-ops", "200000", "--malloc-bytes", "64K",
                          "--malloc-max", "4096", "--malloc-pthreads", "2", "--seed", "7", "--verify",
                          "--metrics-brief", "--stdout"), inputs.nothing, keep=inputs.bogo_operations),
}
