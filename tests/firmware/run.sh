#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the image tests for every board and runs them under QEMU: one line a
# test. A test that hangs is ended and reported.
#
# usage: run.sh BUILD-ROOT [BOARD[-nano][-tiny][:TEST] ...]
#   -nano: large blocks from newlib's nano allocator
#   -tiny: the preset tiny, and with it the test that asks what 32 KiB hold
set -uo pipefail
[ $# -ge 1 ] || { echo "usage: $0 BUILD-ROOT [BOARD[-nano][-tiny][:TEST] ...]" >&2; exit 2; }
source=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$1" && root=$(cd "$1" && pwd)
shift
here=$source/tests/firmware
limit=${FIRMWARE_TEST_SECONDS:-60}
tests='functional storm handoff migration exhaustion deferred'
common='-nodefaults -display none -monitor none -serial none -chardev stdio,id=sh -semihosting-config enable=on,target=native,chardev=sh'

machine() { # BOARD
    case ${1%%-*} in
    an521) echo "qemu-system-arm -M mps2-an521" ;;
    m4) echo "qemu-system-arm -M mps2-an386" ;;
    m0) echo "qemu-system-arm -M mps2-an385" ;;
    a15) echo "qemu-system-arm -M virt -cpu cortex-a15 -smp 4 -m 64" ;;
    m7) echo "qemu-system-arm -M mps2-an500" ;;
    n1) echo "qemu-system-aarch64 -M virt -cpu neoverse-n1 -smp 4 -m 64" ;;
    a72) echo "qemu-system-aarch64 -M virt -cpu cortex-a72 -smp 4 -m 64" ;;
    rv64) echo "qemu-system-riscv64 -M virt -bios none -smp 4 -m 64" ;;
    rv32) echo "qemu-system-riscv32 -M virt -bios none -smp 2 -m 64" ;;
    *) return 1 ;;
    esac
}

failed=0
run() { # BOARD TEST
    local image=$root/$1/tests/firmware/$2.elf output status begin
    begin=$(date +%s.%N)
    # shellcheck disable=SC2046
    output=$(timeout -k 2 "$limit" $(machine "$1") $common -kernel "$image" </dev/null 2>&1)
    status=$?
    local seconds
    seconds=$(awk -v a="$begin" -v b="$(date +%s.%N)" 'BEGIN { printf "%.1f", b - a }')
    case $status in
    0) printf 'ok   %-10s %-11s %5s s  %s\n' "$1" "$2" "$seconds" "$(tail -n 1 <<<"$output")" ;;
    124 | 137) printf 'HUNG %-10s %-11s %5s s  %s\n' "$1" "$2" "$seconds" "$output"; failed=1 ;;
    *) printf 'FAIL %-10s %-11s %5s s  status %s: %s\n' "$1" "$2" "$seconds" "$status" "$output"; failed=1 ;;
    esac
}

build() { # BOARD
    local dir=$root/$1
    [ -e "$dir/build.ninja" ] ||
        meson setup "$dir" "$source" --cross-file "$here/boards/${1%%-*}/cross.ini" -Dstorm=false \
            "-Dnewlib=$(case $1 in *-nano*) echo nano ;; *) echo full ;; esac)" \
            "-Dpreset=$(case $1 in *-tiny*) echo tiny ;; *) echo none ;; esac)" >"$dir.log" 2>&1 ||
        { cat "$dir.log"; return 1; }
    ninja -C "$dir" >"$dir.log" 2>&1 || { grep -E 'error|undefined|FAILED' "$dir.log" || tail -n 20 "$dir.log"; return 1; }
}

[ $# -gt 0 ] || set -- an521 rv64 a15 a72 n1 m4 m7 rv32 m0 an521-nano rv64-nano m4-nano m0-nano \
    an521-tiny m0-tiny m0-nano-tiny
for target in "$@"; do
    board=${target%%:*}
    machine "$board" >/dev/null || { echo "no board $board" >&2; exit 2; }
    if ! build "$board"; then
        echo "FAIL $board build: see $root/$board.log"
        failed=1
        continue
    fi
    if [ "$board" = "$target" ]; then
        for test in $tests; do run "$board" "$test"; done
        case $board in *-tiny*) run "$board" capacity ;; esac
    else
        run "$board" "${target#*:}"
    fi
done
exit $failed
