#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Instructions of a small os_malloc + os_free pair that hits the cache.
#
# Portable port: callgrind's count of both functions, whose callees are none on
# a hit, divided by the calls. Sequences: Valgrind does not run them, so the
# listing is counted: a hit is the straight line from each function's entry to
# its first return, in which no branch is taken and nothing is called.
#
# At hardening level 0 against the limits below, at level 1 against level 0.
#
# usage: count.sh BUILD-ROOT
set -euo pipefail
root=$1
here=$(cd "$(dirname "$0")/../.." && pwd)
pairs=1000
limit_portable=45
limit_rseq=40

limit_checks=16 # what level 1 may add

build() { # DIRECTORY PORT LEVEL
    [ -e "$1/build.ninja" ] ||
        /usr/bin/meson setup "$1" "$here" -Dport="$2" -Dhardening="$3" -Dtests=false -Dstorm=false >/dev/null
    ninja -C "$1" libosheap.a >/dev/null
}

counted() { # LEVEL: instructions of a pair on the portable port
    local dir=$root/count-portable-$1
    build "$dir" portable "$1"
    cc -O2 -g -I "$here/core/include" "$here/tests/count/pair.c" "$dir/libosheap.a" -pthread -o "$dir/pair"
    valgrind --tool=callgrind --callgrind-out-file="$dir/pair.out" \
        "$dir/pair" $pairs 64 2>"$dir/pair.log" || { cat "$dir/pair.log" >&2; exit 1; }
    # The first pair fills the cache and is counted in with its functions' own code.
    callgrind_annotate --auto=no --threshold=100 "$dir/pair.out" |
        awk -v n=$pairs '/:os_malloc |:os_free / { gsub(",", "", $1); sum += $1 } END { printf "%.2f", sum / (n + 1) }'
}

function_length() { # LIBRARY FUNCTION: instructions from its entry to its first return
    objdump -d --no-show-raw-insn "$1" |
        awk -v f="<$2>:" '
            $2 == f { inside = 1; next }
            inside && $2 ~ /^call/ { print "a call on the hit path of " f > "/dev/stderr"; exit 1 }
            inside && $2 !~ /^nop/ { n++ }
            inside && $2 == "ret" { print n; inside = 0; found = 1 }
            END { exit !found }'
}

listed() { # LEVEL: instructions of a pair in restartable sequences
    local dir=$root/count-auto-$1 malloc free
    build "$dir" auto "$1"
    malloc=$(function_length "$dir/libosheap.a" os_malloc)
    free=$(function_length "$dir/libosheap.a" os_free)
    echo $((malloc + free))
}

failed=0
verdict() { # NAME COUNT LIMIT
    if awk -v a="$2" -v b="$3" 'BEGIN { exit !(a > 0 && a <= b) }'; then
        echo "ok   $1: $2 instructions a pair (at most $3)"
    else
        echo "FAIL $1: $2 instructions a pair (at most $3)"
        failed=1
    fi
}
portable=$(counted 0)
verdict "portable port, callgrind" "$portable" $limit_portable
verdict "portable port, what level 1 adds" "$(awk -v a="$(counted 1)" -v b="$portable" 'BEGIN { print a - b }')" \
    $limit_checks
if [ "$(uname -m)" = x86_64 ]; then
    sequences=$(listed 0)
    verdict "restartable sequences, listing" "$sequences" $limit_rseq
    verdict "restartable sequences, what level 1 adds" $(($(listed 1) - sequences)) $limit_checks
fi
exit $failed
