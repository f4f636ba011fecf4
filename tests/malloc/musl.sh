#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The heap under musl: builds with the portable port, and the edges of a process pass with the heap
# linked in, statically, and preloaded.
#
# usage: musl.sh BUILD-ROOT
set -euo pipefail
[ $# -eq 1 ] || { sed -n '3,6s/^# \{0,1\}//p' "$0"; exit 2; }
source=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$1" && dir=$(cd "$1" && pwd)/musl
command -v musl-gcc >/dev/null || { echo "musl.sh: no musl-gcc: apt-get install musl-tools" >&2; exit 1; }

# musl-gcc searches none of the system's folders, which have Concurrency Kit and the kernel's headers.
include="-idirafter /usr/include -idirafter /usr/include/$(gcc -print-multiarch)"
[ -e "$dir/build.ninja" ] || CC=musl-gcc CFLAGS=$include meson setup "$dir" "$source" -Dport=portable \
    -Dtests=false -Dstorm=false >"$dir.log" 2>&1 || { cat "$dir.log"; exit 1; }
ninja -C "$dir" >"$dir.log" 2>&1 || { grep -E 'error|undefined' "$dir.log"; exit 1; }

heap=$dir/arch/linux/malloc
program() { # NAME [ARGUMENT ...]
    local name=$1
    shift
    # shellcheck disable=SC2086
    musl-gcc $include -D_GNU_SOURCE -O2 -fno-builtin "$source"/tests/malloc/edges{,_work}.c -o "$dir/$name" "$@"
}
program linked "$heap/libosheap-malloc.a"
program static -static "$heap/libosheap-malloc.a"
program plain
musl-gcc -shared -fPIC "$source/tests/malloc/module.c" -o "$dir/module.so"

"$dir/linked" 100 "$dir/module.so"
"$dir/static" 100
env LD_PRELOAD="$heap/libosheap-preload.so" "$dir/plain" 100 "$dir/module.so"
# A setting that the heap refuses stops the program: so it is this heap that ran.
for kind in linked static plain; do
    if sh -c '"$@" >/dev/null; exit $?' sh env LD_PRELOAD="$heap/libosheap-preload.so" \
        OSHEAP_OPTIONS=port=none "$dir/$kind" 1 2>/dev/null; then
        echo "musl.sh: $kind ran on another heap" >&2
        exit 1
    fi
done
echo "musl: linked, static, preloaded: passed"
