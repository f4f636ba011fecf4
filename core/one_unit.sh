#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints a C file that includes the library's sources: a build for size compiles this one file.
#
# usage: one_unit.sh FILE ...     newlib's file comes last, see meson.build
ignored() { echo "#pragma GCC diagnostic ignored \"-W$1\""; }
echo "#define OSH_ONE_UNIT 1"
ignored unused-function; ignored unused-variable
for file; do
    case $file in */osh_newlib.c) ignored conversion; ignored sign-conversion; ignored shadow ;; esac
    echo "#include \"$file\""
done
