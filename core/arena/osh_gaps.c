/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_gaps.h"

#include "arch.h"
#include "osh_arena_open.h"
#include "osh_gap_hints.h"

#if OSH_ROW_LEAST > 0

/* The greatest length stands for all gaps of so many pages (16 MiB) or more. */
enum { LONGEST = OSH_GAP_LENGTHS - 1, MANY_PAGES = 1024 };

/* How many gaps a search looks at: of a length of which some are too short, and of others. What
 * hides behind more hints that are no longer true is found by the bitmap. */
enum { LOOKS_EXACT = 4, LOOKS_SURE = 16 };

/* Gaps of 1 to 7 pages have a length each; then there are eight lengths for each doubling. */
static unsigned length_of(size_t pages)
{
    unsigned b = osh_top_bit(pages);
    size_t length = b < 3 ? pages - 1 : 7 + ((b - 3) << 3) + ((pages >> (b - 3)) & 7);
    return length < LONGEST ? (unsigned)length : LONGEST;
}

/* The fewest pages of a gap of that length. */
static size_t least_of(unsigned length)
{
    unsigned above = length - 7;
    return length < 7 ? length + 1 : (size_t)(8 + (above & 7)) << (above >> 3);
}

/* The shortest length of which every gap has `count` pages, or LONGEST. */
static unsigned sure_length(size_t count)
{
    unsigned shorter = count > 1 ? length_of(count - 1) + 1 : 0;
    return shorter < LONGEST ? shorter : LONGEST;
}

/* Free pages just below word `word`, but no more than about `most`. */
static size_t free_below(size_t word, size_t most, bool open)
{
    size_t count = 0;
    while (word-- > 0 && count < most) {
        if (osh_arena_is_closed(word)) {
            if (open) {
                break;
            }
            count += (word - osh_arena_low() + 1) * OSH_WORD_BITS;
            word = osh_arena_low();
            continue;
        }
        osh_word_t claimed = osh_load(&osh_arena.claimed[word]); /* a snapshot, here and below */
        if (claimed != 0) {
            return count + OSH_WORD_BITS - 1 - osh_top_bit(claimed);
        }
        count += OSH_WORD_BITS;
    }
    return count;
}

/* Free pages from `page` up, but no more than about `most`. */
static size_t free_from(size_t page, size_t most)
{
    size_t at = page;
    while (at - page < most && at < osh_arena.words * OSH_WORD_BITS) {
        size_t word = at / OSH_WORD_BITS;
        if (osh_arena_is_closed(word)) {
            at = osh_arena_high() * OSH_WORD_BITS;
            continue;
        }
        osh_word_t claimed = osh_load(&osh_arena.claimed[word]) >> (at % OSH_WORD_BITS);
        if (claimed != 0) {
            return at + (size_t)__builtin_ctzl(claimed) - page;
        }
        at = (word + 1) * OSH_WORD_BITS;
    }
    return at - page;
}

/* The free pages of a word, but not those of a gap that ends in a higher word. */
static osh_word_t free_ending_in(size_t word)
{
    osh_word_t claimed = osh_load(&osh_arena.claimed[word]);
    bool goes_on = word + 1 < osh_arena.words && (osh_load(&osh_arena.claimed[word + 1]) & 1) == 0;
    if (!goes_on) {
        return ~claimed;
    }
    return claimed != 0 ? ~claimed & (((osh_word_t)1 << osh_top_bit(claimed)) - 1) : 0;
}

/* Takes the highest gap out of `free`, the free pages of a word. Returns its pages, no more than
 * about `most`, and stores the page behind it. */
static size_t next_gap(size_t word, osh_word_t *free, size_t most, bool open, size_t *end)
{
    unsigned top = osh_top_bit(*free);
    osh_word_t taken = ~*free & (((osh_word_t)1 << top) - 1);
    unsigned bottom = taken != 0 ? osh_top_bit(taken) + 1 : 0;
    size_t count = top + 1 - bottom;
    *end = word * OSH_WORD_BITS + top + 1;
    *free &= ((osh_word_t)1 << bottom) - 1;
    return bottom == 0 && count < most ? count + free_below(word, most - count, open) : count;
}

/* The first of `count` pages at the end of the highest gap in the word that has so many. */
static size_t place_in(size_t word, size_t count, bool open)
{
    osh_word_t free = free_ending_in(word);
    while (free != 0) {
        size_t end;
        if (next_gap(word, &free, count, open, &end) >= count) {
            return end - count;
        }
    }
    return OSH_NO_PAGE;
}

