/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When memory is out. From the first NULL on no core's list takes a block, so all that is freed
 * goes back to slabs, arena or newlib's heap at once, and whoever gives something back says so
 * here. While nobody has, a request that is no smaller than one that was refused is refused by one
 * comparison. The lists run again when a row of requests was served.
 *
 * Why nothing that came free is missed: who looks for memory leaves a mark, then looks; who frees
 * gives back, then wipes what he finds here. With a fence between, on both sides, either the look
 * finds the memory, or the mark is gone when the refusal is to be noted. Whoever looks has a mark
 * of his own, so that none is taken for another that was wiped meanwhile.
 */
#ifndef OSH_BRINK_H
#define OSH_BRINK_H

#include "osh_atomic.h"
#include "osh_compiler.h"
#include "osh_config.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * One word. 0 until the heap starts; OSH_BRINK_FAR while the cores' lists run. Else no list takes a
 * block, bit 1 is set, and it is
 * - OSH_BRINK_NEAR: nothing is known; or
 * - with bit 0: the complement of bytes, a multiple of 4; so many or more are refused; or
 * - the address of a word on the stack of whoever is looking.
 * Bit 1 is changed under the reclaim's mutex alone.
 */
OSH_SHARED osh_word_t osh_brink;

#define OSH_BRINK_NEAR ((osh_word_t)2)
#define OSH_BRINK_FAR ((osh_word_t)4)

/* Compiled for size the lists go on at once, and every refusal is looked for. */
#define OSH_BRINK_STOPS (!OSH_SMALL_CODE)

/* Are all lists stopped? Before the heap starts they are. */
static inline bool osh_brink_is_near(void)
{
    /* Observes nothing. */
    return OSH_BRINK_STOPS && OSH_UNLIKELY(osh_load(&osh_brink) != OSH_BRINK_FAR);
}

/* Likewise, of a heap that has started. */
static inline bool osh_brink_is_out(void)
{
    return OSH_BRINK_STOPS && (osh_load(&osh_brink) & OSH_BRINK_NEAR) != 0; /* observes nothing */
}

/* Does the heap run, as far as can be seen at a glance, and is memory not out? */
static inline bool osh_brink_is_far(void)
{
    /* Observes all that starting wrote; pairs with osh_brink_end(). */
    return OSH_BRINK_STOPS && OSH_LIKELY(osh_load_acquire(&osh_brink) == OSH_BRINK_FAR);
}

/* Has that many bytes been refused, and nothing come free since? */
static inline bool osh_brink_refuses(size_t bytes)
{
    osh_word_t now = OSH_BRINK_STOPS ? osh_load(&osh_brink) : 0; /* observes nothing */
    return (now & 1) != 0 && now >= ~(osh_word_t)bytes;
}

OSH_HIDDEN void osh_brink_wipe(void);

/* Something was given back, by an atomic and a fence or under a mutex that whoever looks takes as
 * well. */
static inline void osh_brink_came_free(void)
{
    if (osh_brink_is_near() && osh_load(&osh_brink) != OSH_BRINK_NEAR) {
        osh_brink_wipe(); /* pairs with osh_brink_look() */
    }
}

/* Begins a look for memory; `mark` is the caller's until osh_brink_looked(). Returns what that is
 * to leave when something is found. Wait-free but for others that look. */
OSH_HIDDEN osh_word_t osh_brink_look(const osh_word_t *mark);

/* Is the mark still there? Not when something has come free, or somebody else looks. */
OSH_HIDDEN bool osh_brink_is_looking(const osh_word_t *mark);

/* Leaves `now` where the mark still is. */
OSH_HIDDEN void osh_brink_looked(const osh_word_t *mark, osh_word_t now);

/* The fewest bytes that are refused, where some are. */
static inline size_t osh_brink_least_refused(void)
{
    return (size_t)~osh_load(&osh_brink);
}

/* What to leave when `bytes` cannot be had. */
static inline osh_word_t osh_brink_refusal(size_t bytes)
{
    return ~(((osh_word_t)bytes + 3) & ~(osh_word_t)3);
}

/* All lists are stopped; or they are about to go on. Under the reclaim's mutex. */
OSH_HIDDEN void osh_brink_begin(void);
OSH_HIDDEN void osh_brink_end(void);

#endif
