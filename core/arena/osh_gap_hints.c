/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_gap_hints.h"

#include "arch.h"

#if OSH_ROW_LEAST > 0

/* The hints of all groups, then those above them. */
#define HINTS (osh_arena.claimed + OSH_BITMAPS * osh_arena.words)

_Static_assert(OSH_GAP_LENGTHS == 64 && OSH_WORD_BITS == 64, "a length is a bit of a word");

/* Bit n: there may be gaps of length n. Written only if the first or last gap of a length comes or
 * goes. */
static osh_word_t gap_lengths OSH_ALIGNED(OSH_CACHELINE);

/* 64 words of the bitmap are a group; a word of hints for each length. */
static osh_word_t *hints_of(size_t group, unsigned length)
{
    return &HINTS[group * OSH_GAP_LENGTHS + length];
}

/* 64 groups, likewise: a bit for each word of hints that is not 0. */
static osh_word_t *sums_of(size_t group, unsigned length)
{
    size_t groups = OSH_PAGE_WORDS(osh_arena.words);
    return &HINTS[(groups + group / OSH_WORD_BITS) * OSH_GAP_LENGTHS + length];
}

/* Sets a bit that is not set. Publishes nothing: whoever reads it looks at what it stands for. The
 * fence is for the bit above: pairs with forget(). */
static void set(osh_word_t *word, osh_word_t bit)
{
    if ((osh_load(word) & bit) == 0) {
        (void)osh_fetch_or(word, bit);
        osh_fence_atomic_load();
    }
}

/* Sets the bits above a word of hints. */
static void set_above(size_t group, unsigned length)
{
    set(sums_of(group, length), osh_arena_bit(group));
    set(&gap_lengths, (osh_word_t)1 << length);
}

void osh_gap_hints_set(size_t word, unsigned length)
{
    size_t group = word / OSH_WORD_BITS;
    set(hints_of(group, length), osh_arena_bit(word));
    set_above(group, length);
}

/* Clears a bit; the caller then looks at what it stands for once more. */
static void forget(osh_word_t *word, osh_word_t bit)
{
    (void)osh_fetch_and(word, ~bit);
    osh_fence_atomic_load(); /* clear, then look: pairs with set() and osh_gaps_released() */
}

bool osh_gap_hints_is_set(size_t word, unsigned length)
{
    return (osh_load(hints_of(word / OSH_WORD_BITS, length)) & osh_arena_bit(word)) != 0;
}

void osh_gap_hints_clear(size_t word, unsigned length)
{
    forget(hints_of(word / OSH_WORD_BITS, length), osh_arena_bit(word));
}

/* Clears the bit of a word of hints that is 0. */
static void forget_group(size_t group, unsigned length)
{
    forget(sums_of(group, length), osh_arena_bit(group));
    if (osh_load(hints_of(group, length)) != 0) {
        set_above(group, length);
    }
}

size_t osh_gap_hints_below(size_t end, unsigned length)
{
    while (end > 0) {
        size_t last = end - 1;
        size_t group = last / OSH_WORD_BITS;
        osh_word_t sums = osh_load(sums_of(group, length)) & (2 * osh_arena_bit(group) - 1);
        group = group / OSH_WORD_BITS * OSH_WORD_BITS;
        end = group * OSH_WORD_BITS;
        if (sums == 0) {
            continue;
        }
        group += osh_top_bit(sums);
        end = group * OSH_WORD_BITS;
        osh_word_t bits = osh_load(hints_of(group, length));
        if (bits == 0) {
            forget_group(group, length);
        }
        if (last / OSH_WORD_BITS == group) {
            bits &= 2 * osh_arena_bit(last) - 1;
        }
        if (bits != 0) {
            return end + osh_top_bit(bits);
        }
    }
    return OSH_NO_PAGE;
}

void osh_gap_hints_none(unsigned length)
{
    forget(&gap_lengths, (osh_word_t)1 << length);
    if (osh_gap_hints_below(osh_arena.words, length) != OSH_NO_PAGE) {
        set(&gap_lengths, (osh_word_t)1 << length);
    }
}

osh_word_t osh_gap_hints_lengths(void)
{
    return osh_load(&gap_lengths);
}

bool osh_gap_hints_is_found(size_t word, unsigned length)
{
    size_t group = word / OSH_WORD_BITS;
    return osh_gap_hints_is_set(word, length) &&
           (osh_load(sums_of(group, length)) & osh_arena_bit(group)) != 0 &&
           (osh_load(&gap_lengths) >> length & 1) != 0;
}

#endif
