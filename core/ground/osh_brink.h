/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When memory is out. From the first NULL on, no core's list takes a block. So whatever is freed
 * goes back to slabs, arena or newlib's heap at once, and whoever gives something back says so
 * here. Until somebody does, a request of as many bytes as one that was refused, or more, is
 * refused by one comparison. The lists run again when a number of requests in a row were served.
 *
 * Why no free is missed: whoever looks for memory leaves a mark, then looks. Whoever frees gives
 * the memory back, then wipes the mark. Fences separate the two steps on both sides. So either the
 * look finds the memory, or the mark is gone when the refusal is to be noted. Each look has a mark
 * of its own: a shared one could be wiped and set again by another look in between.
 */
#ifndef OSH_BRINK_H
#define OSH_BRINK_H

#include "osh_atomic.h"
#include "osh_compiler.h"
#include "osh_config.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * One word. 0 until the heap starts; OSH_BRINK_FAR while the cores' lists run. While memory is out
 * no list takes a block, bit 1 is set, and the word is
 * - OSH_BRINK_OUT: no more is known; or
 * - with bit 0: the complement of a multiple of 4; so many bytes and more are refused; or
 * - with bit 0 clear: a mark, the address of a word on the stack of whoever looks.
 * Bit 1 changes under the reclaim's mutex only.
 */
OSH_SHARED osh_word_t osh_brink;

#define OSH_BRINK_OUT ((osh_word_t)2)
#define OSH_BRINK_FAR ((osh_word_t)4)

/* In a build for size the lists run again at once, and every request looks for memory again. */
#define OSH_BRINK_STOPS (!OSH_SMALL_CODE)

/* Is memory out, and are all lists stopped? The load observes nothing. */
static inline bool osh_brink_is_out(void)
{
    return OSH_BRINK_STOPS && OSH_UNLIKELY((osh_load(&osh_brink) & OSH_BRINK_OUT) != 0);
}

/* The word. If it is OSH_BRINK_FAR, the heap has started, and memory is not out. It may be
 * something else before all cores see the start. */
static inline osh_word_t osh_brink_now(void)
{
    /* Observes all that the start wrote; pairs with osh_brink_end(). */
    return OSH_BRINK_STOPS ? osh_load_acquire(&osh_brink) : 0;
}

/* Does the word say that so many bytes were refused, and nothing has come free since? */
static inline bool osh_brink_says_no(osh_word_t now, size_t bytes)
{
    return (now & 1) != 0 && now >= ~(osh_word_t)bytes;
}

/* Has that many bytes been refused, and nothing come free since? The load observes nothing. */
static inline bool osh_brink_refuses(size_t bytes)
{
    return OSH_BRINK_STOPS && osh_brink_says_no(osh_load(&osh_brink), bytes);
}

OSH_HIDDEN void osh_brink_wipe(void);

/* Say that memory came free: after an atomic and a fence, or under a mutex that whoever looks for
 * memory takes too. Any context. */
static inline void osh_brink_came_free(void)
{
    if (osh_brink_is_out() && osh_load(&osh_brink) != OSH_BRINK_OUT) {
        osh_brink_wipe(); /* pairs with osh_brink_look() */
    }
}

/* Begins a look for memory. `mark` belongs to the caller until osh_brink_looked(). Returns the word
 * to leave there if memory is found. Repeats only when another look or free changes the word. */
OSH_HIDDEN osh_word_t osh_brink_look(const osh_word_t *mark);

/* Is the mark still there? Not if memory came free, or another task looks. */
OSH_HIDDEN bool osh_brink_is_looking(const osh_word_t *mark);

/* Ends the look: replaces the mark, if it is still there, by `now`. */
OSH_HIDDEN void osh_brink_looked(const osh_word_t *mark, osh_word_t now);

/* The word to leave if `bytes` cannot be had. */
static inline osh_word_t osh_brink_refusal(size_t bytes)
{
    return ~(((osh_word_t)bytes + 3) & ~(osh_word_t)3);
}

/* Under the reclaim's mutex: after all lists were stopped, and before any of them runs again. */
OSH_HIDDEN void osh_brink_begin(void);
OSH_HIDDEN void osh_brink_end(void);

#endif
