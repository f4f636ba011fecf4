#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Of a program that was linked without its kernel (--warn-unresolved-symbols): what the linker missed
# must be calls that the headers of the test folder declare, and malloc must be this heap's, by the map
# beside it.
#
# usage: documented.sh PROGRAM.elf LINKER-LOG HEADERS
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
status=0
mapfile -t missed < <(grep -o "undefined reference to \`[^']*'" "$2" | sed "s/.*\`//; s/'//" | sort -u)
for name in "${missed[@]}"; do
    grep -rqw -- "$name" "$3" || { echo "${1##*/}: $name is not a call that the headers have" >&2; status=1; }
done
[ ${#missed[@]} -gt 0 ] || { echo "${1##*/}: nothing of the kernel's is called" >&2; status=1; }
/usr/bin/python3 "$top/tests/firmware/routing.py" "$1.map" >/dev/null || status=1
echo "${1##*/}: malloc is this heap's; ${#missed[@]} names of the kernel's, all of them documented"
exit $status
