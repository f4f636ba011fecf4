/* SPDX-License-Identifier: Apache-2.0 */
/*
 * os_heap_port_selftest: checks that the board supplies what the lists and the atomics need. In a
 * library of its own (libosheap_selftest.a), for bring-up.
 *
 * The cores meet by words that one core writes and the others read. This uses nothing that the
 * self-test checks.
 */
#ifndef OSH_ATOMIC_SHARED /* inline, whatever libosheap.a was compiled for */
#define OSH_ATOMIC_SHARED
#endif
#include "arch.h"
#include "os/os_heap_port.h"
#include "osh_atomic.h"
#include "osh_config.h"

#define ROUNDS 200u /* of one core, before the others are waited for */
#define CONTENDED 20000u
#define TRIES 64u
#define TURNS 16u

struct core_words {
    osh_word_t arrived; /* meetings so far. Only its own core writes any of these words */
    const char *wrong;
    osh_word_t number;
    osh_word_t data, flag;
    osh_word_t seen[ROUNDS + 1];
    osh_word_t own; /* only for exclusives */
} OSH_ALIGNED(OSH_CACHELINE);

static struct core_words of[OSH_CORES];
static osh_word_t added, swapped; /* all cores write these */

static void meet(unsigned self, unsigned cores)
{
    osh_word_t times = osh_load(&of[self].arrived) + 1;
    osh_fence();
    /* Publishes this core's stores; pairs with the load-acquire below, on the other cores. */
    osh_store_release(&of[self].arrived, times);
    for (unsigned i = 0; i < cores; i++) {
        while (osh_load_acquire(&of[i].arrived) < times) {
            osh_relax();
        }
    }
    osh_fence();
}

static const char *check_number(unsigned self, unsigned cores)
{
    const char *wrong = NULL;
#if OSH_CORE_READABLE
    osh_word_t number = osh_cpu_number();
    osh_store(&of[self].number, number);
    meet(self, cores);
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (osh_cpu_number() != number) {
            wrong = "core number: it changes from one reading to the next";
        }
    }
    for (unsigned i = 0; i < cores; i++) {
        if (i != self && osh_load(&of[i].number) == number) {
            wrong = "core number: two cores have the same";
        }
    }
    if (number - OSH_CORE_FIRST >= OSH_CORES) {
        wrong = "core number: it is not below OSH_CORES (from OSH_CORE_FIRST on)";
    }
#ifdef OSH_CPU_REQUIRE_NUMBERING
    if (!osh_cpu_numbered_right()) {
        wrong = "core number: MPIDR has it in another field, see OSH_CORE_AFFINITY";
    }
#endif
#else
    (void)self;
    (void)cores; /* without a number to read there is one core */
#endif
    return wrong;
}

#if defined(OSH_ATOMICS_MASKED)
#define EXCLUSIVES 0
#elif defined(__aarch64__)
#define EXCLUSIVES 1
#define LOAD_EXCLUSIVE "ldxr %0, %1"
#define STORE_EXCLUSIVE "stxr %w0, %2, %1"
#elif defined(__riscv)
#define EXCLUSIVES 1
#define ENDS_NO_RESERVATION /* the port masks interrupts, so it does not need this */
#if __riscv_xlen == 64
#define LOAD_EXCLUSIVE "lr.d %0, %1"
#define STORE_EXCLUSIVE "sc.d %0, %2, %1"
#else
#define LOAD_EXCLUSIVE "lr.w %0, %1"
#define STORE_EXCLUSIVE "sc.w %0, %2, %1"
#endif
#else
#define EXCLUSIVES 1
#define LOAD_EXCLUSIVE "ldrex %0, %1"
#define STORE_EXCLUSIVE "strex %0, %2, %1"
#endif

#if EXCLUSIVES
#ifdef __riscv
#define AT "+A"
#else
#define AT "+Q"
#endif
/* Does the store succeed with `between`, an exception or NULL, after the load? */
static bool pair_of_exclusives(osh_word_t *word, void (*between)(void))
{
    osh_word_t value, failed;
    __asm__ volatile(LOAD_EXCLUSIVE : "=&r"(value), AT(*word)::"memory");
    if (between != NULL) {
        between();
    }
    __asm__ volatile(STORE_EXCLUSIVE : "=&r"(failed), AT(*word) : "r"(value) : "memory");
    return (failed & 0xffu) == 0;
}
#endif

