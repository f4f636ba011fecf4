#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Instructions of a small os_malloc + os_free pair that hits the cache.
#
# Portable port: callgrind's count of both functions, whose callees are none on
# a hit, divided by the calls. Sequences: Valgrind does not run them, so the
# listing is counted: a hit is the straight line from each function's entry to
# its first return, in which no branch is taken and nothing is called.
#
# usage: count.sh BUILD-ROOT
set -euo pipefail
root=$1
here=$(cd "$(dirname "$0")/../.." && pwd)
pairs=1000
limit_portable=45
limit_rseq=40

build() { # DIRECTORY PORT
    [ -e "$1/build.ninja" ] ||
        /usr/bin/meson setup "$1" "$here" -Dport="$2" -Dtests=false -Dstorm=false >/dev/null
    ninja -C "$1" libosheap.a >/dev/null
}

portable=$root/count-portable
build "$portable" portable
cc -O2 -g -I "$here/core/include" "$here/tests/count/pair.c" "$portable/libosheap.a" -pthread \
    -o "$portable/pair"
valgrind --tool=callgrind --callgrind-out-file="$portable/pair.out" \
    "$portable/pair" $pairs 64 2>"$portable/pair.log" || { cat "$portable/pair.log" >&2; exit 1; }
counted=$(callgrind_annotate --auto=no --threshold=100 "$portable/pair.out" |
    awk -v n=$pairs '/:os_malloc |:os_free / { gsub(",", "", $1); sum += $1 } END { printf "%.2f", sum / (n + 1) }')

sequences=$root/count-auto
build "$sequences" auto
listed() { # FUNCTION: instructions from its entry to its first return
    objdump -d --no-show-raw-insn "$sequences/libosheap.a" |
        awk -v f="<$1>:" '
            $2 == f { inside = 1; next }
            inside && $2 ~ /^call/ { print "a call on the hit path of " f > "/dev/stderr"; exit 1 }
            inside && $2 !~ /^nop/ { n++ }
            inside && $2 == "ret" { print n; inside = 0; found = 1 }
            END { exit !found }'
}
malloc=$(listed os_malloc)
free=$(listed os_free)

failed=0
verdict() { # NAME COUNT LIMIT
    if awk -v a="$2" -v b="$3" 'BEGIN { exit !(a > 0 && a <= b) }'; then
        echo "ok   $1: $2 instructions a pair (at most $3)"
    else
        echo "FAIL $1: $2 instructions a pair (at most $3)"
        failed=1
    fi
}
# The first pair fills the cache and is counted in with its functions' own code.
verdict "portable port, callgrind" "$counted" $limit_portable
if [ "$(uname -m)" = x86_64 ]; then
    verdict "restartable sequences, listing ($malloc + $free)" $((malloc + free)) $limit_rseq
fi
exit $failed
