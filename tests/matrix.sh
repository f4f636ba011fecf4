#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds and tests every variant; stops at the first that fails.
#   tests/matrix.sh BUILD_ROOT [VARIANT...]
# A variant's build directory is BUILD_ROOT/VARIANT and is used again.
set -uo pipefail

variants='gcc clang portable asan tsan valgrind small tiny size lean nano level0 level2 out long'
# Between them the usual ones are
# compiled at every level of optimization, -O0 aside.
usual='gcc clang portable asan tsan valgrind small tiny size lean nano level0 level2'

if [ $# -lt 1 ]; then
    echo "usage: $0 BUILD_ROOT [VARIANT...]   variants: $variants (without names: $usual)" >&2
    exit 2
fi
source=$(cd "$(dirname "$0")/.." && pwd) || exit 2
mkdir -p "$1" && root=$(cd "$1" && pwd) || exit 2
shift
[ $# -gt 0 ] || set -- $usual # word by word on purpose

fail()
{
    echo "matrix: $1: $2 FAILED; $3" >&2
    exit 1
}

# configure VARIANT COMPILER [MESON OPTION...]
configure()
{
    name=$1 compiler=$2 directory=$root/$1
    shift 2
    log=$directory.build.log
    [ -f "$directory/build.ninja" ] ||
        CC=$compiler meson setup "$directory" "$source" -Dtests=true -Dstorm=false "$@" \
            > "$log" 2>&1 || { cat "$log" >&2; fail "$name" configuration "see $log"; }
}

# check VARIANT [MESON TEST OPTION...]: builds what these tests need, and no more (ninja's
# default is what any test needs, twice as much). Its lines of progress are left out.
check()
{
    name=$1 directory=$root/$1
    shift
    meson test -C "$directory" --print-errorlogs --num-processes 2 "$@" 2>&1 |
        grep --line-buffered -v '^\[[0-9]*/[0-9]*\] ' ||
        fail "$name" tests "see above, and $directory/meson-logs"
}

# The misuse table, the injection, the counts of cache lines and what Valgrind sees go through ports or levels
# themselves, and the C library's names are the same everywhere: one variant runs them. A child repairs two kinds of lists, with a spare and
# without: two do.
twice='--no-suite lines --no-suite hardening --no-suite inject --no-suite valgrind --no-suite malloc'
once="$twice --no-suite fork"

small=OSH_PAGE_LOG2=12,OSH_SLAB_MAX=1024,OSH_MAGAZINE_BYTES=512,OSH_MAGAZINE_MAX=16,OSH_DEPOT_SLOTS=2

for variant in "$@"; do
    started=$(date +%s)
    case $variant in
    gcc)
        echo "matrix: gcc: both ports"
        configure gcc gcc -Ddebug=true && check gcc
        ;;
    clang)
        echo "matrix: clang"
        configure clang clang && check clang --no-suite again $once
        ;;
    portable)
        echo "matrix: portable: gcc, the portable port alone"
        configure portable gcc -Dport=portable && check portable $once
        ;;
    asan)
        echo "matrix: asan: gcc, address and undefined-behaviour sanitizers, both ports"
        export ASAN_OPTIONS=detect_stack_use_after_return=0:allocator_may_return_null=1
        export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
        configure asan gcc -Db_sanitize=address,undefined -Db_lundef=false && check asan $once
        ;;
    tsan)
        echo "matrix: tsan: clang, thread sanitizer, concurrent suites"
        export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1
        configure tsan clang -Db_sanitize=thread -Db_lundef=false -Dport=portable -Datomics=builtin &&
            check tsan --suite concurrent
        ;;
    valgrind)
        echo "matrix: valgrind: memcheck over the unit suites"
        configure gcc gcc -Ddebug=true &&
            check gcc --suite unit --no-suite again --timeout-multiplier 5 \
                --wrap 'valgrind --quiet --error-exitcode=9 --trace-children=no'
        ;;
    small)
        echo "matrix: small: gcc -O3, for 1 MiB of RAM, both ports"
        configure small gcc -Doptimization=3 -Dram=1M "-Dconfig=$small" && check small $twice
        ;;
    nano)
        echo "matrix: nano: gcc -O1, newlib nano, for 1 MiB of RAM"
        configure nano gcc -Doptimization=1 -Dram=1M "-Dconfig=$small" -Dnewlib=nano && check nano --no-suite again $once
        ;;
    out)
        echo "matrix: out: memory that runs out at every point in turn, newlib full and nano"
        configure small gcc -Doptimization=3 -Dram=1M "-Dconfig=$small" && check small --suite out
        configure nano gcc -Doptimization=1 -Dram=1M "-Dconfig=$small" -Dnewlib=nano && check nano --suite out
        ;;
    tiny)
        echo "matrix: tiny: gcc, for 32 KiB of RAM and one core, starts of blocks by 32-bit numbers"
        configure tiny gcc -Dram=32K -Dcores=1 -Dconfig=OSH_START_WIDE=0 && check tiny --no-suite again $once
        ;;
    size)
        echo "matrix: size: gcc -Os, built for size, for 4 MiB of RAM"
        configure size gcc -Doptimization=s -Dram=4M && check size --no-suite again $once
        ;;
    lean)
        echo "matrix: lean: gcc -Os, built for size, for 64 KiB of RAM, with names for what a check finds"
        configure lean gcc -Doptimization=s -Dram=64K -Dconfig=OSH_CHECK_NAMES=1 &&
            check lean --no-suite again $once
        ;;
    level0 | level2)
        [ "$variant" = level0 ] && optimization=g || optimization=2
        echo "matrix: $variant: gcc -O$optimization, hardening level ${variant#level}"
        configure "$variant" gcc "-Dhardening=${variant#level}" "-Doptimization=$optimization" &&
            check "$variant" --no-suite again $once
        ;;
    long)
        echo "matrix: long: minutes of stress, both ports"
        configure gcc gcc -Ddebug=true && check gcc --suite long
        ;;
    *)
        echo "matrix: no variant $variant; there are: $variants" >&2
        exit 2
        ;;
    esac
    echo "matrix: $variant: passed in $(($(date +%s) - started)) s"
done
echo "matrix: all passed: $*"
