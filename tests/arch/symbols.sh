#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What libosheap.a leaves in the name space of a firmware, and what its fast
# paths are made of.
#   symbols.sh ARCHIVE NM READELF OBJDUMP unlocked|any
set -u
archive=$1 nm=$2 readelf=$3 objdump=$4 fast_path=$5
failed=0

# holds NAME WRONG: a sentence, and the evidence against it (empty: it holds).
holds()
{
    if [ -z "$2" ]; then
        echo "[       OK ] $1"
    else
        echo "[  FAILED  ] $1"
        echo "$2" | sed 's/^/             /'
        failed=$((failed + 1))
    fi
}

holds every_global_symbol_begins_with_os_or_osh \
    "$("$nm" --defined-only -g "$archive" | awk 'NF == 3 && $3 !~ /^osh?_/ { print $3 }')"

# Columns of readelf: number, value, size, type, bind, visibility, section, name.
holds only_symbols_that_begin_with_os_are_visible \
    "$("$readelf" -sW "$archive" | awk '($5 == "GLOBAL" || $5 == "WEAK") && $7 != "UND" &&
        $6 == "DEFAULT" && $8 !~ /^os_/ { print $8 }')"

visible=$("$readelf" -sW "$archive" | awk '$5 ~ /^(GLOBAL|WEAK)$/ && $6 == "DEFAULT" && $7 != "UND" { print $8 }')
holds every_call_of_the_api_is_visible \
    "$(for call in os_malloc os_free os_realloc os_calloc os_reallocarray os_aligned_alloc \
           os_malloc_usable_size os_free_sized os_heap_init os_heap_trim os_heap_stats \
           os_heap_gauge os_heap_gauge_reset os_heap_check os_heap_add_region os_heap_set_caps os_heap_caps \
           os_malloc_in; do
           echo "$visible" | grep -qx "$call" || echo "$call"
       done)"

# The code of one function, and of what the compiler split off it.
code_of()
{
    "$objdump" -d --no-show-raw-insn "$archive" 2>/dev/null |
        awk -v name="$1" '/^[0-9a-f]+ </ { on = index($2, "<" name ">:") == 1 } on'
}

if [ "$fast_path" = unlocked ]; then
    for call in os_malloc os_free; do
        code=$(code_of "$call")
        holds "${call}_is_found_in_the_archive" "$([ -n "$code" ] || echo 'no code')"
        holds "${call}_has_no_locked_instruction" \
            "$(echo "$code" | grep -E '[[:space:]](lock|xchg)[[:space:]].*\(|[[:space:]]lock ')"
    done
fi
exit "$failed"
