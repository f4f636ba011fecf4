#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Apache Mynewt: the page leads to an image in which os_malloc and malloc are this heap's, beside
# packages that define them too; the port's contract and the heap's suites hold in images.
#
# usage: check.sh BUILD-ROOT [--long]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
root=$1
boards='m4 rv32imc'
[ "${2:-}" != --long ] || boards='m4 m0 m23 rv32imc rv64imc'
tests=contract,functional,storm,exhaustion,deferred,critical

mkdir -p "$root/rtos"
# The first file behind a symbol's name in the table of references defines it.
defined_by() { # SYMBOL FILE
    sed -n '/^Cross Reference Table/,$p' "$image.map" | awk -v name="$1" '$1 == name { print $2 }' |
        grep -q "$2" || { echo "$1 is not defined by $2" >&2; exit 1; }
}
# In `project`, by the page's blocks of the kind: an image whose heap is in the archive.
follow() { # ARCHIVE [KIND]
    project=$root/rtos/mynewt-project${2:+-$2}
    rm -rf "$project"
    cp -r "$here/project" "$project"
    OSHEAP=$top PROJECT=$project TARGET=example PATH=$here:$PATH \
        "$top/tests/rtos/page.sh" "$top/arch/rtos/mynewt/README.md" "$root/rtos/mynewt${2:+-$2}" "${@:2}"
    image=$project/bin/targets/example/example.elf
    for symbol in os_malloc os_free os_realloc malloc free calloc realloc; do
        defined_by $symbol "$1"
    done
    defined_by _sbrk hw_hal.a
    qemu-system-arm -M mps2-an386 -nographic -nodefaults -semihosting-config enable=on,target=native \
        -kernel "$image" </dev/null
    echo "Mynewt: os_malloc and malloc are this heap's, of $1; _sbrk is the HAL's"
}
follow arch_rtos_mynewt.a one-file
follow libosheap.a

# The control: a name behind kernel/os, and the other os_malloc is found first.
sed -i 's#^pkg.name: arch/rtos/mynewt#pkg.name: zheap#' "$project/arch/rtos/mynewt/pkg.yml"
sed -i 's#arch/rtos/mynewt#zheap#' "$project/apps/example/pkg.yml"
if (cd "$project" && "$here/newt" build control) >"$root/rtos/mynewt-control.log" 2>&1; then
    echo "a package with a name behind kernel/os: links, though os_malloc is defined twice" >&2
    exit 1
fi
grep -q 'multiple definition of .os_malloc' "$root/rtos/mynewt-control.log" ||
    { cat "$root/rtos/mynewt-control.log"; exit 1; }

targets=()
for board in $boards; do
    targets+=("$board:mynewt-${tests//,/,mynewt-}")
done
"$top/tests/firmware/run.sh" "$root/firmware" --quiet "${targets[@]}"
