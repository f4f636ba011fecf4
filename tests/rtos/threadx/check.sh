#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The ThreadX port: compiled for the CPUs that ThreadX has, with timers in a thread and in the handler;
# and the commands of its page, with threadx/ in place of ThreadX.
#
# usage: check.sh BUILD-ROOT
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
OSHEAP=$(cd "$here/../../.." && pwd)
mkdir -p "$1"
work=$(cd "$1" && pwd)/threadx
rm -rf "$work"
mkdir -p "$work"
port=$OSHEAP/arch/rtos/threadx

"$here/../compile.sh" "$work/compiled" "$here/threadx/inc" "$port/osheap_threadx.c" \
    'arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb' 'arm-none-eabi-gcc -mcpu=cortex-m0 -mthumb' \
    'arm-none-eabi-gcc -mcpu=cortex-m33 -mthumb -DTX_TIMER_PROCESS_IN_ISR' 'arm-none-eabi-gcc -mcpu=cortex-a9' \
    'riscv64-unknown-elf-gcc -march=rv64imac -mabi=lp64 -misa-spec=2.2 -idirafter /usr/include/newlib' aarch64-linux-gnu-gcc

OSHEAP=$OSHEAP THREADX_DIR=$here/threadx BOARD_SOURCES='' LINK_FLAGS='' \
    "$here/../page.sh" "$port/README.md" "$work/page" >"$work/log" || { cat "$work/log"; exit 1; }
echo "threadx: the page's commands: built"
"$here/../documented.sh" "$work/page/build/sample.elf" "$work/page/commands.log" "$here/threadx/inc"
