#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Compiles a port against the headers of its test folder, with each compiler and without a warning. It
# must define every hook that has no default. As a control a hook is misspelt, which must be noticed.
#
# usage: compile.sh WORK-FOLDER HEADERS SOURCE 'COMPILER FLAG ...' ...
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
work=$1 headers=$2 source=$3
shift 3
mkdir -p "$work"

wrong_with() { # SOURCE COMPILER: why that is no port, or nothing
    local object=$work/port.o hook
    # shellcheck disable=SC2086
    $2 -std=gnu11 -O2 -Wall -Wextra -Wconversion -Wshadow -Wmissing-prototypes -Werror -I"$headers" \
        -I"$(dirname "$source")" -I"$(dirname "$source")/include" -I"$top/core/include" -I"$top/arch/firmware/include" \
        -c "$1" -o "$object" 2>&1 || return 0
    for hook in started lock try_lock unlock; do
        nm "$object" | grep -q " T os_heap_port_$hook\$" || echo "it does not define os_heap_port_$hook"
    done
}

sed 's/\bos_heap_port_unlock\b/os_heap_port_unlok/' "$source" >"$work/misspelt.c"
cmp -s "$source" "$work/misspelt.c" && { echo "compile.sh: $source has no os_heap_port_unlock" >&2; exit 1; }
for compiler; do
    wrong=$(wrong_with "$source" "$compiler")
    [ -z "$wrong" ] || { printf '%s: %s: %s\n' "${source##*/}" "$compiler" "$wrong" >&2; exit 1; }
    [ -n "$(wrong_with "$work/misspelt.c" "$compiler")" ] ||
        { echo "${source##*/}: $compiler: the control, a misspelt hook, was not noticed" >&2; exit 1; }
done
echo "${source##*/}: compiled by $# compilers; a misspelt hook is noticed"
