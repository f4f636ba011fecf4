/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same words for Armv6-M, which has no atomic read-modify-write: one core,
 * so a few instructions without interrupts are one. Nothing here orders
 * anything but the compiler: there is nobody else to see an order.
 */
#ifndef OSH_ATOMIC_OPS_H
#define OSH_ATOMIC_OPS_H

#include "osh_compiler.h"

#include <stdbool.h>
#include <stdint.h>

typedef uintptr_t osh_word_t;

static inline osh_word_t osh_masked_begin(void)
{
    osh_word_t state;
    __asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(state)::"memory");
    return state;
}

static inline void osh_masked_end(osh_word_t state)
{
    __asm__ volatile("msr primask, %0" ::"r"(state) : "memory");
}

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
    osh_word_t state = osh_masked_begin();
    osh_word_t now = *word;
    bool same = now == *expected;
    if (same) {
        *word = value;
    }
    osh_masked_end(state);
    *expected = now;
    return same;
}

static inline osh_word_t osh_exchange(osh_word_t *word, osh_word_t value)
{
    osh_word_t state = osh_masked_begin();
    osh_word_t old = *word;
    *word = value;
    osh_masked_end(state);
    return old;
}

static inline osh_word_t osh_fetch_add(osh_word_t *word, osh_word_t value)
{
    osh_word_t state = osh_masked_begin();
    osh_word_t old = *word;
    *word = old + value;
    osh_masked_end(state);
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
