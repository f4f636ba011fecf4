/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A list as a pair of words for double-word compare-and-swap: works on any
 * thread, any core, shared or not.
 *
 *   first   the chain's first block
 *   second  generation (upper bits) and room (lower 16)
 *
 * Every success adds one to the generation, in 48 bits. A pop that slept
 * between reading the list and its CAS fails, unless 2^48 operations changed that
 * list meanwhile. So no operation relies on a pointer that came back (P4).
 */
#ifndef OSH_PAIR_H
#define OSH_PAIR_H

#include "osh_atomic.h"
#include "osh_compiler.h"
#include "osh_harden.h"

#define OSH_PAIR_ROOM ((osh_word_t)0xffff)
#define OSH_PAIR_GENERATION ((osh_word_t)0x10000)

/*
 * The next block. Another thread may have popped `block` and may be using it: then the value is
 * garbage, and the CAS that follows fails. The page stays mapped, so the load is safe. This race is
 * on purpose, so it is hidden from ThreadSanitizer.
 */
OSH_NO_TSAN static inline osh_word_t osh_pair_next(osh_word_t block)
{
    return *(const volatile osh_word_t *)block;
}

/* Reads the pair word by word; a torn value fails the CAS. */
static inline osh_word2_t osh_pair_read(const osh_word2_t *list)
{
    osh_word2_t now;
    now.second = osh_load_acquire(&list->second); /* before first: see osh_pair_pop */
    now.first = osh_load_acquire(&list->first);   /* pairs with the CAS of osh_pair_push */
    return now;
}

static inline void *osh_pair_pop(osh_word2_t *list)
{
    osh_word2_t now = osh_pair_read(list);
    for (;;) {
        if (OSH_UNLIKELY(now.first == 0)) {
            return NULL;
        }
        osh_word2_t next = {osh_pair_next(now.first),
                            now.second + OSH_PAIR_GENERATION + 1 /* room */};
        /* Observes the push that linked the block; pairs with its CAS. */
        if (OSH_LIKELY(osh_cas2(list, &now, next))) {
            if (now.first == 0) {
                __builtin_unreachable(); /* tested above; this saves the caller's test */
            }
            return (void *)now.first;
        }
    }
}

static inline bool osh_pair_push(osh_word2_t *list, void *block)
{
    osh_word2_t now = osh_pair_read(list);
    for (;;) {
        /* This test has no false alarms: the list read above is not older than the pop of this
         * block, because that pop came before the block was ours. */
        if (OSH_HARDENING > 0 && OSH_UNLIKELY(now.first == (osh_word_t)block)) {
            return osh_harden_pushed_twice(block);
        }
        if (OSH_UNLIKELY((now.second & OSH_PAIR_ROOM) == 0)) {
            return false;
        }
        osh_store(block, now.first);
        osh_word2_t next = {(osh_word_t)block, now.second + OSH_PAIR_GENERATION - 1 /* room */};
        /* Publishes the block with its link; pairs with the CAS of a pop. */
        if (OSH_LIKELY(osh_cas2(list, &now, next))) {
            return true;
        }
    }
}

/* Exchanges the whole list for (head, room); false when it is stopped. */
static inline bool osh_pair_exchange(osh_word2_t *list, osh_word_t head, unsigned room,
                                     osh_word2_t *old)
{
    osh_word2_t now = osh_pair_read(list);
    for (;;) {
        if (now.first == 0 && (now.second & OSH_PAIR_ROOM) == 0) {
            return false;
        }
        osh_word2_t next = {head, ((now.second & ~OSH_PAIR_ROOM) + OSH_PAIR_GENERATION) | room};
        /* Publishes the new chain and observes the pushes of the old one; pairs with the CAS of
         * pop, of push and of itself. */
        if (osh_cas2(list, &now, next)) {
            *old = now;
            return true;
        }
    }
}

/* Stops the list, which may be stopped, and returns what it was. What looks stopped may be halves
 * of two values, so that is not asked. */
static inline osh_word2_t osh_pair_stop(osh_word2_t *list)
{
    osh_word2_t now = osh_pair_read(list);
    osh_word2_t stopped;
    do {
        stopped.first = 0;
        stopped.second = (now.second & ~OSH_PAIR_ROOM) + OSH_PAIR_GENERATION;
        /* Observes the pushes of the chain. */
    } while (!osh_cas2(list, &now, stopped));
    return now;
}

#endif
