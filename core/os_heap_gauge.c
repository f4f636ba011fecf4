/* SPDX-License-Identifier: Apache-2.0 */
/* os_heap_gauge: what a product asks every second. */
#include "os/os_heap.h"
#include "osh_arena_open.h"
#include "osh_brink.h"
#include "osh_gauge.h"
#include "osh_heap.h"
#include "osh_newlib.h"

OSH_VARIABLE struct osh_gauge osh_gauge;

/* So many words of the bitmap are looked at: 256 KiB of pages on 32-bit cores, 1 MiB on 64-bit. */
enum { LOOK_WORDS = 16 };

/* Of so many of them also at the rows that are inside of a word: newlib's break is in the first. */
enum { LOOK_INSIDE = 2 };

/* The most that newlib and the seal take of a free range besides the block. */
#define OVERHEAD (8 * sizeof(size_t) + 2 * OSH_ALIGN + OSH_SEAL_BYTES)

/* The pages of this word that somebody has; beyond the last page, all. */
static osh_word_t claimed_in(size_t word)
{
    osh_word_t beyond = 0;
    if (OSH_SMALL_CODE && word == osh_arena.words - 1 && osh_arena.pages % OSH_WORD_BITS != 0) {
        beyond = ~(osh_arena_bit(osh_arena.pages) - 1);
    }
    return osh_load(&osh_arena.claimed[word]) | beyond; /* a snapshot: observes nothing */
}

/* The longest row of bits: by halves of what may be missing. */
static size_t longest_in(osh_word_t bits)
{
    size_t length = bits != 0;
    unsigned step = 1;
    osh_word_t shorter; /* where a row of `length` + `step` begins */
    while ((shorter = bits & bits >> step) != 0) {
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

/* The longest row of free pages from the break up, as far as the words' ends show it. */
static size_t longest_row(void)
{
    size_t word = osh_arena_page((const void *)osh_load(&osh_arena.brk)) / OSH_WORD_BITS;
    size_t row = 0;
    size_t best = 0;
    for (unsigned i = 0; i < LOOK_WORDS && word < osh_arena.words; i++, word++) {
        if (osh_arena_is_closed(word)) {
            row += (osh_arena_high() - word) * OSH_WORD_BITS;
            word = osh_arena_high() - 1;
            continue;
        }
        osh_word_t claimed = claimed_in(word);
        if (claimed == 0) {
            row += OSH_WORD_BITS;
            continue;
        }
        row += (size_t)__builtin_ctzl(claimed);
        best = row > best ? row : best;
        row = i < LOOK_INSIDE ? longest_in(~claimed) : 0;
        best = row > best ? row : best;
        row = OSH_WORD_BITS - 1 - osh_top_bit(claimed);
    }
    return row > best ? row : best;
}

static size_t largest(size_t free)
{
    size_t bytes = longest_row() << OSH_PAGE_LOG2;
    size_t top = osh_newlib_top();
    bytes = top > bytes ? top : bytes;
    bytes = bytes > OVERHEAD ? (bytes - OVERHEAD) & ~(OSH_ALIGN - 1) : 0;
    if (osh_brink_refuses(bytes)) {
        bytes = osh_brink_least_refused() - 1;
    }
    return bytes < free ? bytes : free;
}

OSH_PUBLIC void os_heap_gauge(struct os_heap_gauge *gauge)
{
    *gauge = (struct os_heap_gauge){0, 0, 0, 0};
    if (!osh_heap_has_started()) {
        return;
    }
    size_t region = osh_arena.pages << OSH_PAGE_LOG2;
    size_t out = osh_load(&osh_gauge.slabs) + osh_load(&osh_gauge.newlib);
    size_t most = osh_load(&osh_gauge.most);
    gauge->free = out < region ? region - out : 0; /* while others work, one may be counted twice */
    gauge->least_free = most < region ? region - most : 0;
    gauge->largest = largest(gauge->free);
    gauge->refused = osh_heap_failures();
}
