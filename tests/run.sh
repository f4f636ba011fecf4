#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Everything that must hold; what `./dev test` runs. Ends with one line that
# counts the steps. `--long` adds more variants and targets, coverage, the figures of the docs, a
# seeded fault for each scenario of the explorer, minutes of stress and larger bounds, and
# runs the firmware images ten times. `--mutants` runs all seeded faults instead, and writes
# docs/mutants.md.
#
# usage: run.sh BUILD-ROOT [--long | --mutants]
set -euo pipefail
cd "$(dirname "$0")/.."
root=$1
shift
long=no
for option in "$@"; do
    case $option in
    --long) long=yes ;;
    --mutants)
        exec tests/figures/checks.py --build "$root" --only mutants --anew --table docs/mutants.md
        ;;
    *) echo "dev test: unknown option '$option' (there are --long, --mutants)" >&2; exit 2 ;;
    esac
done
mkdir -p "$root"
# The last step takes these from the steps of this run.
rm -f "$root"/{explorer,explorer-exclusives,explorer-lean,spin,coverage,injection,checks}.json
passed=0
failed=()
logs=()
unfinished=()

# Each kind of core, of newlib and of RAM; `--long`: all boards.
firmware='an521 rv64 a15 n1 m4 rv32 m0 rp2040 rv32imc r5 m23 an521-nano m0-tiny m0-nano-tiny rv32-small u54:storm
an521-picolibc rv32-picolibc'
# One of each architecture; `--long`: all targets.
footprint='m33 m4 rp2040 a15 a72 rv32'
[ $long = no ] || { firmware='--runs 10'; footprint=; }

