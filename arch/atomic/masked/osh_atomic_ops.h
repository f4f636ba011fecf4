/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The atomics of osh_atomic.h without atomic read-modify-writes of the CPU (Armv6-M, RISC-V without
 * A), or with AMOs that need not end a reservation (RISC-V, one hart). A CPU's osh_mask.h masks
 * interrupts.
 *
 * One core: a few instructions with interrupts masked are atomic. Only the compiler needs ordering,
 * because no other core can see an order.
 *
 * Several cores: the chip's osh_lock.h keeps the other cores out meanwhile. It defines
 *
 *   osh_lock_take()   returns when this core has the lock between cores
 *   osh_lock_give()   gives it back
 *
 * Both are called with interrupts masked, and about eight instructions apart: two barriers, a load,
 * a store, and what compares or adds. So nobody waits longer than the other cores need for theirs,
 * and neither a handler nor a task that was preempted can have the lock. A store takes it too:
 * between the load and the store of another core's read-modify-write it would be lost. A load does
 * not: it finds the word before or behind such a pair, as it would with the CPU's own.
 */
#ifndef OSH_ATOMIC_OPS_H
#define OSH_ATOMIC_OPS_H

#include "osh_compiler.h"
#include "osh_mask.h"

#include <stdbool.h>
#include <stdint.h>

#define OSH_ATOMICS_MASKED

typedef uintptr_t osh_word_t;

#if OSH_CORES > 1
#ifndef OSH_CORE_LOCK
#error \
    "no exclusives: name the chip's lock between cores (osheap_lock = 'rp2040' in the cross file; in one file -DOSH_CORE_LOCK=1 is RP2040's), or OSH_CORES=1"
#endif
#include "osh_lock.h"

OSH_INLINE void osh_fence(void)
{
    osh_cpu_barrier();
}

OSH_INLINE osh_word_t osh_atomic_begin(void)
{
    osh_word_t state = osh_cpu_mask();
    osh_lock_take();
    osh_cpu_barrier(); /* observes what the last holder published; pairs with osh_atomic_end() */
    return state;
}

OSH_INLINE void osh_atomic_end(osh_word_t state)
{
    osh_cpu_barrier(); /* publishes all stores until here; pairs with osh_atomic_begin() */
    osh_lock_give();
    osh_cpu_unmask(state);
}
#else
OSH_INLINE void osh_fence(void)
{
    __asm__ volatile("" ::: "memory");
}

OSH_INLINE osh_word_t osh_atomic_begin(void)
{
    return osh_cpu_mask();
}

OSH_INLINE void osh_atomic_end(osh_word_t state)
{
    osh_cpu_unmask(state);
}
#endif

/* Nothing but order for the compiler: osh_atomic_end() has passed a barrier behind its store. */
OSH_INLINE void osh_fence_atomic_load(void)
{
    __asm__ volatile("" ::: "memory");
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

static inline void osh_store(osh_word_t *word, osh_word_t value)
{
#if OSH_CORES > 1
    osh_word_t state = osh_atomic_begin();
    *(volatile osh_word_t *)word = value;
    osh_atomic_end(state);
#else
    *(volatile osh_word_t *)word = value;
#endif
}

/* With several cores osh_store() passes a barrier before it stores. */
OSH_INLINE void osh_store_release(osh_word_t *word, osh_word_t value)
{
    if (OSH_CORES == 1) {
        osh_fence();
    }
    osh_store(word, value);
}

static inline bool osh_cas(osh_word_t *word, osh_word_t *expected, osh_word_t value)
{
    osh_word_t state = osh_atomic_begin();
    osh_word_t now = *word;
    bool same = now == *expected;
    if (same) {
        *word = value;
    }
    osh_atomic_end(state);
    *expected = now;
    return same;
}

static inline osh_word_t osh_exchange(osh_word_t *word, osh_word_t value)
{
    osh_word_t state = osh_atomic_begin();
    osh_word_t old = *word;
    *word = value;
    osh_atomic_end(state);
    return old;
}

static inline osh_word_t osh_fetch_add(osh_word_t *word, osh_word_t value)
{
    osh_word_t state = osh_atomic_begin();
    osh_word_t old = *word;
    *word = old + value;
    osh_atomic_end(state);
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
