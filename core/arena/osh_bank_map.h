/* SPDX-License-Identifier: Apache-2.0 */
/* The words of a bank's map, for the bank's own files. */
#ifndef OSH_BANK_MAP_H
#define OSH_BANK_MAP_H

#include "osh_bank.h"

#define OSH_BANK_HALF (OSH_WORD_BITS / 2) /* granules of a word */
#define OSH_BANK_LOW (((osh_word_t)1 << OSH_BANK_HALF) - 1)
#define OSH_NO_GRANULE ((size_t)-1)

static inline osh_word_t osh_bank_begins(size_t granule)
{
    return (osh_word_t)1 << (granule % OSH_BANK_HALF);
}

/* What a word says of one granule. */
enum osh_bank_state {
    OSH_GRANULE_FREE,
    OSH_GRANULE_BEGINS,
    OSH_GRANULE_CONTINUES,
    OSH_GRANULE_BEING_FREED
};

static inline enum osh_bank_state osh_bank_state(const struct osh_bank *bank, size_t granule)
{
    /* Observes nothing: the state of a granule in the caller's block does not change. */
    osh_word_t word = osh_load(&bank->map[granule / OSH_BANK_HALF]) >> (granule % OSH_BANK_HALF);
    return (enum osh_bank_state)((word & 1) | (word >> OSH_BANK_HALF & 1) << 1);
}

/* The granules of [from, end) in from's word, as bits of the low half. */
static inline osh_word_t osh_bank_bits(size_t from, size_t end)
{
    size_t first = from % OSH_BANK_HALF;
    size_t count = end - from < OSH_BANK_HALF - first ? end - from : OSH_BANK_HALF - first;
    return (((osh_word_t)1 << count) - 1) << first;
}

static inline osh_word_t osh_bank_taken(osh_word_t word)
{
    return (word | word >> OSH_BANK_HALF) & OSH_BANK_LOW;
}

/* The lowest row of `count` free granules from word `word` on, at a multiple of `alignment` bytes,
 * or OSH_NO_GRANULE. Stores the first word that has a free granule. A snapshot: the claim looks
 * again. O(words). */
OSH_HIDDEN size_t osh_bank_find(const struct osh_bank *bank, size_t word, size_t count,
                                size_t alignment, size_t *free_word);

#endif
