#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the image tests for every board and runs them under QEMU (RP2040: rp2040/run.cjs), two
# boards at a time: one line a test, then one a board. A test that hangs is ended and reported.
set -uo pipefail
usage() {
    cat <<'EOT'
usage: run.sh BUILD-ROOT [--runs N] [--quiet] [BOARD[-nano][-tiny|-small|-picolibc][:TEST[,TEST ...]] ...]
       run.sh --machine BOARD: prints the emulator's command for the board
  --runs N  run every test N times (1)
  --quiet   lines for failures and for boards only
  -nano     large blocks from newlib's nano allocator
  -picolibc picolibc in place of newlib as the program's libc: the tests that see the difference
  -tiny     for 32 KiB of RAM and one core, and with it the test that asks what they hold
  -small    for 256 KiB of RAM, compiled for size (-Os) at hardening level 0: one translation
            unit, so without the tests that look inside it
EOT
}
fail_usage() { echo "run.sh: $1" >&2; usage >&2; exit 2; }
[ $# -ge 1 ] || fail_usage "where to build?"
source=$(cd "$(dirname "$0")/../.." && pwd)
here=$source/tests/firmware
limit=${FIRMWARE_TEST_SECONDS:-60}
jobs=2
tests='functional edge storm handoff migration reclaim exhaustion deferred critical routing sbrk cxx regions regions0 worst sequence surplus1 surplus2 surplus-first surplus-field
stack selftest selftest-number selftest-add selftest-cas selftest-fence selftest-publish selftest-return'
libc_tests='functional routing'
# Run by tests/rtos/run.sh: the ports of RTOSes.
rtos_tests=$(for rtos in freertos mynewt; do
    printf "$rtos-%s " functional storm exhaustion deferred critical contract operations holder late regions
done)
boards='an521 rv64 a15 a72 n1 m4 m7 rv32 m0 rp2040 rv64imc rv32imc r5 m23 a53 u54 an521-nano rv64-nano m4-nano m0-nano an521-tiny m0-tiny m0-nano-tiny rp2040-small an521-small rv32-small m0-nano-small
an521-picolibc rv32-picolibc'
common='-nodefaults -display none -monitor none -serial none -chardev stdio,id=sh -semihosting-config enable=on,target=native,chardev=sh'

machine() { # BOARD
    case ${1%%-*} in
    an521) echo "qemu-system-arm -M mps2-an521" ;;
    m4) echo "qemu-system-arm -M mps2-an386" ;;
    m23) echo "qemu-system-arm -M mps2-an505" ;;
    rp2040) echo "node $here/rp2040/run.cjs" ;; # takes QEMU's options
    m0) echo "qemu-system-arm -M microbit -global nrf51-soc.flash-size=4194304 -global nrf51-soc.sram-size=4194304" ;;
    a15 | r5) echo "qemu-system-arm -M virt -cpu cortex-a15 -smp 4 -m 64" ;;
    m7) echo "qemu-system-arm -M mps2-an500" ;;
    n1) echo "qemu-system-aarch64 -M virt -cpu neoverse-n1 -smp 4 -m 64" ;;
    a72) echo "qemu-system-aarch64 -M virt -cpu cortex-a72 -smp 4 -m 64" ;;
    rv64imc) echo "qemu-system-riscv64 -M virt -cpu rv64,a=false,d=false,f=false -bios none -m 64" ;;
    rv32imc) echo "qemu-system-riscv32 -M virt -cpu rv32,a=false,d=false,f=false -bios none -m 2048" ;;
    rv64) echo "qemu-system-riscv64 -M virt -bios none -smp 4 -m 64" ;;
    a53) echo "qemu-system-aarch64 -M xlnx-zcu102 -smp 4 -m 256 -audiodev none,id=none -nic none" ;;
    u54) echo "qemu-system-riscv64 -M microchip-icicle-kit -smp 5 -m 1537 -nic none" ;;
    rv32) echo "qemu-system-riscv32 -M virt -bios none -smp 2 -m 2048" ;;
    *) return 1 ;;
    esac
}

case $1 in
-h | --help) usage; exit 0 ;;
--machine)
    [[ ${2:-} != rp2040* ]] || "$here/rp2040/install.sh" || exit 1
    machine "${2:-}" || fail_usage "no board '${2:-}'; there are: $boards"; exit 0 ;;
-*) fail_usage "where to build, before '$1'?" ;;
esac
mkdir -p "$1" && root=$(cd "$1" && pwd) || exit 2
shift

# How the machine gets an image.
loading() { # BOARD
    case ${1%%-*} in
    u54) echo -bios ;;
    *) echo -kernel ;;
    esac
}

# Instructions are counted in virtual time, which the M-profile boards read in
# SysTick's coarser ticks.
counting() { # BOARD
    case ${1%%-*} in
    an521 | m4 | m7 | m0 | m23 | rp2040) echo "-icount shift=8" ;;
    *) echo "-icount shift=0" ;;
    esac
}

line() { # RESULT BOARD TEST SECONDS TEXT
    [ $quiet = yes ] && [ "$1" = ok ] || printf '%-4s %-10s %-11s %5s s  %s\n' "$@"
}

