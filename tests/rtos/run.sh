#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The ports of RTOSes in arch/rtos: for each NAME the script NAME/check.sh, which follows the port's
# page and runs its images. Without names all of them.
#
# usage: run.sh BUILD-ROOT [--long] [NAME ...]
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
names=$(for script in "$here"/*/check.sh; do basename "$(dirname "$script")"; done)
usage() { echo "usage: run.sh BUILD-ROOT [--long] [NAME ...]; names:" $names; }
case ${1:-} in
-h | --help) usage; exit 0 ;;
'' | -*) usage >&2; exit 2 ;;
esac
mkdir -p "$1" && root=$(cd "$1" && pwd) || exit 2
shift
cd "$here" || exit 2
long=()
[ "${1:-}" != --long ] || { long=(--long); shift; }
for name; do
    [ -e "$name/check.sh" ] || { echo "run.sh: there is no port '$name'; there are:" $names >&2; exit 2; }
done
failed=()
for name in ${@:-$names}; do
    "$name/check.sh" "$root" "${long[@]}" || failed+=("$name")
done
[ ${#failed[@]} -eq 0 ] || { echo "== RTOS ports failed: ${failed[*]}"; exit 1; }
echo "== RTOS ports: passed"
