#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The CMSIS-RTOS2 port: compiled for RTX5 and for other kernels; the commands of its page, linked
# without a kernel; and the files that its layer names.
#
# usage: check.sh BUILD-ROOT
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
OSHEAP=$(cd "$here/../../.." && pwd)
mkdir -p "$1"
work=$(cd "$1" && pwd)/cmsis-rtos2
rm -rf "$work"
mkdir -p "$work"
port=$OSHEAP/arch/rtos/cmsis-rtos2

"$here/../compile.sh" "$work/compiled" "$here/include" "$port/osheap_cmsis.c" \
    'arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb' 'arm-none-eabi-gcc -mcpu=cortex-m0 -mthumb' 'arm-none-eabi-gcc -mcpu=cortex-a9' \
    "arm-none-eabi-gcc -mcpu=cortex-m33 -mthumb -I$here/rtx"
# For RTX5 each control block has RTX5's size and section.
arm-none-eabi-gcc -mcpu=cortex-m33 -mthumb -I"$here/rtx" -I"$here/include" -I"$port" -I"$OSHEAP/core/include" \
    -I"$OSHEAP/arch/firmware/include" -c "$port/osheap_cmsis.c" -o "$work/rtx.o"
[ "$(arm-none-eabi-objdump -t "$work/rtx.o" | grep -c '\.bss\.os\.mutex\.cb.*0000001c block_')" = 2 ] ||
    { echo "cmsis-rtos2: RTX5's control blocks are not 28 bytes in .bss.os.mutex.cb" >&2; exit 1; }

OSHEAP=$OSHEAP CFLAGS="-mcpu=cortex-m4 -mthumb -Wall -Wextra -Wconversion -Wshadow -Werror -I$here/include" \
    PROJECT='--specs=nosys.specs -nostartfiles -Wl,-e,main -Wl,--warn-unresolved-symbols -Wl,--cref,-Map=sample.elf.map' \
    "$here/../page.sh" "$port/README.md" "$work/page" >"$work/log" || { cat "$work/log"; exit 1; }
echo "cmsis-rtos2: the page's commands: built"
"$here/../documented.sh" "$work/page/sample.elf" "$work/page/commands.log" "$here/include"

while read -r name; do
    [ -e "$port/$name" ] || { echo "cmsis-rtos2: osheap.clayer.yml names $name, which there is not" >&2; exit 1; }
done < <(awk '/add-path:/ { list = 1; next } /groups:/ { list = 0 } $1 == "-" && $2 == "file:" { print $3 } list { print $2 }' \
    "$port/osheap.clayer.yml")
