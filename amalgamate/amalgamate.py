#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the heap as one C file, with its public headers and the licences.

  osheap.c                     the heap, newlib's allocator and what it uses of Concurrency Kit
  include/os/os_heap.h         the API, and beside it the header of each port
  rtos/                        the sources of the port that --rtos names
  LICENSE, COPYING.NEWLIB      and NOTICE

docs/one-file.md says how a program is built with it.
"""

import argparse
import glob
import gzip
import io
import lzma
import sys
import tarfile
from pathlib import Path

import ports
from pieces import ROOT, Failed
from write import osheap_c

sys.path.insert(0, str(ROOT / "fallback"))
import take_newlib  # noqa: E402  (the build calls the same script)

HEADERS = {"firmware": "arch/firmware/include/os/os_heap_port.h",
           "linux": "arch/linux/include/os/os_heap_linux.h"}
RTOS = ("cmsis-rtos2", "freertos", "threadx")  # ports that are sources and headers alone
NOTICE = """

osheap.c contains newlib's malloc, see COPYING.NEWLIB, and functions of Concurrency Kit, each part
with its licence (BSD-2-Clause).
"""
# In one translation unit the compiler sees both sides. What newlib writes to a chunk is a word of
# a block to the heap, so types must not tell memory apart.
ALIASES = {
    "full": ("struct malloc_chunk\n{", "struct __attribute__((may_alias)) malloc_chunk\n{"),
    "nano": ("typedef struct malloc_chunk\n{", "typedef struct __attribute__((may_alias)) malloc_chunk\n{"),
}


def newlib_text(archive, kind):
    """(title, number, lines), as pieces.Unit wants it."""
    name = take_newlib.MEMBERS[kind]
    text = take_newlib.allocator(archive, kind)
    text = take_newlib.changed(archive, name, text, [ALIASES[kind]])
    lines = [line.rstrip() for line in text.splitlines()]
    return (f"newlib's {name}, changed where fallback/take_newlib.py says; see COPYING.NEWLIB", 0, lines)


def newlib_archive(given):
    if given is not None:
        return given
    found = sorted(glob.glob("/usr/src/newlib/newlib-*.tar.*"))
    if not found:
        raise Failed("newlib's source is missing: apt-get install newlib-source (or --newlib-source ARCHIVE)")
    return found[-1]


def files(options, chosen):
    """Path in the folder -> text."""
    archive = newlib_archive(options.newlib_source)
    out = {"osheap.c": osheap_c(chosen, options.newlib, newlib_text(archive, options.newlib),
                                Path(options.ck_headers))}
    headers = ["core/include/os/os_heap.h", *(HEADERS[s] for s in dict.fromkeys(p.system for p in chosen))]
    for header in headers:
        out[f"include/os/{Path(header).name}"] = (ROOT / header).read_text()
    if options.rtos is not None:
        for path in sorted((ROOT / "arch/rtos" / options.rtos).glob("*.[ch]")):
            out[f"rtos/{path.name}"] = path.read_text()
    out["LICENSE"] = (ROOT / "LICENSE").read_text()
    out["NOTICE"] = "\n\n".join((ROOT / "NOTICE").read_text().split("\n\n")[:2]) + NOTICE
    out["COPYING.NEWLIB"] = take_newlib.member(archive, "COPYING.NEWLIB")
    return out


def write_folder(folder, texts):
    for name, text in texts.items():
        path = Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


PACKERS = {".tar": bytes, ".tar.gz": lambda data: gzip.compress(data, mtime=0), ".tar.xz": lzma.compress}


def write_tar(name, texts):
    """The same bytes for the same texts: no times, no owners."""
    pack = next((PACKERS[end] for end in PACKERS if name.endswith(end)), None)
    if pack is None:
        raise Failed(f"--tar {name}: the name ends with {', '.join(PACKERS)}")
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as tar:
        for path, text in texts.items():
            data = text.encode()
            entry = tarfile.TarInfo(f"osheap/{path}")
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    Path(name).write_bytes(pack(whole.getvalue()))


def parse():
    names = [p.name for p in ports.PORTS]
    parser = argparse.ArgumentParser(prog="dev amalgamate", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--output", metavar="FOLDER", default=ROOT / "build/amalgamation",
                       help="write the files there (default: build/amalgamation of the project)")
    where.add_argument("--tar", metavar="FILE", help="write them as an archive, by its name: .tar, .tar.gz or .tar.xz")
    parser.add_argument("--newlib", choices=("full", "nano"), default="full",
                        help="which of newlib's allocators serves large blocks (default: full)")
    parser.add_argument("--port", nargs="+", metavar="PORT",
                        help="contain these ports only: all (default), firmware, linux, " + ", ".join(names))
    parser.add_argument("--rtos", choices=RTOS, help="write the RTOS's port of arch/rtos/ too, to the folder rtos")
    parser.add_argument("--newlib-source", metavar="ARCHIVE",
                        help="newlib's source (default: that of the package newlib-source)")
    parser.add_argument("--ck-headers", metavar="FOLDER", default="/usr/include",
                        help="the folder with ck_pr.h and gcc/ck_pr.h (default: /usr/include)")
    options = parser.parse_args()
    options.ports = ports.chosen(options.port)
    if options.ports is None:
        parser.error(f"--port {' '.join(options.port)}: there are all, firmware, linux, {', '.join(names)}")
    return options


def main():
    options = parse()
    texts = files(options, options.ports)
    if options.tar:
        write_tar(options.tar, texts)
    else:
        write_folder(options.output, texts)
    lines = texts["osheap.c"].count("\n")
    print(f"{options.tar or options.output}: osheap.c has {lines} lines, {len(options.ports)} ports, "
          f"newlib {options.newlib}")


if __name__ == "__main__":
    try:
        main()
    except (Failed, OSError) as error:
        sys.exit(f"dev amalgamate: {error}")
