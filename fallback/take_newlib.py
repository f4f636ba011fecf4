#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints newlib's allocator from newlib's source archive, with the changes that the heap needs.

usage: take_newlib.py ARCHIVE full|nano
"""
import sys
import tarfile

FOLDER = "newlib/libc/stdlib/"
MEMBERS = {"full": FOLDER + "mallocr.c", "nano": FOLDER + "nano-mallocr.c"}
CHANGES = {
    # mallocr.c accepts a break that jumps only if it jumps upward: this protects it from other
    # callers of sbrk. There are none here, because the arena records who owns each page. Without
    # this condition newlib's heap can continue wherever pages are free.
    "full": [("(brk < old_end && old_top != initial_top)", "(0)")],
    # nano-mallocr.c stores two sizes in an int. If a free chunk is 4 GiB longer than the request,
    # it would take 4 GiB too few.
    "nano": [("int rem = r->size - alloc_size", "long rem = r->size - (long)alloc_size"),
             ("int size_or_offset = c->size", "long size_or_offset = c->size")],
}


def member(archive, name):
    """The text of ANY-FOLDER/`name` in the archive."""
    try:
        with tarfile.open(archive) as tar:
            for entry in tar:
                parts = entry.name.split("/", 1)
                if entry.isfile() and len(parts) == 2 and parts[1] == name:
                    return tar.extractfile(entry).read().decode()
    except (OSError, tarfile.TarError) as error:
        sys.exit(f"{archive}: {error}")
    return sys.exit(f"{archive}: there is no {name} in it")


def changed(archive, name, text, changes):
    for old, new in changes:
        if text.count(old) != 1:
            sys.exit(f"{archive}: {name} does not contain this text exactly once: {old}")
        text = text.replace(old, new)
    return text


def allocator(archive, kind):
    name = MEMBERS[kind]
    return changed(archive, name.rsplit("/", 1)[1], member(archive, name), CHANGES[kind])


def main():
    if len(sys.argv) != 3 or sys.argv[2] not in MEMBERS:
        sys.exit(__doc__.strip())
    print("#pragma GCC system_header")
    print(allocator(*sys.argv[1:]), end="")


if __name__ == "__main__":
    main()
