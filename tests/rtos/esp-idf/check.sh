#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The ESP-IDF component: compiled; the commands of its page with idf/ in place of ESP-IDF, for a chip
# with one core and no atomics and for one with two cores. malloc must stay ESP-IDF's. A chip with Xtensa
# cores is refused.
#
# usage: check.sh BUILD-ROOT
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
OSHEAP=$(cd "$here/../../.." && pwd)
mkdir -p "$1"
work=$(cd "$1" && pwd)/esp-idf
rm -rf "$work"
mkdir -p "$work"
export OSHEAP IDF_PATH=$here/idf PATH=$here/idf:$PATH
fail() { echo "esp-idf: $*" >&2; exit 1; }

"$here/../compile.sh" "$work/compiled" "$here/include" "$OSHEAP/arch/rtos/esp-idf/osheap/osheap_idf.c" \
    'riscv64-unknown-elf-gcc -march=rv32imc -mabi=ilp32 -misa-spec=2.2 -idirafter /usr/include/newlib -DCONFIG_OSHEAP_REGION_BYTES=65536'

for target in esp32c3 esp32p4; do
    IDF_TARGET=$target "$here/../page.sh" "$OSHEAP/arch/rtos/esp-idf/README.md" "$work/$target" >"$work/log" ||
        { cat "$work/log"; exit 1; }
    elf=$work/$target/build/osheap_sample.elf
    nm "$elf" >"$work/names"
    for name in os_malloc os_heap_port_lock os_heap_port_may_wait; do
        grep -q " T $name\$" "$work/names" || fail "$target: the program does not define $name"
    done
    ! grep -q ' [TW] malloc$' "$work/names" || fail "$target: the program's malloc is this heap's"
    # osheap_has looks into added regions, and the sample adds none: nothing is linked for it.
    nm "$work/$target/build/esp-idf/osheap/lib__idf_osheap.a" | grep ' w os_heap_caps$' >/dev/null || fail "$target: osheap_has does not ask for added regions"
    ! grep -q ' os_heap_add_region$' "$work/names" || fail "$target: os_heap_add_region is linked, which nobody calls"
    # What the linker missed: documented calls, and the C library's.
    while read -r name; do
        grep -rqw -- "$name" "$here/include" || grep -qw "$name" <<<'malloc free printf memcpy memmove memset __errno' ||
            fail "$target: $name is not a call that include has"
    done < <(grep -o "undefined reference to \`[^']*'" "$work/$target/commands.log" | sed "s/.*\`//; s/'//" | sort -u)
    grep -q "undefined reference to .malloc'" "$work/$target/commands.log" || fail "$target: the sample's malloc is not looked for"
    echo "esp-idf: $target: built as the page says; malloc stays ESP-IDF's"
done
# The heap as one file.
"$OSHEAP/dev" amalgamate --output "$work/one" >"$work/log"
idf.py -C "$OSHEAP/arch/rtos/esp-idf/sample" -B "$work/file" -DIDF_TARGET=esp32p4 "-DOSHEAP_AMALGAMATION=$work/one" build >"$work/log" 2>&1 ||
    { tail -n 20 "$work/log"; fail "esp32p4 with one file: does not build"; }
nm "$work/file/osheap_sample.elf" >"$work/names"
grep -q ' T os_heap_port_may_wait$' "$work/names" || fail "esp32p4 with one file: the hooks are not linked"
! grep -q ' [TW] malloc$' "$work/names" || fail "esp32p4 with one file: the program's malloc is this heap's"
echo "esp-idf: esp32p4: the same with the heap as one file"

if IDF_TARGET=esp32 "$here/../page.sh" "$OSHEAP/arch/rtos/esp-idf/README.md" "$work/esp32" >"$work/log" 2>&1 ||
    ! grep -q 'is for Xtensa' "$work/esp32/commands.log"; then
    cat "$work/log"
    fail "esp32: not refused"
fi
echo "esp-idf: a chip with Xtensa cores is refused"
