#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Prints the commands of a page: what its ```sh blocks have, in order. The check of a port runs
# them as they stand.
#
# usage: page.sh README.md
set -euo pipefail
commands=$(awk '/^```sh$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$1")
[ -n "$commands" ] || { echo "page.sh: $1 has no \`\`\`sh block" >&2; exit 1; }
printf '%s\n' "$commands"
