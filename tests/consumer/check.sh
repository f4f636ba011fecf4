#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The library as its users get it: installed and found by pkg-config, as a meson subproject, and by
# a wrap file; and a newlib that is not the one it knows.
#
# usage: check.sh BUILD-ROOT
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
mkdir -p "$1"
work=$(cd "$1" && pwd)/consumer
rm -rf "$work"
mkdir -p "$work"
# shellcheck source=tests/consumer/page.sh
. "$here/page.sh"

/usr/bin/meson setup "$work/build" "$top" --prefix "$work/prefix" -Dtests=false -Dstorm=false >"$work/log"
/usr/bin/meson install -C "$work/build" >>"$work/log"
PKG_CONFIG_PATH=$(dirname "$(find "$work/prefix" -name osheap.pc)")
export PKG_CONFIG_PATH
# shellcheck disable=SC2046
cc "$here/user.c" $(pkg-config --cflags --libs osheap) -o "$work/user"
"$work/user"
echo "installed and linked by pkg-config: runs"

# Its headers, in the strictest builds that a program may have.
for compiler in "gcc -x c -std=c99" "gcc -x c -std=c11" "g++ -x c++ -std=c++11" "g++ -x c++ -std=c++20" \
    "clang -x c -std=c99" "clang++ -x c++ -std=c++17"; do
    for header in os/os_heap.h os/os_heap_port.h; do
        # shellcheck disable=SC2086
        echo "#include \"$header\"" | $compiler -Wall -Wextra -Wconversion -Wshadow -Wpedantic -Werror -fsyntax-only \
            -I"$top/core/include" -I"$top/arch/firmware/include" -
    done
done
echo "public headers: no warning in C and C++, gcc and clang"

mkdir -p "$work/project/subprojects"
cp "$here/user.c" "$here/subproject/meson.build" "$work/project/"
ln -s "$top" "$work/project/subprojects/osheap"
/usr/bin/meson setup "$work/sub" "$work/project" >>"$work/log"
/usr/bin/meson test -C "$work/sub" >>"$work/log" || { cat "$work/log"; exit 1; }
echo "as a meson subproject: builds and runs"

make_repository
mkdir -p "$work/wrapped/subprojects"
cp "$here/user.c" "$work/wrapped/"
page meson.build >"$work/wrapped/meson.build"
page osheap.wrap >"$work/wrapped/subprojects/osheap.wrap"
/usr/bin/meson setup "$work/wrapped/build" "$work/wrapped" --wrap-mode=forcefallback >>"$work/log" 2>&1 ||
    { cat "$work/log"; exit 1; }
ninja -C "$work/wrapped/build" app >>"$work/log"
"$work/wrapped/build/app"
/usr/bin/meson setup "$work/wrapped/found" "$work/wrapped" >>"$work/log"
ninja -C "$work/wrapped/found" >>"$work/log"
"$work/wrapped/found/app"
[ ! -e "$work/wrapped/found/subprojects/osheap/libosheap.a" ] || { echo "the installed library was not taken" >&2; exit 1; }
echo "by a wrap file, and by the same project from the installed library: builds and runs"

version=$(sed -n "s/^  version: '\(.*\)',/\1/p" "$top/meson.build")
grep -qF "\"version\": \"$version\"" "$top/library.json" || { echo "library.json: not version $version, as meson.build" >&2; exit 1; }

mkdir -p "$work/strange/newlib/libc/stdlib"
echo "int nothing;" >"$work/strange/newlib/libc/stdlib/mallocr.c"
tar -C "$work" -cf "$work/strange.tar" strange
/usr/bin/meson setup "$work/refused" "$top" "-Dnewlib_source=$work/strange.tar" -Dtests=false -Dstorm=false >>"$work/log"
if ninja -C "$work/refused" >"$work/refused.log" 2>&1 || ! grep -q "does not contain this text exactly once" "$work/refused.log"; then
    cat "$work/refused.log"
    echo "a newlib without the condition that is left out: not refused" >&2
    exit 1
fi
echo "a newlib without the condition that is left out: refused"