# What a step prints goes to a file too: the end repeats the last lines of those that failed.
step() { # NAME COMMAND ...
    local name=$1 began=$SECONDS status=0 log
    log=$root/step-$((passed + ${#failed[@]} + ${#unfinished[@]} + 1)).log
    shift
    printf '\n\033[1m== %s\033[0m\n' "$name"
    "$@" 2>&1 | tee "$log" || status=$?
    if [ $status -eq 0 ]; then
        passed=$((passed + 1))
        echo "== $name: passed in $((SECONDS - began)) s"
    elif [ $status -eq 3 ] && [[ $* == *interleavings* ]]; then
        unfinished+=("$name")
        echo "== $name: NOT EXPLORED TO THE END, nothing violated so far, $((SECONDS - began)) s"
    else
        failed+=("$name")
        logs+=("$log")
        echo "== $name: FAILED"
    fi
}

# AArch64 Linux under Debian's kernel; and under the user-mode emulator, which has no
# rseq, the library must choose the portable port by itself.
aarch64() {
    local dir=$root/aarch64/short
    tests/aarch64/run.py "$root/aarch64" --quiet $([ $long = yes ] && echo --long) || return
    [ -e "$dir/smoke" ] || dir=$root/aarch64/gcc
    qemu-aarch64 -L /usr/aarch64-linux-gnu "$dir/smoke" portable &&
        tests/arch/sequences.py "$dir/libosheap.a" aarch64-linux-gnu-
}

# What a stranger does with the library: installs it, finds it by pkg-config or CMake,
# and uses it as a subproject of meson or CMake.
consumers() {
    local status=0
    tests/consumer/cmake.sh "$root" >"$root/cmake.log" 2>&1 &
    tests/consumer/check.sh "$root" && tests/consumer/recipes.py "$root" || status=1
    wait $! || status=1
    cat "$root/cmake.log"
    return $status
}

# The storm's workers with every byte of every block stamped and checked.
storm_verified() {
    local dir=$root/release
    [ -e "$dir/build.ninja" ] || /usr/bin/meson setup "$dir" -Dtests=false >/dev/null
    ninja -C "$dir" >/dev/null && meson test -C "$dir" --no-rebuild --suite perf --print-errorlogs &&
        /usr/bin/python3 -B -m perf.storm --workers "$dir/perf/linux" --verify
}

# Every interleaving within bounds, on each kind of lists and slabs. Status 3: time ran out on
# some, and no promise was broken until then.
interleavings() { # [EXPLORER-OPTION ...]
    while [ ! -e "$root/explorers" ]; do sleep 1; done
    [ "$(<"$root/explorers")" = built ] && /usr/bin/python3 -B tests/model/run.py "$root" "$@"
}

# Once the suites are through: both build in the same folder.
build_explorers() {
    local built=failed
    ninja -C "$root/tests/gcc" tests/model/explorer{,-exclusives,-lean} >/dev/null && built=built
    echo $built >"$root/explorers"
    [ $built = built ]
}

# What only computes runs beside the other steps, which often wait for one thread or an emulator:
# one after the other, and only when nothing else wants the CPU. `step NAME ended NAME` waits for
# it, and prints what it said.
beside() { # NAME ...
    local name status
    rm -f "$root/explorers"
    for name in "$@"; do
        rm -f "$root/$name".{log,status}
    done
    set -m # a group of its own, for the trap
    (
        renice -n 19 $BASHPID >/dev/null
        for name in "$@"; do
            status=0
            "$name" >"$root/$name.log" 2>&1 || status=$?
            echo $status >"$root/$name.status"
        done
    ) &
    set +m
    lane=$!
    trap 'kill -- -$lane 2>/dev/null || true' EXIT
}

ended() { # NAME
    [ -e "$root/$1.status" ] || echo "waiting for what runs beside: $root/$1.log"
    while [ ! -e "$root/$1.status" ]; do
        kill -0 "$lane" || return 1
        sleep 1
    done
    cat "$root/$1.log"
    return "$(<"$root/$1.status")"
}

lint() {
    tests/lint.sh "$root"
}
models() {
    tests/spin/run.py --json "$root/spin.json"
}

# The tools read it: reports, options, traces, executions of the explorer.
damaged_input() {
    local explorer=$root/tests/gcc/tests/model/explorer
    ninja -C "$root/tests/gcc" tests/model/explorer >/dev/null &&
        OSHEAP_EXPLORER=$explorer /usr/bin/python3 -B tests/fuzz/test_tools.py
}
controls() {
    /usr/bin/python3 tests/mutants/mutants.py "$root/mutants" --controls
}

beside lint models interleavings
step "suites: compilers, ports, sanitizers, Valgrind" tests/matrix.sh "$root/tests"
step "explorers, built" build_explorers
step "instructions of a pair" tests/count/count.sh "$root"
step "memory-out" tests/memory_out/run.sh "$root"
step "fuzzing, short" tests/fuzz/fuzz.py "$root/fuzz" --json "$root/fuzz.json"
step "damaged input of the tools" damaged_input
step "AArch64 Linux under its kernel" aarch64
step "under musl" tests/malloc/musl.sh "$root"
step "installed, by pkg-config and CMake, as a subproject" consumers
step "code and RAM as committed" /usr/bin/python3 tests/size/footprint.py --build "$root/size" --check $footprint
step "sizing calculator" /usr/bin/python3 tests/size/test_size.py "$root/size"
step "tunables, past their ends" tests/config/sweep.py --build "$root/size" $([ $long = yes ] && echo --live)
step "the storm, verified" storm_verified
step "firmware images" tests/firmware/run.sh "$root/firmware" --quiet $firmware
step "amalgamation" /usr/bin/python3 -B tests/amalgamation/check.py "$root" $([ $long = yes ] && echo --long)
step "mistakes, and what they print" /usr/bin/python3 -B tests/mistakes/mistakes.py "$root"
step "stack of each call" /usr/bin/python3 -B tests/stack/stack.py "$root/firmware" --check
step "chips of docs/chips.md" /usr/bin/python3 -B tests/chips/chips.py "$root" $([ $long = yes ] && echo --fast)
step "RTOS ports" tests/rtos/run.sh "$root" $([ $long = yes ] && echo --long)
step "callers of malloc in the C libraries" /usr/bin/python3 -B tests/firmware/callers.py "$root/firmware"
step "two cores of an RP2040, interleaved" tests/firmware/rp2040/seeds.py "$root/firmware" --seeds $([ $long = yes ] && echo 2000 || echo 40)
step "read-modify-writes of RISC-V" tests/arch/riscv_atomics.sh "$root/riscv"
step "restart injection" tests/inject/firmware.py "$root/firmware" --linux "$root/tests/gcc/tests/inject" --json "$root/injection.json"
step "order of firmware's stores" tests/inject/orders.py "$root/firmware"
step "lint" ended lint
step "models" ended models
step "interleavings" ended interleavings
if [ $long = yes ]; then
    step "coverage" tests/coverage/coverage.py "$root/coverage" --json "$root/coverage.json"
    step "figures, as committed" /usr/bin/python3 tests/figures/figures.py --build "$root" --only firmware --check
    step "the firmware storm's counter" /usr/bin/python3 -B -m perf.firmware.trace --build "$root/firmware-storm"
    step "interleavings: negative controls" controls
    step "figures of the checks" tests/figures/checks.py --build "$root" --taken --json "$root/checks.json"
    step "long stress" tests/matrix.sh "$root/tests" long
    step "memory-out, every point" tests/memory_out/run.sh "$root" --every
    step "models, large" nice tests/spin/run.py --long --json "$root/spin.json"
    step "interleavings, larger bounds" interleavings --deep --seconds 20
fi

echo
for index in "${!failed[@]}"; do
    printf '== %s: the end of %s\n' "${failed[index]}" "${logs[index]}"
    tail -n 60 "${logs[index]}"
done
[ ${#failed[@]} -eq 0 ] || printf 'failed: %s\n' "${failed[@]}"
[ ${#unfinished[@]} -eq 0 ] || printf 'not explored to the end: %s\n' "${unfinished[@]}"
echo "$passed passed, ${#failed[@]} failed, ${#unfinished[@]} not explored to the end"
[ ${#failed[@]} -eq 0 ]
