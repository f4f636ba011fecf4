#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Judges linked images by their maps: every allocation goes to this heap.

The linker's cross-reference table (-Wl,--cref,-Map=FILE) names for each symbol the
file that defines it, then those that refer to it. An image passes when

  1. every function of the malloc family that it has is defined by osh_libc.c of
     libosheap.a, and the family is there;
  2. it has no data of newlib's or picolibc's own allocators outside of libosheap.a;
  3. no member of another archive asks for memory by sbrk, which any other
     allocator would have to;
  4. nothing in libosheap.a but osh_libc.c calls the family, and all that it takes
     from other archives are functions known not to allocate, and the hooks of the
     port: so nothing comes back into the heap from inside it;
  5. what serves several regions is linked only if something calls for it.

--control MAP names an image linked without osh_libc.c, which must not pass.
"""
import argparse
import re
import sys

PLAIN = "malloc free cfree calloc realloc reallocf memalign valloc pvalloc malloc_usable_size".split()
FAMILY = set(PLAIN) | {f"_{name}_r" for name in PLAIN} | {"reallocarray", "aligned_alloc", "posix_memalign"}
NEEDED = {"malloc", "free", "calloc", "realloc", "_malloc_r", "_free_r", "_calloc_r", "_realloc_r", "_memalign_r"}
ALLOCATOR_DATA = re.compile(r"__malloc_(?!lock$|unlock$)\w+$")
BREAK = {"sbrk", "_sbrk", "_sbrk_r"}
REGIONS = ("os_heap_add_region", "os_heap_caps", "os_heap_set_caps", "os_malloc_in")
# The hooks of a port are the port's: an RTOS's own build puts them into an archive. picolibc has some
# of libgcc's functions too.
HARMLESS = re.compile(r"memcpy|memmove|memset|__errno|errno|__aeabi_read_tp|__clzsi2|__ctzsi2|os_heap_port_\w+")

LIBRARY = "libosheap"
ROUTES = re.compile(LIBRARY + r"\w*\.a[(:].*osh_libc\.c\.o\)?$|" + LIBRARY + r"\w*\.a\.p/.*osh_libc\.c\.o$")


def is_library(path):
    return LIBRARY in path


def is_archive_member(path):
    return path.endswith(")") and not is_library(path)


def cross_references(path):
    """{symbol: [file that defines it, files that refer to it ...]}"""
    table, symbol, reading = {}, None, False
    with open(path, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if line.startswith("Cross Reference Table"):
                reading = True
            elif reading and line.strip() and not line.startswith("Symbol "):
                if not line[0].isspace():
                    symbol, _, rest = line.strip().partition(" ")
                    table[symbol] = [rest.strip()] if rest.strip() else []
                elif symbol is not None:
                    table[symbol].append(line.strip())
    if not table:
        raise ValueError(f"{path}: no cross-reference table: link with -Wl,--cref,-Map=FILE")
    return table


def wrongs(table, whole=False):
    """What is wrong with an image, a sentence each."""
    for name in sorted(NEEDED - table.keys()):
        yield f"{name} is not in the image: osh_libc.c is not linked"
    regions = [table[name] for name in REGIONS if name in table]
    if not whole and any("os_heap_regions.c.o" in files[0] for files in regions) and all(len(files) == 1 for files in regions):
        yield "os_heap_regions.c is linked, and nothing calls for it"
    for name, files in sorted(table.items()):
        definer, users = files[0], files[1:]
        if name in FAMILY and not ROUTES.search(definer):
            yield f"{name} is defined by {definer}"
        if ALLOCATOR_DATA.match(name) and not is_library(definer):
            yield f"{name}, libc's own allocator's, is defined by {definer}"
        if name in BREAK:
            yield from (f"{user} asks for memory by {name}" for user in users if is_archive_member(user))
        inside = [user for user in users if is_library(user) and not ROUTES.search(user)]
        if name in FAMILY:
            yield from (f"{user}, of the heap itself, calls {name}" for user in inside)
        elif inside and is_archive_member(definer) and "libgcc" not in definer and not HARMLESS.fullmatch(name):
            yield f"{inside[0]}, of the heap itself, calls {name} of {definer}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--control", metavar="MAP", help="the map of an image that must not pass")
    parser.add_argument("--whole", action="store_true",
                        help="the images link archives whole: files that nobody calls are in the map too")
    parser.add_argument("map", nargs="+", metavar="MAP", help="the map of an image that must pass")
    options = parser.parse_args()
    failed = False
    try:
        for path in options.map:
            for wrong in wrongs(cross_references(path), options.whole):
                print(f"{path}: {wrong}")
                failed = True
        if options.control:
            found = list(wrongs(cross_references(options.control), options.whole))
            if not any("is defined by" in wrong for wrong in found):
                print(f"{options.control}: passes, though linked without osh_libc.c")
                failed = True
    except (OSError, ValueError) as error:
        sys.exit(f"routing.py: {error}")
    if not failed:
        print(f"{len(options.map)} images" + (", control refused" if options.control else ""))
    sys.exit(failed)


if __name__ == "__main__":
    main()
