/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which core is this? A core's number leads to its lists, inside the assembly sequences.
 * A CPU's folder says how it is read (OSH_CORE_READ) before it includes this. A build that
 * knows better gives:
 *
 *   OSH_CORE_FIRST    the lowest number of the cores that use the heap: theirs are
 *                     OSH_CORE_FIRST to OSH_CORE_FIRST + OSH_CORES - 1. Costs no instruction.
 *   OSH_CORE_NUMBERS  numbers from 0 on that a core of the chip can have, a power of two.
 *                     Each has lists; those of cores that do not use the heap stay
 *                     stopped, so that such a core comes to the slow path, where its
 *                     number is checked. Costs a core's lists (128 bytes on 32-bit) each.
 *   OSH_CORE_HEADER   a file that defines OSH_CORE_READ(reg) anew: assembly that puts the
 *                     number into the register `reg`, and changes no other and no flags.
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

/* Where the first core's lists are. A number's higher bits (other clusters) are not part of
 * the address; osh_cpu_number() has them. */
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

/* Where the code is to be small every call checks the number, so nothing needs to be stopped. */
#ifndef OSH_CORE_NUMBERS
#if OSH_SMALL_CODE || !OSH_CORE_READABLE
#define OSH_CORE_NUMBERS OSH_CORE_LEAST
#else
#define OSH_CORE_NUMBERS (OSH_CPU_NUMBERS > OSH_CORE_LEAST ? OSH_CPU_NUMBERS : OSH_CORE_LEAST)
#endif
#endif

/* Lists, and the bits of a number that choose among them. */
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

/* Can a core call whose number is none of ours? */
#ifdef OSH_CPU_NUMBERS_ALL /* no chip has more than OSH_CPU_NUMBERS, unless the build says so */
#define OSH_CORE_CHECKED \
    (OSH_CORE_READABLE && (OSH_CORES == 1 || OSH_CORE_FIRST > 0 || OSH_CORE_NUMBERS > OSH_CORES))
#else
#define OSH_CORE_CHECKED OSH_CORE_READABLE
#endif

/* In a library for one core nothing else reads the number on a hit: from hardening level 1
 * on it is read to be checked. */
#define OSH_CORE_ALONE (OSH_CORES == 1 && OSH_CORE_CHECKED && OSH_HARDENING > 0)

#endif
