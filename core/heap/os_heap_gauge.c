/* SPDX-License-Identifier: Apache-2.0 */
/* os_heap_gauge: what a product asks every second. */
#include "os/os_heap.h"
#include "osh_arena_open.h"
#include "osh_exhaust.h"
#include "osh_gauge.h"
#include "osh_hit.h"
#include "osh_newlib.h"
#include "osh_regions.h"
#include "osh_start.h"

/* Words of the bitmap to look at: 96 KiB of pages on 32-bit cores, 384 KiB on 64-bit. */
enum { LOOK_WORDS = 6 };

/* The claimed pages of a word. Pages beyond the last count as claimed. */
static osh_word_t claimed_in(size_t word)
{
    osh_word_t beyond = 0;
    if (OSH_SMALL_CODE && word == osh_arena.words - 1 && osh_arena.pages % OSH_WORD_BITS != 0) {
        beyond = ~(osh_arena_bit(osh_arena.pages) - 1);
    }
    return osh_load(&osh_arena.claimed[word]) | beyond; /* a snapshot: observes nothing */
}

/* The longest row of set bits. Doubles the length of the row while one is that long, then adds
 * halves. */
static size_t longest_in(osh_word_t bits)
{
    size_t length = bits != 0;
    unsigned step = 1;
    osh_word_t shorter; /* where a row of `length` + `step` begins */
    while (step < OSH_WORD_BITS && (shorter = bits & bits >> step) != 0) {
        bits = shorter;
        length += step;
        step *= 2;
    }
    while ((step /= 2) > 0) {
        shorter = bits & bits >> step;
        if (shorter != 0) {
            bits = shorter;
            length += step;
        }
    }
    return length;
}

/* The number of free pages just below those of `word`, within one word. */
static size_t free_before(size_t word)
{
    osh_word_t claimed = word > 0 ? claimed_in(word - 1) : ~(osh_word_t)0;
    return claimed != 0 ? OSH_WORD_BITS - 1 - osh_top_bit(claimed) : OSH_WORD_BITS;
}

/* The number of free pages at the beginning of `word`. */
static size_t free_from(size_t word)
{
    osh_word_t claimed =
        word < osh_arena.words && !osh_arena_is_closed(word) ? claimed_in(word) : 1;
    return claimed != 0 ? osh_top_bit(claimed & (0 - claimed)) : OSH_WORD_BITS;
}

/* A long row of free pages, from newlib's break up: the longest row of words that are all free,
 * with the free pages at both ends; or, if no word is all free, a row inside the break's word,
 * where newlib's pages end. */
static size_t long_row(void)
{
    size_t first = osh_arena_page((const void *)osh_load(&osh_arena.brk)) / OSH_WORD_BITS;
    first = first < osh_arena.words ? first : osh_arena.words - 1; /* the break may be at the end */
    size_t start = first + 1;
    size_t best = 0;
    size_t length = 0;
    size_t end = first + LOOK_WORDS < osh_arena.words ? first + LOOK_WORDS : osh_arena.words;
    for (size_t word = first; word < end; word++) {
        size_t more = osh_arena_is_closed(word) ? osh_arena_high() - word
                      : claimed_in(word) == 0   ? 1
                                                : 0;
        length = more > 0 ? length + more : 0;
        word += more > 0 ? more - 1 : 0;
        if (length > best) {
            best = length;
            start = word + 1 - length;
        }
    }
    size_t row = best * OSH_WORD_BITS + free_before(start) + free_from(start + best);
    if (best == 0) {
        size_t inside = longest_in(~claimed_in(first));
        row = row > inside ? row : inside;
    }
    return row;
}

static size_t largest(void)
{
    size_t bytes = long_row() << OSH_PAGE_LOG2;
    size_t top = osh_newlib_top();
    bytes = top > bytes ? top : bytes;
    return osh_newlib_room(bytes);
}

OSH_PUBLIC void os_heap_gauge(struct os_heap_gauge *gauge)
{
    *gauge = (struct os_heap_gauge){0, 0, 0, 0};
    if (!osh_heap_has_started()) {
        return;
    }
    size_t region = osh_arena.pages << OSH_PAGE_LOG2;
    size_t row = largest();
    if (osh_regions() != NULL) {
        region += osh_regions()->gauge(&row);
    }
    size_t out = osh_load(&osh_gauge.slabs) + osh_load(&osh_gauge.newlib) + osh_gauge_in_rows();
    size_t most = osh_load(&osh_gauge.most);
    gauge->free = out < region ? region - out : 0; /* while others work, one may be counted twice */
    gauge->least_free = most < region ? region - most : 0;
    gauge->largest = osh_hit_room(row < gauge->free ? row : gauge->free);
    gauge->refused = osh_heap_failures();
}

OSH_PUBLIC void os_heap_gauge_reset(void)
{
    osh_gauge_restart();
}
