/* SPDX-License-Identifier: Apache-2.0 */
/* A spin lock between cores, taken with interrupts masked. */
#ifndef SPIN_H
#define SPIN_H

#include <stdbool.h>

struct spin {
    unsigned taken;
};

#if defined(BOARD_RP2040)
/* Hardware spinlock 24 of the SIO makes the exchange one piece. It is held so shortly that nobody
 * meets it held by the own core. */
#define SPIN_HARDWARE (*(volatile unsigned *)0xd0000160)
static inline bool spin_try(struct spin *lock)
{
    while (SPIN_HARDWARE == 0) {
    }
    /* Observes what the last holder wrote; pairs with spin_unlock. */
    bool was = __atomic_load_n(&lock->taken, __ATOMIC_ACQUIRE) != 0;
    if (!was) { /* else the holder may store at the same time */
        /* Publishes nothing but to be taken; pairs with the load above, on the other core. */
        __atomic_store_n(&lock->taken, 1u, __ATOMIC_RELEASE);
    }
    __asm__ volatile("dmb" ::: "memory"); /* `taken`, before the other core has the hardware's */
    SPIN_HARDWARE = 1;
    return !was;
}
#elif defined(__ARM_ARCH_6M__) || (defined(__riscv) && !defined(__riscv_atomic))
/* One core: masked is enough. */
static inline bool spin_try(struct spin *lock)
{
    bool was = lock->taken != 0;
    lock->taken = 1;
    return !was;
}
#else
static inline bool spin_try(struct spin *lock)
{
    /* Observes what the last holder wrote; pairs with spin_unlock. */
    return __atomic_exchange_n(&lock->taken, 1u, __ATOMIC_ACQUIRE) == 0;
}
#endif

static inline void spin_lock(struct spin *lock)
{
    while (!spin_try(lock)) {
    }
}

static inline void spin_unlock(struct spin *lock)
{
    /* Publishes what was written under the lock; pairs with spin_try. */
    __atomic_store_n(&lock->taken, 0u, __ATOMIC_RELEASE);
}

#endif
