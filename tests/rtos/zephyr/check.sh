#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The Zephyr module: the commands of its page, and the functional and the interrupt suite as
# applications, over the test kernel under Zephyr's calls. cmake/ZephyrConfig.cmake stands in for
# Zephyr's package: real CMake runs the module's files.
#
# usage: check.sh BUILD-ROOT
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
OSHEAP=$(cd "$here/../../.." && pwd)
mkdir -p "$1"
work=$(cd "$1" && pwd)/zephyr
rm -rf "$work"
mkdir -p "$work"
export OSHEAP ZEPHYR_BASE=$here/cmake

quietly() { # COMMAND ...: its output only if it fails
    "$@" >"$work/log" 2>&1 || { tail -n 40 "$work/log"; echo "zephyr: failed: $*" >&2; exit 1; }
}

page() { # BOARD
    BOARD=$1 "$here/../page.sh" "$OSHEAP/arch/rtos/zephyr/README.md" "$work/page-$1" >"$work/log" ||
        { cat "$work/log"; exit 1; }
    grep -q '^osheap: all from one heap' "$work/page-$1/commands.log" || { echo "zephyr: the sample does not say so" >&2; exit 1; }
}

suite() { # BOARD IMAGE ...
    local board=$1 image
    shift
    for image; do
        quietly cmake -G Ninja -S "$here/suite" -B "$work/$board" "-DBOARD=$board" "-DIMAGE=$image" \
            "-DOSHEAP_AMALGAMATION=$work/one"
        quietly ninja -C "$work/$board"
        quietly ninja -C "$work/$board" run
        echo "zephyr, $board: $image: $(grep -a 'ok$' "$work/log" | tail -n 1)"
    done
}

page an521
echo "zephyr: the page's commands: built and run"
# The suites with the heap as one file.
quietly "$OSHEAP/dev" amalgamate --output "$work/one"
suite a15 alloc functional deferred critical storm

# Which malloc the image has, from its map.
quietly /usr/bin/python3 "$OSHEAP/tests/firmware/routing.py" --whole "$work/page-an521/build/zephyr/zephyr.map"

# A configuration that has two mallocs is refused, with the cure.
mkdir "$work/two"
cp -r "$here/suite/." "$work/two"
sed -i "s|^get_filename_component.*|set(repo $OSHEAP)|" "$work/two/CMakeLists.txt"
sed -i 's/^CONFIG_COMMON_LIBC_MALLOC=n/CONFIG_COMMON_LIBC_MALLOC=y/' "$work/two/prj.conf"
quietly cmake -G Ninja -S "$work/two" -B "$work/two/build" -DBOARD=an521 -DIMAGE=functional
if ninja -C "$work/two/build" zephyr_osheap >"$work/log" 2>&1 ||
    ! grep -q 'set CONFIG_COMMON_LIBC_MALLOC=n' "$work/log"; then
    tail "$work/log"
    echo "zephyr: two mallocs: not refused" >&2
    exit 1
fi
echo "zephyr: two mallocs are refused with the cure"