/* Notes all gaps that end in the word. */
static void note_word(size_t word)
{
    osh_word_t free = free_ending_in(word);
    while (free != 0) {
        size_t end;
        size_t count = next_gap(word, &free, MANY_PAGES, false, &end);
        if (count >= OSH_GAP_LEAST) {
            osh_gap_hints_set(word, length_of(count));
        }
    }
}

void osh_gaps_settle(struct osh_gap_hint hint)
{
    if (osh_gap_hints_is_set(hint.word, hint.length) &&
        place_in(hint.word, least_of(hint.length), false) == OSH_NO_PAGE) {
        osh_gap_hints_clear(hint.word, hint.length);
        note_word(hint.word);
    }
}

/* A gap that reaches MANY_PAGES beyond `page` is left to another task: the last one that released
 * one of those pages, or claimed the page behind them, notes its end as LONGEST. */
void osh_gaps_released(size_t page)
{
    /* Change the bitmap, then look: pairs with osh_gap_hints_clear() and with itself. */
    osh_fence_atomic_load();
    size_t above = free_from(page, MANY_PAGES + 1);
    if (above == 0 || above > MANY_PAGES) {
        return;
    }
    size_t last = page + above - 1;
    size_t word = last / OSH_WORD_BITS;
    osh_word_t free = ~osh_load(&osh_arena.claimed[word]) & (2 * osh_arena_bit(last) - 1);
    if (free != 0) {
        size_t end;
        size_t count = next_gap(word, &free, MANY_PAGES, false, &end);
        if (count >= OSH_GAP_LEAST) {
            osh_gap_hints_set(word, length_of(count));
        }
    }
}

void osh_gaps_claimed(size_t page)
{
    if (page > 0) {
        osh_gaps_released(page - 1);
    }
    if (page % OSH_WORD_BITS == 0) {
        /* As slabs fill the region downward, the end of the greatest gap moves on to another word.
         */
        osh_gaps_settle((struct osh_gap_hint){page / OSH_WORD_BITS, LONGEST});
    }
}

static size_t find_of_length(size_t count, unsigned tries, struct osh_gap_hint *hint)
{
    size_t end = osh_arena.words;
    while (tries-- > 0) {
        hint->word = osh_gap_hints_below(end, hint->length);
        if (hint->word == OSH_NO_PAGE) {
            if (end == osh_arena.words) {
                osh_gap_hints_none(hint->length);
            }
            break;
        }
        size_t page = place_in(hint->word, count, false);
        if (page != OSH_NO_PAGE) {
            return page;
        }
        osh_gaps_settle(*hint);
        end = hint->word;
    }
    return OSH_NO_PAGE;
}

size_t osh_gaps_find(size_t count, struct osh_gap_hint *hint)
{
    unsigned sure = sure_length(count);
    osh_word_t lengths = osh_gap_hints_lengths() & ~(osh_word_t)0 << length_of(count);
    for (; lengths != 0; lengths &= lengths - 1) {
        hint->length = (unsigned)__builtin_ctzl(lengths);
        size_t page = find_of_length(count, hint->length < sure ? LOOKS_EXACT : LOOKS_SURE, hint);
        if (page != OSH_NO_PAGE) {
            return page;
        }
    }
    return OSH_NO_PAGE;
}

size_t osh_gaps_search(size_t count, bool open)
{
    for (size_t word = osh_arena.words; word-- > 0;) {
        if (osh_arena_is_closed(word)) {
            word = osh_arena_low();
            continue;
        }
        size_t page = place_in(word, count, open);
        if (page != OSH_NO_PAGE) {
            return page;
        }
    }
    return OSH_NO_PAGE;
}

void osh_gaps_repair(void)
{
    for (size_t word = osh_arena.words; word-- > 0;) {
        if (osh_arena_is_closed(word)) {
            word = osh_arena_low();
        } else {
            note_word(word);
        }
    }
}

bool osh_gaps_is_noted(size_t end, size_t count)
{
    size_t word = (end - 1) / OSH_WORD_BITS;
    for (unsigned length = length_of(count); length < OSH_GAP_LENGTHS; length++) {
        if (osh_gap_hints_is_found(word, length)) {
            return true;
        }
    }
    return false;
}

#endif
