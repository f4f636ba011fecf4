/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The library's atomics as the explorer runs them: each is a step of the machine
 * in machine.h, before which anything else may happen. Exactly the contract of
 * arch/atomic/osh_atomic.h and nothing that a CPU adds to it.
 *
 * The _relaxed ones are not of the contract: they are there for the seeded faults
 * of tests/mutants, which weaken read-modify-writes.
 */
#ifndef OSH_ATOMIC_OPS_H
#define OSH_ATOMIC_OPS_H

#include "machine.h"

typedef uintptr_t osh_word_t;

typedef struct {
    osh_word_t first;
    osh_word_t second;
} __attribute__((aligned(2 * sizeof(uintptr_t)))) osh_word2_t;

#define osh_load(word) machine_load((word), MACHINE_RELAXED)
#define osh_load_acquire(word) machine_load((word), MACHINE_ACQUIRE)
#define osh_store(word, value) machine_store((word), (value), MACHINE_RELAXED)
#define osh_store_release(word, value) machine_store((word), (value), MACHINE_RELEASE)
#define osh_cas(word, expected, value) machine_cas((word), (expected), (value), MACHINE_ACQ_REL)
#define osh_exchange(word, value) machine_exchange((word), (value), MACHINE_ACQ_REL)
#define osh_fetch_add(word, value) machine_fetch_add((word), (value), MACHINE_ACQ_REL)
#define osh_cas2(target, expected, value)                                             \
    machine_cas2(&(target)->first, &(expected)->first, (value).first, (value).second, \
                 MACHINE_ACQ_REL)
#define osh_fence() machine_fence()
#define osh_fence_atomic_load() machine_fence()
#define osh_relax() machine_yield()
#define osh_load_byte(byte) machine_load_byte((byte))
#define osh_store_byte(byte, value) machine_store_byte((byte), (value))

#undef osh_cas_relaxed
#undef osh_cas_acquire
#undef osh_cas_release
#undef osh_exchange_relaxed
#undef osh_fetch_add_relaxed
#define osh_cas_relaxed(word, expected, value) \
    machine_cas((word), (expected), (value), MACHINE_RELAXED)
#define osh_cas_acquire(word, expected, value) \
    machine_cas((word), (expected), (value), MACHINE_ACQUIRE)
#define osh_cas_release(word, expected, value) \
    machine_cas((word), (expected), (value), MACHINE_RELEASE)
#define osh_exchange_relaxed(word, value) machine_exchange((word), (value), MACHINE_RELAXED)
#define osh_fetch_add_relaxed(word, value) machine_fetch_add((word), (value), MACHINE_RELAXED)

#endif
