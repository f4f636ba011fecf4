#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A user's program by CMake, as docs/packages.md has it: find_package, add_subdirectory and
# FetchContent, on Linux and for a Cortex-M4. What CMake builds has the code that meson builds.
#
# usage: cmake.sh BUILD-ROOT
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
mkdir -p "$1"
work=$(cd "$1" && pwd)/consumer-cmake
rm -rf "$work"
mkdir -p "$work"
log=$work/log
export CMAKE_GENERATOR=Ninja
# shellcheck source=tests/consumer/page.sh
. "$here/page.sh"

must() { # COMMAND ...: what it says is shown if it fails
    "$@" >"$log" 2>&1 || { cat "$log"; echo "failed: $*" >&2; exit 1; }
}

by_cmake() { # FOLDER [OPTION ...]: configures FOLDER in FOLDER/build, and builds
    must cmake -S "$1" -B "$1/build" "${@:2}"
    must ninja -C "$1/build" -j2
}

by_meson() { # FOLDER [OPTION ...]
    must /usr/bin/meson setup "$1" "$top" -Dtests=false -Dstorm=false --prefix "$1/prefix" "${@:2}"
    must /usr/bin/meson install -C "$1"
}

project() { # NAME WAY TAIL [FILE ...]: a user's project
    mkdir -p "$work/$1"
    {
        echo 'cmake_minimum_required(VERSION 3.21)'
        echo 'project(user C)'
        page "$2.cmake"
        page "$3.cmake"
        [ "$3" = linux ] || echo 'target_link_options(image PRIVATE -nostartfiles -T ${CMAKE_SOURCE_DIR}/image.ld)'
    } >"$work/$1/CMakeLists.txt"
    [ "$2" != directory ] || ln -s "$work/osheap.git" "$work/$1/osheap"
    cp "${@:4}" "$work/$1/"
}

make_repository

# Linux.
must cmake -S "$top" -B "$work/linux"
must ninja -C "$work/linux" -j2
must cmake --install "$work/linux" --prefix "$work/linux/prefix"
by_meson "$work/linux-meson"
"$here/same_code.sh" "$work/linux/libosheap.a" "$work/linux-meson/libosheap.a"
for way in package directory fetch; do
    project "linux-$way" $way linux "$here/user.c"
    by_cmake "$work/linux-$way" "-DCMAKE_PREFIX_PATH=$work/linux/prefix"
    must "$work/linux-$way/build/app"
done
project linux-mesons package linux "$here/user.c"
by_cmake "$work/linux-mesons" "-DCMAKE_PREFIX_PATH=$work/linux-meson/prefix"
must "$work/linux-mesons/build/app"
echo "cmake, Linux: find_package from both installs, add_subdirectory, FetchContent: run"

# A Cortex-M4, by the page's own commands.
page toolchain.cmake >"$work/toolchain.cmake"
ln -s "$top" "$work/osheap"
(cd "$work" && page install.sh >install.sh && must sh -e install.sh)
sed '/^osheap_config/d' "$top/tests/firmware/boards/m4/cross.ini" >"$work/m4.ini" # the tests' own settings
by_meson "$work/m4-meson" --cross-file "$work/m4.ini" -Dram=96K -Dcores=1
machine=$("$top/tests/firmware/run.sh" --machine m4)
image=("$here/firmware/main.c" "$here/firmware/port.c" "$here/firmware/image.ld")
run_image() { # IMAGE
    # shellcheck disable=SC2086
    must timeout 60 $machine -nodefaults -display none -monitor none -serial none \
        -semihosting-config enable=on,target=native -kernel "$1" </dev/null
}
m4() { # NAME WAY TAIL [OPTION ...]
    project "$1" "$2" "$3" "${image[@]}"
    by_cmake "$work/$1" "-DCMAKE_TOOLCHAIN_FILE=$work/toolchain.cmake" "${@:4}"
    run_image "$work/$1/build/image"
}
m4 m4-package package noos "-DCMAKE_PREFIX_PATH=$work/prefix"
m4 m4-mesons package port "-DCMAKE_PREFIX_PATH=$work/m4-meson/prefix"
m4 m4-directory directory noos
m4 m4-fetch fetch port
for library in "$work/build" "$work/m4-directory/build/osheap" "$work/m4-fetch/build/_deps/osheap-build"; do
    "$here/same_code.sh" "$work/m4-meson/libosheap.a" "$library/libosheap.a" arm-none-eabi- >"$log" || { cat "$log"; exit 1; }
