/* SPDX-License-Identifier: Apache-2.0 */
/* What the library asks of the compiler, gcc or clang, beyond C11. */
#ifndef OSH_COMPILER_H
#define OSH_COMPILER_H

#include "osh_config.h"

#define OSH_LIKELY(x) __builtin_expect(!!(x), 1)
#define OSH_UNLIKELY(x) __builtin_expect(!!(x), 0)

/* Shared by the library's files, invisible to a program it is linked into. Where the
 * build makes all of them one translation unit (OSH_ONE_UNIT: firmware compiled for
 * size), all of it is local to that, so that what is called once needs no call. */
#if defined(OSH_ONE_UNIT)
#define OSH_HIDDEN static
#define OSH_SHARED static   /* declares a variable of several files ... */
#define OSH_VARIABLE static /* ... and stands where one of them defines it */
#else
#define OSH_HIDDEN __attribute__((visibility("hidden")))
#define OSH_SHARED extern OSH_HIDDEN
#define OSH_VARIABLE
#endif
#define OSH_PUBLIC __attribute__((visibility("default")))

#define OSH_ALIGNED(n) __attribute__((aligned(n)))
#define OSH_INLINE static inline __attribute__((always_inline))
#define OSH_NOINLINE __attribute__((noinline))
/* Inline, but one function where the code is to be small. */
#if OSH_SMALL_CODE
#define OSH_SHARED_CODE static __attribute__((noinline, unused))
#else
#define OSH_SHARED_CODE static inline
#endif
#define OSH_COLD __attribute__((noinline, cold))

/* No label of an `asm goto` with results may return a value of a result's type: where the label
 * and the way on meet at once, gcc 12 may return the one for the other. */

/* For the one kind of load that is meant to race: see arch/portable/osh_pair.h. */
#ifndef OSH_NO_TSAN
#define OSH_NO_TSAN __attribute__((no_sanitize("thread")))
#endif

#endif