static const char *check_exclusives(unsigned self, void (*interrupt)(void))
{
#if EXCLUSIVES
    osh_word_t *word = &of[self].own;
    unsigned succeeded = 0;
    for (unsigned i = 0; i < TRIES; i++) {
        succeeded += pair_of_exclusives(word, NULL);
    }
    if (succeeded == 0) {
        return "exclusives: a store-exclusive never succeeds: is this memory Normal and cached?";
    }
#ifndef ENDS_NO_RESERVATION
    for (unsigned i = 0; i < TRIES && interrupt != NULL; i++) {
        if (pair_of_exclusives(word, interrupt)) {
            return "exclusives: the return from an exception does not clear the reservation: CLREX";
        }
    }
#endif
#else
    (void)self;
#endif
    (void)interrupt;
    return NULL;
}

static const char *check_contention(unsigned self, unsigned cores)
{
    if (self == 0) {
        osh_store(&added, 0);
        osh_store(&swapped, 0);
    }
    meet(self, cores);
    for (unsigned i = 0; i < CONTENDED; i++) {
        (void)osh_fetch_add(&added, 1);
        osh_word_t old = osh_load(&swapped);
        while (!osh_cas(&swapped, &old, old + 1)) {
        }
    }
    meet(self, cores);
    if (osh_load(&added) != (osh_word_t)cores * CONTENDED) {
        return "exclusives: additions of several cores were lost: is this memory Shareable?";
    }
    if (osh_load(&swapped) != (osh_word_t)cores * CONTENDED) {
        return "exclusives: two cores' compare-and-swaps succeeded at once";
    }
    return NULL;
}

/* Message passing: a load after a load-acquire sees the stores before the store-release. */
static const char *check_messages(unsigned self, unsigned cores)
{
    struct core_words *from = &of[(self + 1) % cores];
    osh_store(&of[self].data, 0);
    osh_store(&of[self].flag, 0);
    meet(self, cores);
    const char *wrong = NULL;
    for (osh_word_t i = 1; i <= ROUNDS; i++) {
        osh_store(&of[self].data, i);
        osh_store_release(&of[self].flag, i); /* publishes `data`; pairs with the load below */
        osh_word_t flag = osh_load_acquire(&from->flag); /* observes `data` of the other core */
        if (osh_load(&from->data) < flag) {
            wrong = "barriers: a store is seen before the one that was released by it";
        }
    }
    meet(self, cores);
    return wrong;
}

/*
 * Store buffering: two cores each store, fence and load the other's word. At least one must see the
 * other's store. If this core's load of round i saw the other's round s, it did not see round s
 * + 1. So the other's load of round s + 1 must have seen round i.
 */
static const char *check_fence(unsigned self, unsigned cores, unsigned turn)
{
    struct core_words *mine = &of[self];
    struct core_words *other = &of[(turn + cores - self) % cores]; /* its other core is this one */
    osh_store(&mine->flag, 0);
    meet(self, cores);
    for (osh_word_t i = 1; i <= ROUNDS; i++) {
        osh_store(&mine->flag, i);
        osh_fence(); /* pairs with the other core's */
        mine->seen[i] = osh_load(&other->flag);
    }
    meet(self, cores);
    const char *wrong = NULL;
    for (osh_word_t i = 1; i <= ROUNDS; i++) {
        osh_word_t next = mine->seen[i] + 1;
        if (next <= ROUNDS && other->seen[next] < i) {
            wrong = "barriers: two cores passed a fence, and neither saw the other's store";
        }
    }
    meet(self, cores);
    return wrong;
}

const char *os_heap_port_selftest(unsigned self, unsigned cores, void (*interrupt)(void))
{
    if (cores > OSH_CORES) {
        return "core number: more cores than OSH_CORES";
    }
    const char *found[5] = {
        check_number(self, cores),
        check_exclusives(self, interrupt),
        check_contention(self, cores),
    };
    for (unsigned turn = 0; turn < TURNS; turn++) {
        const char *messages = check_messages(self, cores);
        const char *fence = cores > 1 ? check_fence(self, cores, turn % cores) : NULL;
        found[3] = found[3] != NULL ? found[3] : messages;
        found[4] = found[4] != NULL ? found[4] : fence;
    }
    of[self].wrong = NULL;
    for (unsigned i = 5; i-- > 0;) {
        of[self].wrong = found[i] != NULL ? found[i] : of[self].wrong;
    }
    meet(self, cores);
    /* All cores return the same result: that of the lowest core that found an error. */
    const char *wrong = NULL;
    for (unsigned i = cores; i-- > 0;) {
        wrong = of[i].wrong != NULL ? of[i].wrong : wrong;
    }
    return wrong;
}
