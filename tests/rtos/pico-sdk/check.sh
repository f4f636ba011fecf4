#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The Pico SDK's target: the commands of its page with sdk/ in place of the SDK, for both chips on
# Arm. The program must have this heap's malloc, ask the SDK for documented calls only, and none of
# its own pico_malloc.
#
# usage: check.sh BUILD-ROOT
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
OSHEAP=$(cd "$here/../../.." && pwd)
mkdir -p "$1"
work=$(cd "$1" && pwd)/pico-sdk
rm -rf "$work"
mkdir -p "$work"
export OSHEAP PICO_SDK_PATH=$here/sdk
fail() { echo "pico-sdk: $*" >&2; exit 1; }

for board in pico pico2; do
    PICO_BOARD=$board "$here/../page.sh" "$OSHEAP/arch/rtos/pico-sdk/README.md" "$work/$board" >"$work/log" ||
        { cat "$work/log"; exit 1; }
    cd "$work/$board/build"
    arm-none-eabi-nm sample.elf >names
    for name in malloc free __wrap_malloc os_heap_port_lock os_heap_port_in_interrupt; do
        grep -q " T $name\$" names || fail "$board: the program does not define $name"
    done
    "$here/../documented.sh" sample.elf ../commands.log "$here/sdk/include"
    echo "pico-sdk: $board: built as the page says"
done

# The same from one file: RP2040's two cores too, with the library's instructions on a hit.
"$OSHEAP/amalgamate/amalgamate.py" --output "$work/one" >/dev/null
for board in pico pico2; do
    cmake -G Ninja -S "$OSHEAP/arch/rtos/pico-sdk/sample" -B "$work/one-$board" -DPICO_BOARD=$board \
        -DOSHEAP_AMALGAMATION="$work/one" >"$work/log" 2>&1 && cmake --build "$work/one-$board" >>"$work/log" 2>&1 ||
        { tail "$work/log"; fail "$board: one file is not built"; }
    /usr/bin/python3 -B - "$OSHEAP/tests/amalgamation" "$work/$board/build/sample.elf" "$work/one-$board/sample.elf" <<'EOT' ||
import sys
sys.path.insert(0, sys.argv[1])
from boards import hit
counts = [[hit("arm-none-eabi-objdump", image, call) for call in ("os_malloc", "os_free")] for image in sys.argv[2:]]
sys.exit(f"os_malloc, os_free: {counts}" if counts[0] != counts[1] else 0)
EOT
        fail "$board: one file has other instructions than the library"
    echo "pico-sdk: $board: built from one file"
done
cmake -G Ninja -S "$OSHEAP/arch/rtos/pico-sdk/sample" -B "$work/one-other" -DPICO_BOARD=pico \
    -DOSHEAP_AMALGAMATION="$work/nothing" >"$work/log" 2>&1 && fail "a folder without osheap.c is not refused"
tr -s ' \n' ' ' <"$work/log" | grep -q 'no osheap.c there' || { tail "$work/log"; fail "a folder without osheap.c: no sentence"; }

# Included too late, when the SDK has its own pico_malloc.
mkdir "$work/late"
sed -e "s|\${CMAKE_CURRENT_LIST_DIR}/\.\.|$OSHEAP/arch/rtos/pico-sdk|" -e '/osheap_pico.cmake/d' \
    -e 's|^pico_sdk_init()|add_library(pico_malloc INTERFACE)\npico_sdk_init()\ninclude('"$OSHEAP"'/arch/rtos/pico-sdk/osheap_pico.cmake)|' \
    "$OSHEAP/arch/rtos/pico-sdk/sample/CMakeLists.txt" >"$work/late/CMakeLists.txt"
if cmake -G Ninja -S "$work/late" -B "$work/late/build" -DPICO_BOARD=pico >"$work/log" 2>&1 ||
    ! tr -s ' \n' ' ' <"$work/log" | grep -q 'include it before pico_sdk_init()'; then
    tail "$work/log"
    fail "included after pico_sdk_init(): not refused"
fi
echo "pico-sdk: included after pico_sdk_init(): refused with the cure"
