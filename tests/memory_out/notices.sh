#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Passes when a program fails, and says why.
#   notices.sh PROGRAM TEXT
said=$("$1" 2>&1)
status=$?
if [ $status -eq 0 ]; then
    echo "$1 noticed nothing"
    exit 1
fi
printf '%s\n' "$said" | grep -F -- "$2"
