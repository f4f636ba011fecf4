/* SPDX-License-Identifier: Apache-2.0 */
/* What the library asks of the compiler, gcc or clang, beyond C11. */
#ifndef OSH_COMPILER_H
#define OSH_COMPILER_H

#define OSH_LIKELY(x) __builtin_expect(!!(x), 1)
#define OSH_UNLIKELY(x) __builtin_expect(!!(x), 0)

/* Compiled for size (-Os): what several files use is then one function that is
 * called, where otherwise each has it inline. */
#ifdef __OPTIMIZE_SIZE__
#define OSH_SMALL_CODE 1
#else
#define OSH_SMALL_CODE 0
#endif

/* Shared by the library's files, invisible to a program it is linked into. */
#define OSH_HIDDEN __attribute__((visibility("hidden")))
#define OSH_PUBLIC __attribute__((visibility("default")))

#define OSH_ALIGNED(n) __attribute__((aligned(n)))
#define OSH_INLINE static inline __attribute__((always_inline))
#define OSH_NOINLINE __attribute__((noinline))
#define OSH_COLD __attribute__((noinline, cold))

/* For the one kind of load that is meant to race: see arch/portable/osh_pair.h. */
#ifndef OSH_NO_TSAN
#define OSH_NO_TSAN __attribute__((no_sanitize("thread")))
#endif

#endif
