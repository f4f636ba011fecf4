#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the heap under the C library's names in a folder of its own, and runs some of its tests: what
# seeded faults in arch/linux/malloc and in the options are tried on.
#
# usage: alone.sh BUILD-ROOT TEST ...
set -euo pipefail
[ $# -ge 2 ] || { sed -n '3,7s/^# \{0,1\}//p' "$0"; exit 2; }
source=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$1" && dir=$(cd "$1" && pwd)/malloc
shift
[ -e "$dir/build.ninja" ] || meson setup "$dir" "$source" -Dstorm=false -Dwerror=false >"$dir.log" 2>&1 ||
    { cat "$dir.log"; exit 1; }
ninja -C "$dir" arch/linux/malloc/libosheap-preload.so \
    tests/malloc/malloc_{edges,decay,calls,returns,replaced,catching,host} \
    tests/malloc/malloc_{module,plugin}.so >"$dir.log" 2>&1 || { grep error "$dir.log"; exit 1; }
meson test -C "$dir" --no-rebuild --print-errorlogs "$@"
