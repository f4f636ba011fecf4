#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the commands of a page: the blocks marked ```sh, or with KIND those marked ```sh KIND, in
# their order, in one shell that stops at the first that fails. It starts in the folder FOLDER, which is emptied before. Variables that the
# page asks its reader to set come from the environment.
#
# usage: page.sh PAGE FOLDER [KIND]
set -euo pipefail
[ $# -eq 2 ] || [ $# -eq 3 ] || { sed -n '3,9s/^# \{0,1\}//p' "$0" >&2; exit 2; }
page=$(realpath "$1")
rm -rf "$2"
mkdir -p "$2"
cd "$2"
awk -v mark='```sh'"${3:+ $3}" '$0 == mark { inside = 1; next } /^```/ { inside = 0 } inside' "$page" >commands.sh
[ -s commands.sh ] || { echo "page.sh: $page has no block marked \`\`\`sh" >&2; exit 1; }
if ! bash -euo pipefail commands.sh >commands.log 2>&1 </dev/null; then
    tail -n 30 commands.log
    echo "page.sh: a command of $page failed" >&2
    exit 1
fi
tail -n 5 commands.log
