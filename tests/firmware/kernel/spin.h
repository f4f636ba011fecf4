/* SPDX-License-Identifier: Apache-2.0 */
/* A spin lock between cores, taken with interrupts masked. */
#ifndef SPIN_H
#define SPIN_H

#include <stdbool.h>

struct spin {
    unsigned taken;
};

#if defined(__ARM_ARCH_6M__) || (defined(__riscv) && !defined(__riscv_atomic))
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
