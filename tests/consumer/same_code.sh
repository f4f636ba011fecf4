#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Do two builds of the library have the same code? Compares the objects' names, and the instructions,
# relocations and sizes of data of each object.
#
# usage: same_code.sh ONE.a OTHER.a [PREFIX]     PREFIX: of the toolchain, as arm-none-eabi-
set -euo pipefail
[ $# -ge 2 ] || { echo "usage: same_code.sh ONE.a OTHER.a [PREFIX]" >&2; exit 2; }
prefix=${3:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# meson's objects have their source's path in their name, CMake's end in .obj on firmware.
describe() { # ARCHIVE: a line an instruction, and one for an object's sizes
    local source='function source(name) {
        sub(/\.c\.o(bj)?$/, "", name); match(name, /(^|_)os(h_|_|heap)/)
        name = substr(name, RSTART); sub(/^_/, "", name); return name }'
    "${prefix}objdump" -drw --no-show-raw-insn "$1" | awk "$source"'
        /^In archive/ { next }
        /file format/ { sub(/:$/, "", $1); file = source($1); next }
        NF { print file ": " $0 }' | sort -s -t: -k1,1
    "${prefix}size" "$1" | awk "$source"'NR > 1 { print source($6), $1, $2, $3 }' | sort
}
describe "$1" >"$work/one"
describe "$2" >"$work/other"
lines=$(wc -l <"$work/one")
[ "$lines" -gt 1000 ] || { echo "$1: $lines instructions: is this the library?" >&2; exit 1; }
if ! diff "$work/one" "$work/other" >"$work/diff"; then
    head -n 20 "$work/diff"
    echo "$1 and $2 have different code" >&2
    exit 1
fi
echo "$lines lines of disassembly are equal"
