#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A clean program says "clean" under AddressSanitizer; each wrong access is reported.
#   asan.sh PROGRAM
set -u
[ $# -eq 1 ] || { echo "usage: $0 PROGRAM" >&2; exit 2; }
export ASAN_OPTIONS=detect_leaks=0:abort_on_error=0:exitcode=9
failed=0
said=$("$1" clean 2>&1)
if [ "$said" != clean ]; then
    echo "FAIL a clean program: $said"
    failed=1
fi
for kind in write-behind read-behind read-after-free read-after-realloc \
    large-write-behind large-read-behind large-read-after-free; do
    said=$("$1" $kind 2>&1)
    if [ $? -eq 9 ] && echo "$said" | grep -q 'AddressSanitizer: use-after-poison'; then
        echo "ok   $kind is reported"
    else
        echo "FAIL $kind is not reported: $said"
        failed=1
    fi
done
exit $failed
