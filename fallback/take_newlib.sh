#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints newlib's allocator for osh_newlib.c to include, with what this heap changes in it. Fails
# unless the source has each text that is changed exactly once.
#
# usage: take_newlib.sh ARCHIVE full|nano     ARCHIVE: newlib's source, as a tar file
set -e
archive=$1
case $2 in
nano)
    member=nano-mallocr.c
    # It stores two sizes in an int. If a free chunk is 4 GiB longer than the request, it would
    # take 4 GiB too few.
    set -- 'int rem = r->size - alloc_size' 'long rem = r->size - (long)alloc_size' \
        'int size_or_offset = c->size' 'long size_or_offset = c->size'
    ;;
full)
    member=mallocr.c
    # It accepts a break that jumps only if it jumps upward: this protects it from other callers
    # of sbrk. There are none here, because the arena records who owns each page. Without this
    # condition newlib's heap can continue wherever pages are free.
    set -- '(brk < old_end && old_top != initial_top)' '(0)'
    ;;
*) echo "usage: take_newlib.sh ARCHIVE full|nano" >&2; exit 2 ;;
esac
text=$(tar -xOf "$archive" --wildcards --no-wildcards-match-slash "*/newlib/libc/stdlib/$member")
while [ $# -gt 0 ]; do
    if [ "$(printf "%s" "$text" | grep -cF "$1")" != 1 ]; then
        echo "$archive: $member does not contain this text exactly once: $1" >&2
        exit 1
    fi
    text=$(printf "%s" "$text" | sed "s/$1/$2/")
    shift 2
done
echo "#pragma GCC system_header"
printf "%s\n" "$text"