run() { # BOARD TEST: counts in `good` and `bad`
    local limit=$limit
    [[ $1 != rp2040* ]] || limit=$((3 * limit)) # its emulator interprets
    local image=$root/$1/tests/firmware/$2.elf output status begin seconds clock=
    [ "$2" = worst ] && clock=$(counting "$1")
    begin=$(date +%s%N)
    # shellcheck disable=SC2046,SC2086
    output=$(timeout -k 2 "$limit" $(machine "$1") $common $clock $(loading "$1") "$image" </dev/null 2>&1)
    status=$?
    seconds=$((($(date +%s%N) - begin) / 100000000))
    seconds=$((seconds / 10)).$((seconds % 10))
    case $status in
    0) good=$((good + 1)); line ok "$1" "$2" $seconds "$(tail -n 1 <<<"$output")" ;;
    124 | 137) bad=$((bad + 1)); line HUNG "$1" "$2" $seconds "$output" ;;
    *) bad=$((bad + 1)); line FAIL "$1" "$2" $seconds "status $status: $output" ;;
    esac
}

# What the linker's maps say of each image: see routing.py.
maps() { # BOARD
    local result=FAIL output
    if output=$(cd "$root/$1/tests/firmware" &&
        /usr/bin/python3 "$here/routing.py" --control bypass.map $(ls *.map | grep -v -e '^bypass.map$' -e '^surplus') 2>&1); then
        result=ok good=$((good + 1))
    else
        bad=$((bad + 1))
    fi
    line $result "$1" maps 0.0 "$output"
}

build() { # BOARD [TEST ...]: all images, or those of the tests
    local dir=$root/$1 target=
    [ $# -eq 1 ] || target=$(printf 'tests/firmware/%s.elf ' "${@:2}")
    case $#:$1 in 1:*-picolibc*) target=$(printf 'tests/firmware/%s.elf ' $libc_tests bypass) ;; esac
    [[ $1 != rp2040* ]] || "$here/rp2040/install.sh" || return 1
    [ -e "$dir/build.ninja" ] ||
        meson setup "$dir" "$source" --cross-file "$here/boards/${1%%-*}/cross.ini" \
            $(case $1 in *-picolibc*) echo --cross-file "$here/boards/picolibc.ini" ;; esac) -Dstorm=false \
            "-Dnewlib=$(case $1 in *-nano*) echo nano ;; *) echo full ;; esac)" \
            $(case $1 in
                *-tiny*) echo -Dram=32K -Dcores=1 ;;
                *-small*) echo -Dram=256K -Doptimization=s -Dhardening=0 ;;
                *) echo -Dram=1M ;;
              esac) >"$dir.log" 2>&1 ||
        { cat "$dir.log"; return 1; }
    # shellcheck disable=SC2086
    ninja -C "$dir" $target >"$dir.log" 2>&1 || { grep -E 'error|undefined|FAILED' "$dir.log" || tail -n 20 "$dir.log"; return 1; }
}

# Builds and runs one target; the last line is its summary.
target() { # BOARD[:TEST]
    local board=${1%%:*} good=0 bad=0 began=$SECONDS
    local only=${1#"$board"}
    only=${only#:} only=${only//,/ }
    # shellcheck disable=SC2086
    if ! build "$board" $only; then
        line FAIL "$board" build 0.0 "see $root/$board.log"
        bad=1
    else
        [ "$board" != "$1" ] || maps "$board"
        for ((i = 0; i < runs; i++)); do
            if [ "$board" = "$1" ]; then
                for test in $(case $board in *-picolibc*) echo $libc_tests ;; *) echo $tests ;; esac); do
                    case $board:$test in *-small*:worst | *-small*:sequence) continue ;; esac
                    # As many as there are things on the board that can be wrong.
                    [[ $test != surplus* && $test != selftest* && $test != regions0 || -e $root/$board/tests/firmware/$test.elf ]] || continue
                    run "$board" "$test"
                done
                case $board in *-tiny*) run "$board" capacity ;; esac
            else
                for test in $only; do
                    run "$board" "$test"
                done
            fi
        done
    fi
    printf '== %-15s %4d passed, %d failed, %d s\n' "$1" $good $bad $((SECONDS - began))
    [ $bad -eq 0 ]
}

runs=1 quiet=no targets=()
while [ $# -gt 0 ]; do
    case $1 in
    --runs)
        [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || fail_usage "--runs wants a number from 1 on"
        runs=$2
        shift
        ;;
    --quiet) quiet=yes ;;
    -h | --help) usage; exit 0 ;;
    -*) fail_usage "unknown option '$1'" ;;
    *)
        machine "${1%%:*}" >/dev/null || fail_usage "no board '${1%%:*}'; there are: $boards"
        for test in $([ "${1#*:}" = "$1" ] || tr , ' ' <<<"${1#*:}"); do
            [[ " ${tests//$'\n'/ } $rtos_tests capacity " == *" $test "* ]] ||
                fail_usage "no test '$test'; there are: $tests $rtos_tests"
        done
        targets+=("$1")
        ;;
    esac
    shift
done
# shellcheck disable=SC2206
[ ${#targets[@]} -gt 0 ] || targets=($boards)

failed=0 running=0
{ # read as a whole, so that an edit of this file does not reach a run under way
for target in "${targets[@]}"; do
    if [ $running -eq $jobs ]; then
        wait -n || failed=$((failed + 1))
        running=$((running - 1))
    fi
    target "$target" &
    running=$((running + 1))
done
while [ $running -gt 0 ]; do
    wait -n || failed=$((failed + 1))
    running=$((running - 1))
done
echo "== firmware: ${#targets[@]} targets, $runs run(s) of each test, $failed target(s) failed"
[ $failed -eq 0 ]
exit
}