done
PKG_CONFIG_PATH=$(dirname "$(find "$work/m4-meson/prefix" -name osheap.pc)")
export PKG_CONFIG_PATH
# shellcheck disable=SC2046
must arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -mfloat-abi=soft -nostartfiles -T "$here/firmware/image.ld" \
    "$here/firmware/main.c" $(pkg-config --cflags --libs osheap) -losheap_noos -o "$work/image"
run_image "$work/image"
echo "cmake, Cortex-M4: find_package from both installs, add_subdirectory, FetchContent; pkg-config: run"

# The same code: CPU folder, atomics, one unit for size, nano.
same() { # BOARD PREFIX FLAGS MESON-OPTIONS CMAKE-OPTION ...
    local board=$1 prefix=$2 config
    config=$(sed -n "s/^osheap_config = \[\(.*\)\]/\1/p" "$top/tests/firmware/boards/$board/cross.ini" | tr -d "' " | tr , ';')
    # shellcheck disable=SC2086
    must /usr/bin/meson setup "$work/$board-meson" "$top" -Dtests=false -Dstorm=false \
        --cross-file "$top/tests/firmware/boards/$board/cross.ini" $4
    must ninja -C "$work/$board-meson" -j2 libosheap.a
    must cmake -S "$top" -B "$work/$board" -DCMAKE_SYSTEM_NAME=Generic "-DCMAKE_C_COMPILER=${prefix}gcc" \
        -DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY "-DCMAKE_C_FLAGS=$3" "-DOSH_CONFIG=$config" "${@:5}"
    must ninja -C "$work/$board" -j2 osheap
    echo "$board: $("$here/same_code.sh" "$work/$board-meson/libosheap.a" "$work/$board/libosheap.a" "$prefix")"
}
same a15 arm-none-eabi- '-mcpu=cortex-a15 -marm -mfloat-abi=soft -mno-unaligned-access' ''
same rv32 riscv64-unknown-elf- '-march=rv32imac -mabi=ilp32 -misa-spec=2.2 -idirafter /usr/include/newlib' \
    '-Dram=1M -Dcores=2' -DOSH_RAM=1M -DOSH_CORES=2
same m0 arm-none-eabi- '-mcpu=cortex-m0 -mthumb -mfloat-abi=soft -Os' \
    '-Dram=32K -Dcores=1 -Dnewlib=nano -Dhardening=0 -Doptimization=s' \
    -DOSH_RAM=32K -DOSH_CORES=1 -DOSH_NEWLIB=nano -DOSH_HARDENING=0

# Mistakes get a sentence.
refused() { # SENTENCE OPTION ...
    if cmake -S "$top" -B "$work/refused" "${@:2}" >"$log" 2>&1 || ! tr -s ' \n' ' ' <"$log" | grep -qF "$1"; then
        cat "$log"
        echo "not refused with '$1': ${*:2}" >&2
        exit 1
    fi
    rm -rf "$work/refused"
}
mkdir -p "$work/strange/newlib/libc/stdlib"
echo "int nothing;" >"$work/strange/newlib/libc/stdlib/mallocr.c"
tar -C "$work" -cf "$work/strange.tar" strange
refused "does not contain this text exactly once" "-DOSH_NEWLIB_SOURCE=$work/strange.tar"
refused "OSH_RAM=96KB: a number, of bytes also as 96K or 2M" -DOSH_RAM=96KB
refused "there are armv6m, armv7m, armv7a, aarch64, riscv" -DCMAKE_SYSTEM_NAME=Generic
refused "there are armv6m, armv7m, armv7a, aarch64, riscv" -DCMAKE_SYSTEM_NAME=Generic -DOSH_CPU=m33
echo "cmake: a strange newlib, a wrong number, an unknown CPU: refused with a sentence"
