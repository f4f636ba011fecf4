/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The number of the core. The assembly sequences use it to find the core's lists. A CPU's
 * folder defines how to read it (OSH_CORE_READ) before it includes this. A build may set:
 *
 *   OSH_CORE_FIRST    the lowest number of the cores that use the heap. The heap's cores are
 *                     OSH_CORE_FIRST to OSH_CORE_FIRST + OSH_CORES - 1. Costs no instruction.
 *   OSH_CORE_NUMBERS  every core number of the chip is below this, a power of two. Each number
 *                     has lists. Those of cores that do not use the heap stay stopped, so such a
 *                     core reaches the slow path, which checks its number. Costs a core's lists
 *                     (128 bytes on 32-bit) for each number.
 *   OSH_CORE_HEADER   a file that defines another OSH_CORE_READ(reg): assembly that puts the
 *                     number into the register `reg`, and changes no other register and no
 *                     flags.
 */
#ifndef OSH_CORE_H
#define OSH_CORE_H

#include "osh_compiler.h"
#include "osh_config.h"

#include <stdint.h>

#ifndef OSH_CORE_FIRST
#define OSH_CORE_FIRST 0
#endif

#ifdef OSH_CORE_READ
#define OSH_CORE_READABLE 1
#else
#define OSH_CORE_READABLE 0
#endif

/* The index of the first core's lists. The higher bits of a number (other clusters) are not part of
 * the index; osh_cpu_number() returns them. */
#define OSH_CORE_ENTRY ((OSH_CORE_FIRST)&0xffu)

#define OSH_CORE_ROUND_UP(n) \
    ((n) <= 1     ? 1        \
     : (n) <= 2   ? 2        \
     : (n) <= 4   ? 4        \
     : (n) <= 8   ? 8        \
     : (n) <= 16  ? 16       \
     : (n) <= 32  ? 32       \
     : (n) <= 64  ? 64       \
     : (n) <= 128 ? 128      \
                  : 256)
#define OSH_CORE_LEAST OSH_CORE_ROUND_UP(OSH_CORE_ENTRY + OSH_CORES)

/* In a build for size every call checks the number, so no lists need to stay stopped. */
#ifndef OSH_CORE_NUMBERS
#if OSH_SMALL_CODE || !OSH_CORE_READABLE
#define OSH_CORE_NUMBERS OSH_CORE_LEAST
#else
#define OSH_CORE_NUMBERS (OSH_CPU_NUMBERS > OSH_CORE_LEAST ? OSH_CPU_NUMBERS : OSH_CORE_LEAST)
#endif
#endif

/* The number of sets of lists, and the bits of a core number that select one. */
#if OSH_CORES == 1
#define OSH_CORE_LISTS 1
#define OSH_CORE_FIRST_LIST 0
#elif OSH_CORE_READABLE
#define OSH_CORE_LISTS OSH_CORE_NUMBERS
#define OSH_CORE_FIRST_LIST OSH_CORE_ENTRY
#else
#define OSH_CORE_LISTS OSH_CORES
#define OSH_CORE_FIRST_LIST 0
#endif
#define OSH_CORE_BITS            \
    (OSH_CORE_LISTS <= 2     ? 1 \
     : OSH_CORE_LISTS <= 4   ? 2 \
     : OSH_CORE_LISTS <= 8   ? 3 \
     : OSH_CORE_LISTS <= 16  ? 4 \
     : OSH_CORE_LISTS <= 32  ? 5 \
     : OSH_CORE_LISTS <= 64  ? 6 \
     : OSH_CORE_LISTS <= 128 ? 7 \
                             : 8)

#if OSH_CORE_READABLE && OSH_CORES > 1
_Static_assert(OSH_CORE_NUMBERS >= OSH_CORE_ENTRY + OSH_CORES && OSH_CORE_NUMBERS <= 256 &&
                   OSH_CORE_NUMBERS == OSH_CORE_ROUND_UP(OSH_CORE_NUMBERS),
               "OSH_CORE_NUMBERS: a power of two above the highest number, at most 256");
#endif

/* 1 if a core that the library is not built for can make a call. */
#ifdef OSH_CPU_NUMBERS_ALL /* no chip has more than OSH_CPU_NUMBERS, unless the build says so */
#define OSH_CORE_CHECKED \
    (OSH_CORE_READABLE && (OSH_CORES == 1 || OSH_CORE_FIRST > 0 || OSH_CORE_NUMBERS > OSH_CORES))
#else
#define OSH_CORE_CHECKED OSH_CORE_READABLE
#endif

/* 1 if a hit compares the core's number although the library is for one core: from hardening
 * level 1 on. */
#define OSH_CORE_ALONE (OSH_CORES == 1 && OSH_CORE_CHECKED && OSH_HARDENING > 0)

#endif
