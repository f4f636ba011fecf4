/* SPDX-License-Identifier: Apache-2.0 */
/* newlib's break over the arena: rows of pages from the bottom, in segments.
 * Everything here runs under the fallback's mutex. */
#include "osh_arena.h"

static osh_word_t bit_of(size_t page)
{
    return (osh_word_t)1 << (page % OSH_WORD_BITS);
}

static bool claim_for_newlib(size_t page)
{
    if (!osh_arena_claim_page(page)) {
        return false;
    }
    osh_word_t *word = &osh_arena.newlib[page / OSH_WORD_BITS];
    /* Publishes nothing: who asks has a block of that page. One writer. */
    osh_store(word, *word | bit_of(page));
    osh_arena.brk_pages++;
    return true;
}

static void release_from_newlib(size_t page)
{
    osh_arena.brk_pages--;
    osh_word_t *word = &osh_arena.newlib[page / OSH_WORD_BITS];
    osh_store(word, *word & ~bit_of(page)); /* as above */
    osh_arena_release_run(page, 0);
}

/* Claims `count` pages in a row from `first`; on a taken one gives back what it
 * claimed and returns that page, else OSH_NO_PAGE. */
static size_t claim_row(size_t first, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!claim_for_newlib(first + i)) {
            for (size_t j = i; j-- > 0;) {
                release_from_newlib(first + j);
            }
            return first + i;
        }
    }
    return OSH_NO_PAGE;
}

/* Next free page from `page` on, or the number of pages. */
static size_t next_free(size_t page)
{
    while (page < osh_arena.pages) {
        osh_word_t free = ~osh_load(&osh_arena.claimed[page / OSH_WORD_BITS]);
        free &= ~(bit_of(page) - 1);
        if (free != 0) {
            return page / OSH_WORD_BITS * OSH_WORD_BITS + (size_t)__builtin_ctzl(free);
        }
        page = (page / OSH_WORD_BITS + 1) * OSH_WORD_BITS;
    }
    return osh_arena.pages;
}

static size_t pages_for(uintptr_t bytes)
{
    return (bytes + OSH_PAGE_BYTES - 1) >> OSH_PAGE_LOG2;
}

/* The break cannot go on where it is: starts a segment above. */
static void *start_segment(size_t first, uintptr_t bytes)
{
    size_t count = pages_for(bytes);
    for (first = next_free(first); first + count <= osh_arena.pages; first = next_free(first + 1)) {
        size_t taken = claim_row(first, count);
        if (taken == OSH_NO_PAGE) {
            osh_arena.segment = osh_arena_address(first);
            osh_arena.claimed_to = osh_arena.segment + ((uintptr_t)count << OSH_PAGE_LOG2);
            osh_arena.brk = osh_arena.segment + bytes;
            return (void *)osh_arena.segment;
        }
        first = taken;
    }
    return (void *)-1;
}

/* Claims the pages a break `bytes` higher needs; the first taken one, or
 * OSH_NO_PAGE when all is well. */
static size_t claim_behind_break(uintptr_t bytes)
{
    if (bytes <= osh_arena.claimed_to - osh_arena.brk) {
        return OSH_NO_PAGE;
    }
    size_t first = (osh_arena.claimed_to - osh_arena.base) >> OSH_PAGE_LOG2;
    size_t count = pages_for(osh_arena.brk + bytes - osh_arena.claimed_to);
    size_t taken = claim_row(first, count);
    if (taken == OSH_NO_PAGE) {
        osh_arena.claimed_to += (uintptr_t)count << OSH_PAGE_LOG2;
    }
    return taken;
}

static bool beyond_region(uintptr_t bytes)
{
    return bytes > osh_arena.base + ((uintptr_t)osh_arena.pages << OSH_PAGE_LOG2) - osh_arena.brk;
}

bool osh_arena_extend_break(uintptr_t bytes)
{
    if (beyond_region(bytes) || claim_behind_break(bytes) != OSH_NO_PAGE) {
        return false;
    }
    osh_arena.brk += bytes;
    return true;
}

static void *grow(uintptr_t bytes)
{
    if (beyond_region(bytes)) {
        return (void *)-1;
    }
    size_t taken = claim_behind_break(bytes);
    if (taken != OSH_NO_PAGE) {
        return start_segment(taken + 1, bytes);
    }
    uintptr_t old = osh_arena.brk;
    osh_arena.brk = old + bytes;
    return (void *)old;
}

static void *shrink(uintptr_t bytes)
{
    uintptr_t old = osh_arena.brk;
    if (bytes > old - osh_arena.segment) {
        return (void *)-1;
    }
    osh_arena.brk = old - bytes;
    while (osh_arena.claimed_to - OSH_PAGE_BYTES >= osh_arena.brk &&
           osh_arena.claimed_to > osh_arena.segment) {
        osh_arena.claimed_to -= OSH_PAGE_BYTES;
        release_from_newlib((osh_arena.claimed_to - osh_arena.base) >> OSH_PAGE_LOG2);
    }
    return (void *)old;
}

void *osh_arena_sbrk(ptrdiff_t increment)
{
    if (increment < 0) {
        return shrink((uintptr_t)0 - (uintptr_t)increment);
    }
    return grow((uintptr_t)increment);
}

void *osh_arena_open_segment(uintptr_t bytes)
{
    return start_segment(0, bytes);
}

void osh_arena_reset_break(void)
{
    for (size_t word = 0; word < osh_arena.words; word++) {
        while (osh_arena.newlib[word] != 0) {
            release_from_newlib(word * OSH_WORD_BITS + osh_top_bit(osh_arena.newlib[word]));
        }
    }
    osh_arena.segment = osh_arena.brk = osh_arena.claimed_to = osh_arena.base;
}
