/* SPDX-License-Identifier: Apache-2.0 */
/* What goes with each claim and each release of pages of one word. For the files of the arena. */
#ifndef OSH_CLAIMS_H
#define OSH_CLAIMS_H

#include "arch.h"
#include "osh_arena.h"
#include "osh_brink.h"

/* Notes that claimed pages will be written to. */
static inline void osh_claims_use(size_t word, osh_word_t bits)
{
    if (OSH_ARCH_DECOMMITS && (osh_load(&osh_arena.used[word]) & bits) != bits) {
        /* Publishes nothing: osh_arena_decommit claims a page before it relies on this bit. */
        osh_word_t fresh = bits & ~osh_fetch_or(&osh_arena.used[word], bits);
        osh_arena_committed(osh_count_bits(fresh));
    }
}

static inline void osh_claims_count(size_t pages)
{
    /* After the claim, so that osh_arena_free_pages() never returns fewer pages than are free.
     * A count: publishes nothing. */
    osh_raise(&osh_arena.most_used, osh_fetch_add(&osh_arena.in_use, pages) + pages);
}

static inline void osh_claims_note(size_t word, osh_word_t bits, unsigned pages)
{
    osh_claims_use(word, bits);
    osh_claims_count(pages);
}

static inline void osh_claims_release(size_t word, osh_word_t bits, unsigned pages)
{
    /* Before the release, for the same reason; publishes nothing. */
    (void)osh_fetch_add(&osh_arena.in_use, (osh_word_t)0 - pages);
    /* Publishes that we are done with the pages; pairs with the claims in osh_arena.c and
     * osh_arena_row.c, and with osh_arena_decommit(). */
    (void)osh_fetch_and(&osh_arena.claimed[word], ~bits);
    if (OSH_SLAB_HINTS) {
        /* A hint: publishes nothing. A claim reads the bitmap itself. */
        osh_raise(&osh_arena.top_word, word);
    }
    if (OSH_BRINK_STOPS) {
        osh_fence_atomic_load(); /* release, then look: pairs with osh_brink_look() */
    }
    osh_brink_came_free();
}

/* The bits of word `word` for the pages from `first` up to `end`; 0 if first >= end. */
static inline osh_word_t osh_claims_bits(size_t word, size_t first, size_t end)
{
    size_t from = word * OSH_WORD_BITS;
    if (end <= from || first >= from + OSH_WORD_BITS || first >= end) {
        return 0;
    }
    osh_word_t at_or_above = first > from ? ~(osh_word_t)0 << (first - from) : ~(osh_word_t)0;
    osh_word_t below =
        end < from + OSH_WORD_BITS ? ~(~(osh_word_t)0 << (end - from)) : ~(osh_word_t)0;
    return at_or_above & below;
}

#endif
