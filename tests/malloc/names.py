#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""libosheap-preload.so takes the place of every allocation function that the C library and the
C++ library export: malloc's family and the operators new and delete. And it exports nothing else
but what C23 adds.

usage: names.py LIBOSHEAP-PRELOAD.SO
"""
import pathlib
import re
import subprocess
import sys

FAMILY = re.compile(r"(malloc(_\w+)?|c?free|[cv]alloc|pvalloc|memalign|aligned_alloc|posix_memalign"
                    r"|realloc(array)?|mallopt|mallinfo2?|_Zn[wa]m\w*|_Zd[la]Pv\w*)")
NOT_CALLS = {"malloc_get_state", "malloc_set_state"}  # of old glibc, for emacs's dumps
OF_C23 = {"free_sized", "free_aligned_sized"}
# glibc exports it for old programs only.
OLD = {"cfree"}


def exports(library):
    listing = subprocess.run(["nm", "-D", "--defined-only", library], check=True,
                             capture_output=True, text=True).stdout
    return {line.split()[-1].split("@")[0] for line in listing.splitlines()}


def library_of(compiler, name):
    found = subprocess.run([compiler, f"-print-file-name={name}"], check=True,
                           capture_output=True, text=True).stdout.strip()
    path = pathlib.Path(found).resolve()
    if not path.exists():
        sys.exit(f"names.py: {compiler} has no {name}")
    return path


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    ours = exports(sys.argv[1])
    theirs = {name for library in ("libc.so.6", "libstdc++.so.6")
              for name in exports(library_of("g++", library)) if FAMILY.fullmatch(name)}
    missing = theirs - ours - NOT_CALLS
    extra = ours - theirs - OF_C23 - OLD
    for name in sorted(missing):
        print(f"not replaced: {name}")
    for name in sorted(extra):
        print(f"exported, but no allocation function: {name}")
    print(f"{len(ours)} names exported, {len(missing)} missing, {len(extra)} too many")
    return bool(missing or extra)


if __name__ == "__main__":
    sys.exit(main())
