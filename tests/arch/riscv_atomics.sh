#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# How RISC-V's library makes its read-modify-writes, from its listing (QEMU's SC is a
# compare-and-swap, so no run can show a reservation that should have ended):
#   one hart        no LR, SC or AMO at all, and none is needed: it builds without A
#   several harts   every LR and SC stands where interrupts are masked, so that no handler
#                   comes between; what is not masked is one AMO
# and one that is not so is found. Several harts without A are refused with a sentence.
#
# usage: riscv_atomics.sh BUILD-ROOT
set -euo pipefail
[ $# -eq 1 ] || { echo "usage: $0 BUILD-ROOT" >&2; exit 2; }
mkdir -p "$1" && root=$(cd "$1" && pwd)
source=$(cd "$(dirname "$0")/../.." && pwd)
failed=0

listing() { riscv64-unknown-elf-objdump -d --no-show-raw-insn -M no-aliases,numeric "$1"; }

# Of a listing on standard input: each LR or SC that is not between masking and unmasking, in
# the order of addresses.
unmasked() {
    awk '
        /^[0-9a-f]+ <.*>:$/ { if ($2 !~ /^<\.L/) masked = 0; f = $2; next }
        $2 ~ /^csrrci$/ && /mstatus,8/ { masked = 1 }
        $2 ~ /^csrrs$/ && /mstatus/ { masked = 0 }
        $2 ~ /^(lr|sc)\./ { if (!masked) { print f, $0; bad = 1 } }
        END { exit bad }'
}

atomics() { grep -cE '[[:space:]](lr|sc|amo[a-z]+)\.[wd]' || true; }

say() { # VERDICT TEXT
    printf '%-4s %s\n' "$1" "$2"
    [ "$1" = ok ] || failed=1
}

build() { # BOARD CORES OPTIMISATION: the path of its library
    local dir=$root/$1-$2-$3
    [ -e "$dir/build.ninja" ] ||
        meson setup "$dir" "$source" --cross-file "$source/tests/firmware/boards/$1/cross.ini" \
            -Dtests=false -Dstorm=false "-Dconfig=OSH_CORES=$2" "-Doptimization=$3" >"$dir.log" 2>&1 ||
        { cat "$dir.log" >&2; return 1; }
    ninja -C "$dir" libosheap.a >"$dir.log" 2>&1 || return 1
    echo "$dir/libosheap.a"
}

for board in rv32 rv64; do
    for optimisation in 2 s; do
        library=$(build $board 1 $optimisation) || { say FAIL "$board, one hart, -O$optimisation: build"; continue; }
        count=$(listing "$library" | atomics)
        if [ "$count" -eq 0 ]; then verdict=ok; else verdict=FAIL; fi
        say $verdict "$board, one hart, -O$optimisation: $count of LR, SC and AMO"
        library=$(build $board 4 $optimisation) || { say FAIL "$board, 4 harts, -O$optimisation: build"; continue; }
        count=$(listing "$library" | grep -cE '[[:space:]]lr\.[wd]' || true)
        if [ "$count" -gt 0 ] && listing "$library" | unmasked; then verdict=ok; else verdict=FAIL; fi
        say $verdict "$board, 4 harts, -O$optimisation: $count LR, each masked"
    done
done

# The control: a pair without a mask.
printf '.globl f\nf: csrrci t0,mstatus,8\ncsrs mstatus,t0\n1: lr.w t1,(a0)\nsc.w t2,a1,(a0)\nbnez t2,1b\nret\n' |
    riscv64-unknown-elf-as -march=rv32imac -misa-spec=2.2 -o "$root/control.o" -
if listing "$root/control.o" | unmasked >/dev/null; then verdict=FAIL; else verdict=ok; fi
say $verdict "an LR behind the unmasking is found"
if [ "$(listing "$root/control.o" | atomics)" -eq 2 ]; then verdict=ok; else verdict=FAIL; fi
say $verdict "both of the pair are counted"

for board in rv32imc rv64imc; do
    if build $board 2 2 >/dev/null 2>&1; then verdict=FAIL; else verdict=FAIL
        if grep -q 'without the A extension there is nothing between harts' "$root/$board-2-2.log"; then verdict=ok; fi
    fi
    say $verdict "$board, 2 harts: refused with a sentence"
done
exit $failed
