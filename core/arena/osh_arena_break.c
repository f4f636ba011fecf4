/* SPDX-License-Identifier: Apache-2.0 */
/* newlib's break over the arena: rows of pages from the bottom, in segments.
 * Everything here runs under the fallback's mutex. */
#include "osh_arena.h"

#include "osh_arena_open.h"

static void flip_newlib(size_t page)
{
    osh_word_t *word = &osh_arena.newlib[page / OSH_WORD_BITS];
    /* One writer: the mutex. Publishes nothing: a caller that asks for the bit has a block of that
     * page, and got it after this store. */
    osh_store(word, *word ^ osh_arena_bit(page));
}

static bool claim_for_newlib(size_t page)
{
    if (!osh_arena_claim_page(page)) {
        return false;
    }
    flip_newlib(page);
    osh_arena.brk_pages++;
    return true;
}

static void release_from_newlib(size_t page)
{
    osh_arena.brk_pages--;
    flip_newlib(page);
    osh_arena_release_run(page, 0);
}

/* The first page behind a break at `brk`. All pages from the segment's start up to it are
 * claimed. */
static size_t page_behind(uintptr_t brk)
{
    return (brk - osh_arena.base + OSH_PAGE_BYTES - 1) >> OSH_PAGE_LOG2;
}

/* Claims `count` pages in a row from `first`, and returns OSH_NO_PAGE. If one of them is taken,
 * gives back what it claimed and returns that page. */
static size_t claim_row(size_t first, size_t count)
{
    if (first + count > osh_arena.pages || (!OSH_SMALL_CODE && count > osh_arena_free_pages())) {
        return osh_arena.pages;
    }
    if (OSH_ARCH_OPENS && !osh_arena_open_up(first, first + count)) {
        return osh_arena_high() * OSH_WORD_BITS - 1; /* all closed pages count as taken */
    }
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

/* The next free page from `page` on, or the number of pages. In a build for size it returns `page`
 * itself, and the claim finds out. */
static size_t next_free(size_t page)
{
    while (!OSH_SMALL_CODE && page < osh_arena.pages) {
        osh_word_t free = ~osh_load(&osh_arena.claimed[page / OSH_WORD_BITS]);
        free &= ~(osh_arena_bit(page) - 1);
        if (free != 0) {
            return page / OSH_WORD_BITS * OSH_WORD_BITS + (size_t)__builtin_ctzl(free);
        }
        page = (page / OSH_WORD_BITS + 1) * OSH_WORD_BITS;
    }
    return page;
}

/* Starts a segment at the lowest place that has room, since the break cannot move up where it is.
 */
static void *start_segment(uintptr_t bytes)
{
    size_t count = page_behind(osh_arena.base + bytes);
    size_t first = count <= osh_arena_free_pages() ? next_free(0) : osh_arena.pages;
    for (; first + count <= osh_arena.pages; first = next_free(first + 1)) {
        size_t taken = claim_row(first, count);
        if (taken == OSH_NO_PAGE) {
            osh_arena.segment = osh_arena_address(first);
            osh_arena.brk = osh_arena.segment + bytes;
            return (void *)osh_arena.segment;
        }
        first = taken;
    }
    return (void *)-1;
}

/* Moves the break up, if the pages it needs are free. */
static bool go_on(uintptr_t bytes)
{
    size_t first = page_behind(osh_arena.brk);
    size_t taken = claim_row(first, page_behind(osh_arena.brk + bytes) - first);
    osh_arena.brk += taken == OSH_NO_PAGE ? bytes : 0;
    return taken == OSH_NO_PAGE;
}

bool osh_arena_extend_break(uintptr_t bytes)
{
    return osh_arena_spans(bytes) && go_on(bytes);
}

static void *grow(uintptr_t bytes)
{
    if (!osh_arena_spans(bytes)) {
        return (void *)-1;
    }
    uintptr_t old = osh_arena.brk;
    if (go_on(bytes)) {
        return (void *)old;
    }
    return start_segment(bytes);
}

static void *shrink(uintptr_t bytes)
{
    uintptr_t old = osh_arena.brk;
    if (bytes > old - osh_arena.segment) {
        return (void *)-1;
    }
    osh_arena.brk = old - bytes;
    size_t behind = page_behind(osh_arena.brk);
    for (size_t page = page_behind(old); page-- > behind;) {
        release_from_newlib(page);
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

void osh_arena_reset_break(void)
{
    for (size_t page = 0; osh_arena.brk_pages > 0; page++) {
        if (osh_arena_is_closed(page / OSH_WORD_BITS)) {
            page = osh_arena_high() * OSH_WORD_BITS;
        }
        if (osh_arena_is_newlib(page)) {
            release_from_newlib(page);
        }
    }
    osh_arena.segment = osh_arena.brk = osh_arena.base;
}
