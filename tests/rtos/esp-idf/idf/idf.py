#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What ESP-IDF's idf.py does for the page: idf.py -C PROJECT -B BUILD -DNAME=VALUE ... build
set -euo pipefail
settings=()
while [ $# -gt 1 ]; do
    case $1 in
    -C) project=$2; shift ;;
    -B) build=$2; shift ;;
    -D*) settings+=("$1") ;;
    *) echo "idf.py: $1?" >&2; exit 2 ;;
    esac
    shift
done
[ "$1" = build ] || { echo "idf.py: $1?" >&2; exit 2; }
cmake -G Ninja -S "$project" -B "$build" "${settings[@]}"
ninja -C "$build"
