#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Instructions of a small os_malloc + os_free pair that hits the core's cache, on the
# firmware targets: from the listing of the library as the image tests' cross files
# build it. A hit is the straight line from each function's entry to its first
# return, in which no branch is taken and nothing is called; 3 more for the caller's
# size and two calls.
#
# usage: firmware.sh BUILD-ROOT [BOARD ...]
set -euo pipefail
[ $# -ge 1 ] || { echo "usage: $0 BUILD-ROOT [BOARD ...]" >&2; exit 2; }
mkdir -p "$1" && root=$(cd "$1" && pwd)
shift
here=$(cd "$(dirname "$0")/../.." && pwd)
[ $# -gt 0 ] || set -- an521 m4 m7 m0 rp2040 a15 a72 n1 rv64 rv32
caller=3

limit() { # BOARD LEVEL: what a pair may take
    case $1-$2 in
    rp2040-0) echo 60 ;; # the core's number, its gate and two barriers, twice
    rp2040-1) echo 77 ;;
    *-0) echo 48 ;;
    *) echo 64 ;;
    esac
}

tool() { # BOARD: the prefix of its tools
    case $1 in
    a72 | n1) echo aarch64-linux-gnu- ;;
    rv*) echo riscv64-unknown-elf- ;;
    *) echo arm-none-eabi- ;;
    esac
}

listed() { # BOARD LIBRARY FUNCTION: instructions from its entry to its first return
    # Without operands of data: a literal pool comes after the return.
    "$(tool "$1")objdump" -d --no-show-raw-insn "$2" |
        awk -v f="<$3>:" '
            $2 == f { inside = 1; next }
            !inside || NF < 2 || $1 !~ /:$/ || /^[0-9a-f]+ <.*>:$/ { next }
            $2 ~ /^(bl|blx|jal|jalr|call)$/ { print "a call on the hit path of " f > "/dev/stderr"; exit 1 }
            $2 !~ /^nop/ { n++ }
            $2 == "ret" || ($2 == "bx" && $3 == "lr") || ($2 ~ /^(pop|ldm)/ && /pc/) {
                print n; inside = 0; found = 1 }
            END { exit !found }'
}

failed=0
for board in "$@"; do
    cross=$here/tests/firmware/boards/$board/cross.ini
    [ -e "$cross" ] || { echo "no board $board" >&2; exit 2; }
    for level in 0 1; do
        dir=$root/$board-$level
        [ -e "$dir/build.ninja" ] ||
            meson setup "$dir" "$here" --cross-file "$cross" -Dtests=false -Dstorm=false \
                -Dhardening=$level >"$dir.log" 2>&1 || { cat "$dir.log" >&2; exit 1; }
        ninja -C "$dir" libosheap.a >"$dir.log" 2>&1 || { tail -n 20 "$dir.log" >&2; exit 1; }
        malloc=$(listed "$board" "$dir/libosheap.a" os_malloc)
        free=$(listed "$board" "$dir/libosheap.a" os_free)
        pair=$((malloc + free + caller))
        limit=$(limit "$board" $level)
        if [ $pair -le "$limit" ]; then verdict=ok; else verdict=FAIL failed=1; fi
        printf '%-4s %-6s level %s: %s + %s + %s = %s instructions a pair (at most %s)\n' \
            $verdict "$board" $level "$malloc" "$free" $caller $pair "$limit"
    done
done
exit $failed
