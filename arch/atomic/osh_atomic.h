/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The library's atomics: words of pointer size, on Concurrency Kit.
 *
 *   osh_load, osh_store            relaxed
 *   osh_load_acquire               acquire
 *   osh_store_release              release
 *   osh_cas, osh_exchange,
 *   osh_fetch_add, osh_fetch_or,
 *   osh_fetch_and                  acquire and release; osh_cas reloads
 *                                  *expected when it fails, and is strong
 *   osh_fence                      sequentially consistent fence
 *   osh_fence_atomic_load          the same between one of the atomics above
 *                                  and a load after it, where it may be cheaper
 *
 * The build chooses the instructions: a folder of arch/atomic. Linux uses `ck`, and
 * `builtin` under ThreadSanitizer; docs/porting.md says which folder a CPU uses.
 * Read-modify-writes are inline, and calls in a build for size (-Os).
 */
#ifndef OSH_ATOMIC_H
#define OSH_ATOMIC_H

#include "osh_atomic_ops.h"
#include "osh_compiler.h"

#define OSH_WORD_BITS ((unsigned)(sizeof(osh_word_t) * 8))
#define OSH_WORD_LOG2 (sizeof(osh_word_t) == 8 ? 6u : 5u)

/* The number of the highest bit of a word that is not 0. On RV64 without Zbb the builtin calls a
 * function of 42 instructions. Halving the word takes 24 at most; the compiler leaves out the
 * halves of which it knows that they are 0. */
#if defined(__riscv) && __riscv_xlen == 64 && !defined(__riscv_zbb) && !OSH_SMALL_CODE
static inline unsigned osh_top_bit(osh_word_t word)
{
    unsigned bit = 0;
#pragma GCC unroll 6
    for (unsigned half = OSH_WORD_BITS / 2; half > 0; half /= 2) {
        if (word >> half != 0) {
            word >>= half;
            bit += half;
        }
    }
    return bit;
}
#else
static inline unsigned osh_top_bit(osh_word_t word)
{
    return OSH_WORD_BITS - 1u - (unsigned)__builtin_clzl(word);
}
#endif

#if OSH_SMALL_CODE && !defined(OSH_ONE_UNIT) && !defined(OSH_ATOMIC_SHARED)
/* arch/atomic/osh_atomic.c has the only copy of each. */
OSH_HIDDEN bool osh_shared_cas(osh_word_t *word, osh_word_t *expected, osh_word_t value);
OSH_HIDDEN osh_word_t osh_shared_exchange(osh_word_t *word, osh_word_t value);
OSH_HIDDEN osh_word_t osh_shared_fetch_add(osh_word_t *word, osh_word_t value);
OSH_HIDDEN osh_word_t osh_shared_fetch_or(osh_word_t *word, osh_word_t bits);
OSH_HIDDEN osh_word_t osh_shared_fetch_and(osh_word_t *word, osh_word_t bits);
OSH_HIDDEN void osh_shared_raise(osh_word_t *word, osh_word_t value);
OSH_HIDDEN unsigned osh_shared_count_bits(osh_word_t word);
#define osh_cas osh_shared_cas
#define osh_exchange osh_shared_exchange
#define osh_fetch_add osh_shared_fetch_add
#define osh_fetch_or osh_shared_fetch_or
#define osh_fetch_and osh_shared_fetch_and
#define osh_raise osh_shared_raise
#define osh_count_bits osh_shared_count_bits
#else

#ifndef OSH_FETCH_BITS
static inline osh_word_t osh_fetch_or(osh_word_t *word, osh_word_t bits)
{
    osh_word_t old = osh_load(word);
    while (!osh_cas(word, &old, old | bits)) {
    }
    return old;
}

static inline osh_word_t osh_fetch_and(osh_word_t *word, osh_word_t bits)
{
    osh_word_t old = osh_load(word);
    while (!osh_cas(word, &old, old & bits)) {
    }
    return old;
}

#endif

/* Raises *word to `value`, unless it is that high already. */
static inline void osh_raise(osh_word_t *word, osh_word_t value)
{
    osh_word_t old = osh_load(word);
    while (old < value && !osh_cas(word, &old, value)) {
    }
}

static inline unsigned osh_count_bits(osh_word_t word)
{
    if (OSH_SMALL_CODE) {
        unsigned count = 0;
        for (; word != 0; word &= word - 1) {
            count++;
        }
        return count;
    }
    /* Adds bits in parallel: on a CPU without a population count the builtin is a call. */
    const osh_word_t ones = ~(osh_word_t)0;
    word -= (word >> 1) & (ones / 3);
    word = (word & (ones / 15 * 3)) + ((word >> 2) & (ones / 15 * 3));
    word = (word + (word >> 4)) & (ones / 255 * 15);
    return (unsigned)((word * (ones / 255)) >> (OSH_WORD_BITS - 8));
}

#endif

#endif
