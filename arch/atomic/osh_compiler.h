/* SPDX-License-Identifier: Apache-2.0 */
/* Features of gcc and clang that the library uses beyond C11. */
#ifndef OSH_COMPILER_H
#define OSH_COMPILER_H

#include "osh_config.h"

#define OSH_LIKELY(x) __builtin_expect(!!(x), 1)
#define OSH_UNLIKELY(x) __builtin_expect(!!(x), 0)

/* Shared by the library's files, invisible to the program. Firmware compiled for size is one
 * translation unit (OSH_ONE_UNIT). There these names are local, so that the compiler can inline
 * a function that is called once. */
#if defined(OSH_ONE_UNIT)
#define OSH_HIDDEN static
#define OSH_SHARED static   /* declares a variable that several files use */
#define OSH_VARIABLE static /* defines such a variable */
#else
#define OSH_HIDDEN __attribute__((visibility("hidden")))
#define OSH_SHARED extern OSH_HIDDEN
#define OSH_VARIABLE
#endif
#define OSH_PUBLIC __attribute__((visibility("default")))

#define OSH_ALIGNED(n) __attribute__((aligned(n)))
#define OSH_INLINE static inline __attribute__((always_inline))
#define OSH_NOINLINE __attribute__((noinline))
/* Shared: inline, but one function in a build for size. Apart: a function, so that its caller saves
 * few registers where it does not call it; inline in a build for size. */
#if OSH_SMALL_CODE
#define OSH_SHARED_CODE static __attribute__((noinline, unused))
#define OSH_APART static inline
#else
#define OSH_SHARED_CODE static inline
#define OSH_APART static OSH_NOINLINE
#endif
#define OSH_COLD __attribute__((noinline, cold))

/* A rule for `asm goto` with results: no label may return a value of a result's type. If the
 * label and the fall-through path join at once, gcc 12 may return the wrong one of the two. */

/* For the one kind of load that races on purpose: see arch/portable/osh_pair.h. */
#ifndef OSH_NO_TSAN
#define OSH_NO_TSAN __attribute__((no_sanitize("thread")))
#endif

#endif
