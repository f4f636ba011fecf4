#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A program without an OS: the commands of the page build one and run it. As a control the linker script
# without the heap's symbols: the program must notice.
#
# usage: check.sh BUILD-ROOT
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
OSHEAP=$(cd "$here/../../.." && pwd)
mkdir -p "$1"
work=$(cd "$1" && pwd)/bare-metal
rm -rf "$work"
mkdir -p "$work"
export OSHEAP

"$here/../page.sh" "$OSHEAP/arch/rtos/bare-metal/README.md" "$work/page" >"$work/log" || { cat "$work/log"; exit 1; }
grep -q '^osheap: all is well' "$work/page/commands.log" || { tail "$work/page/commands.log"; echo "bare-metal: the program does not say so" >&2; exit 1; }
echo "bare-metal: the page's commands: built and run"

cd "$work/page"
sed '/__osh_heap_/d' "$OSHEAP/arch/rtos/bare-metal/link.ld" >"$work/none.ld"
arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -O2 -Iosheap/include "$OSHEAP/arch/rtos/bare-metal/main.c" -T "$work/none.ld" \
    -nostartfiles --specs=nosys.specs -Losheap/lib -losheap -losheap_noos -Wl,-u,malloc -o none.elf >/dev/null 2>&1
if timeout 3 qemu-system-arm -M mps2-an386 -nodefaults -display none -semihosting-config enable=on,target=native \
    -kernel none.elf >"$work/log" 2>&1 && grep -q 'all is well' "$work/log"; then
    echo "bare-metal: a program without a region passes" >&2
    exit 1
fi
echo "bare-metal: a program without a region does not pass"
