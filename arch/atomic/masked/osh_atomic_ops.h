/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The atomics of osh_atomic.h for one core without atomic read-modify-writes (Armv6-M, RISC-V
 * without A), or with AMOs that need not end a reservation (RISC-V). A few instructions with
 * interrupts masked are atomic. Only the compiler needs ordering, because no other core can see an
 * order. A CPU's osh_mask.h masks interrupts.
 */
#ifndef OSH_ATOMIC_OPS_H
#define OSH_ATOMIC_OPS_H

#include "osh_compiler.h"
#include "osh_mask.h"

#include <stdbool.h>
#include <stdint.h>

#define OSH_ATOMICS_MASKED

typedef uintptr_t osh_word_t;

OSH_INLINE void osh_fence(void)
{
    __asm__ volatile("" ::: "memory");
}

OSH_INLINE void osh_fence_atomic_load(void)
{
    osh_fence();
}

OSH_INLINE osh_word_t osh_load(const osh_word_t *word)
{
    return *(const volatile osh_word_t *)word;
}

OSH_INLINE osh_word_t osh_load_acquire(const osh_word_t *word)
{
    osh_word_t value = osh_load(word);
    osh_fence();
    return value;
}

OSH_INLINE void osh_store(osh_word_t *word, osh_word_t value)
{
    *(volatile osh_word_t *)word = value;
}

OSH_INLINE void osh_store_release(osh_word_t *word, osh_word_t value)
{
    osh_fence();
    osh_store(word, value);
}

static inline bool osh_cas(osh_word_t *word, osh_word_t *expected, osh_word_t value)
{
    osh_word_t state = osh_cpu_mask();
    osh_word_t now = *word;
    bool same = now == *expected;
    if (same) {
        *word = value;
    }
    osh_cpu_unmask(state);
    *expected = now;
    return same;
}

static inline osh_word_t osh_exchange(osh_word_t *word, osh_word_t value)
{
    osh_word_t state = osh_cpu_mask();
    osh_word_t old = *word;
    *word = value;
    osh_cpu_unmask(state);
    return old;
}

static inline osh_word_t osh_fetch_add(osh_word_t *word, osh_word_t value)
{
    osh_word_t state = osh_cpu_mask();
    osh_word_t old = *word;
    *word = old + value;
    osh_cpu_unmask(state);
    return old;
}

static inline void osh_relax(void)
{
    osh_fence();
}

OSH_INLINE uint8_t osh_load_byte(const uint8_t *byte)
{
    return *(const volatile uint8_t *)byte;
}

OSH_INLINE void osh_store_byte(uint8_t *byte, uint8_t value)
{
    *(volatile uint8_t *)byte = value;
}

#endif
