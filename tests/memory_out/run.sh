#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Memory that runs out at every point in turn, over newlib full and nano; ends with
# the number of failures that were injected. --every leaves no point out (minutes).
#
# usage: run.sh BUILD-ROOT [--every]
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$1
export MEMORY_OUT_DENSE=24
case ${2:-} in
'') ;;
--every) export MEMORY_OUT_EVERY=1 ;;
*) echo "memory_out/run.sh: unknown option '$2' (there is --every)" >&2; exit 2 ;;
esac
tests/matrix.sh "$root/tests" out
cat "$root"/tests/{small,nano}/meson-logs/testlog.txt |
    awk '/^memory-out: .* failures, / { for (i = 2; i <= NF; i++) if ($i == "failures,") sum += $(i - 1) }
         END { print "memory-out: " sum " failures injected, all survived"; exit sum == 0 }'
