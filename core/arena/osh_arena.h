/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The arena: one region cut into pages, and one bitmap that says which pages are
 * claimed. Slabs claim pages or aligned runs of pages from the top; newlib's break claims rows
 * of pages from the bottom. When one side gives a page up, the other may claim it at once.
 *
 * A claim sets bits atomically, a release clears them by an atomic and. There is no list, so
 * there is no ABA. All calls are lock-free and may be made from any context, except
 * osh_arena_sbrk and the other calls for newlib's break: these run under the fallback's mutex.
 */
#ifndef OSH_ARENA_H
#define OSH_ARENA_H

#include "osh_atomic.h"
#include "osh_compiler.h"
#include "osh_config.h"
#include "osh_hot.h"

#include <stdbool.h>
#include <stddef.h>

struct osh_arena {
    /* Written once: */
    uintptr_t tables;    /* where the region and the tables in it begin */
    uintptr_t base;      /* first page; a multiple of OSH_PAGE_BYTES */
    size_t pages;        /* number of pages */
    size_t words;        /* words of each bitmap */
    uint8_t *page_class; /* a byte per page: the class of the slab there, or 0 */
    osh_word_t *claimed; /* a bit per page: claimed. Bits past the end are set,
                            unless OSH_SMALL_CODE */
    osh_word_t *used;    /* a bit per page: claimed since it was last decommitted */
    osh_word_t *newlib;  /* a bit per page: claimed for newlib's break, under its mutex */
    /* Written by every claim and release, so in a line of their own: */
    osh_word_t top_word OSH_ALIGNED(OSH_CACHELINE); /* a hint: probably no free page above */
    osh_word_t in_use;                              /* pages claimed */
    osh_word_t most_used;                           /* highest value of in_use so far */
    /* newlib's break, under the fallback's mutex: */
    uintptr_t segment OSH_ALIGNED(OSH_CACHELINE); /* the break cannot shrink below this */
    uintptr_t brk;                                /* the break */
    size_t brk_pages;                             /* pages claimed for it, all segments */
};

OSH_SHARED struct osh_arena osh_arena;

/* A word per page, where OSH_ROW_LEAST > 0: that of a row's first page is the row's number of
 * pages, and its state in the low OSH_ROW_STATE_BITS; the others are 0. A row's owner writes
 * its word, and a free claims the row by a compare-and-swap. The pointer is written once. */
OSH_SHARED osh_word_t *osh_arena_rows;
#define OSH_ROW_STATE_BITS 2

/* Were all pages zeros at the start? Written once, where OSH_ROW_LEAST > 0. */
OSH_SHARED bool osh_arena_zeroed;

#define OSH_NO_PAGE ((size_t)-1)

/* Bytes of tables for `pages` pages. */
OSH_HIDDEN size_t osh_arena_table_bytes(size_t pages);

/* Starts with all pages free. `tables` is zeroed memory of osh_arena_table_bytes(pages) bytes,
 * which nobody touches until osh_arena_mark_end. */
OSH_HIDDEN void osh_arena_start(uintptr_t base, size_t pages, void *tables);

/* Marks the bits beyond the last page as claimed. Once, before any of the following. */
OSH_HIDDEN void osh_arena_mark_end(void);

/* Claims the highest 2^run free pages that begin at a multiple of 2^run, and
 * returns the first; OSH_NO_PAGE if there are none. O(words) at worst, O(1)
 * while the hint holds. */
OSH_HIDDEN size_t osh_arena_claim_run(unsigned run);

/* Claims this page; false if it is claimed already. O(1). */
OSH_HIDDEN bool osh_arena_claim_page(size_t page);

/* Gives 2^run pages from `page` on back. O(1). */
OSH_HIDDEN void osh_arena_release_run(size_t page, unsigned run);

/*
 * sbrk for the newlib heap: moves the break by `increment` bytes and returns
 * the old break, or (void *)-1. If a page behind the break is taken, an upward move starts a new
 * segment in the lowest place that has room, above or below, and returns the segment's start.
 * Downward the break may move to the start of its segment. Under the fallback's mutex.
 */
OSH_HIDDEN void *osh_arena_sbrk(ptrdiff_t increment);

/* Moves the break up by `bytes` only if it need not jump; else returns false. Same mutex. */
OSH_HIDDEN bool osh_arena_extend_break(uintptr_t bytes);

/* Gives all of newlib's pages back, after its heap was reset. Same mutex. */
OSH_HIDDEN void osh_arena_reset_break(void);

/* Claims `count` pages in a row, in the shortest gap that suffices (osh_gaps.h). OSH_NO_PAGE: there
 * is no such row, or others took pages of it. O(count), and O(words) before it fails. The caller
 * writes the row's word. Only where OSH_ROW_LEAST > 0; likewise the next four. */
OSH_HIDDEN size_t osh_arena_claim_row(size_t count);

/* Claims the pages from `page` on too, for the row before them. False: not all are free. O(count).
 */
OSH_HIDDEN bool osh_arena_extend_row(size_t page, size_t count);

/* Gives pages of a row back, whose word no longer counts them. O(count). */
OSH_HIDDEN void osh_arena_release_row(size_t page, size_t count);

/* Notes that pages of a row will be written to; with `clear` it also makes them zeros. It touches
 * only those that may be something else. O(count). */
OSH_HIDDEN void osh_arena_use_row(size_t page, size_t count, bool clear);

/* Notes that the contents of pages of a row have left them, so that the system has the memory. */
OSH_HIDDEN void osh_arena_unuse_row(size_t page, size_t count);

/* Offers all free pages that were used to the system, and returns the bytes that it took. The pages
 * are claimed meanwhile. Only where OSH_ARCH_DECOMMITS; likewise the next. */
OSH_HIDDEN size_t osh_arena_decommit(void);

/* The same, from the lowest page up, until the system has taken `most` bytes. With `whole` only
 * words of pages that are all free, as is the other half of their huge page, and no part of one.
 * Under the reclaim's mutex. */
OSH_HIDDEN size_t osh_arena_give(size_t most, bool whole);

/*
 * Offers the free pages that were used to the system, if they are more than the heap may keep: an
 * eighth of the pages in use, osh_arch_idle_bytes(), or a budget, whichever is most. If the program
 * commits a quarter as many pages again, the system calls and page faults were in vain, so the
 * heap may keep so many more, up to OSH_IDLE_MOST; each purge takes a sixteenth away. If the system
 * refuses the pages, the budget grows with them. Those that nobody needed for a period of the decay
 * go when it is over. Call it after `released` pages were released, where OSH_ARCH_DECOMMITS. Any
 * context: never waits.
 */
OSH_HIDDEN void osh_arena_purge(size_t released);

/* Pages in use and free ones that the system has not got back: a snapshot. Where
 * OSH_ARCH_DECOMMITS. */
OSH_HIDDEN size_t osh_arena_committed_pages(void);

/* Bytes of free pages that are committed: a snapshot. O(1), any context. */
OSH_HIDDEN size_t osh_arena_idle_bytes(void);

/* So many free pages were committed anew; or so many of a row were not after all. */
OSH_HIDDEN void osh_arena_committed(unsigned pages);
OSH_HIDDEN void osh_arena_uncommitted(size_t pages);

/* So many pages are committed, by a count of all bits on `used`: in the child of a fork. */
OSH_HIDDEN void osh_arena_recommitted(size_t pages);

/* Sets the bytes that the heap may keep at least, and the period of the decay in milliseconds (0:
 * there is no decay). Once, when the heap starts. */
OSH_HIDDEN void osh_arena_purge_start(size_t idle_bytes, size_t decay);

static inline uintptr_t osh_arena_address(size_t page)
{
    return osh_arena.base + ((uintptr_t)page << OSH_PAGE_LOG2);
}

/* The bit of a page in its word of a bitmap. */
static inline osh_word_t osh_arena_bit(size_t page)
{
    return (osh_word_t)1 << (page % OSH_WORD_BITS);
}

/* Page of an address inside the arena. */
static inline size_t osh_arena_page(const void *address)
{
    return ((uintptr_t)address - osh_arena.base) >> OSH_PAGE_LOG2;
}

static inline bool osh_arena_holds(const void *address)
{
    return (uintptr_t)address - osh_arena.base < (uintptr_t)osh_arena.pages << OSH_PAGE_LOG2;
}

/* Class of the slab that contains the address; 0 if there is none. */
OSH_SHARED_CODE unsigned osh_arena_class_at(const void *address)
{
    return osh_arena_holds(address) ? osh_load_byte(&osh_arena.page_class[osh_arena_page(address)])
                                    : 0;
}

/* The number of unclaimed pages: a snapshot. */
static inline size_t osh_arena_free_pages(void)
{
    size_t claimed = osh_load(&osh_arena.in_use); /* publishes nothing */
    return claimed < osh_arena.pages ? osh_arena.pages - claimed : 0;
}

/* Could the region hold a block of `bytes` at all? Callers refuse larger sizes first, so that
 * neither newlib's arithmetic nor the heap's can overflow. */
OSH_SHARED_CODE bool osh_arena_spans(size_t bytes)
{
    return bytes <= osh_arena.pages << OSH_PAGE_LOG2;
}

/* Is the page's bit set in a bitmap? */
OSH_SHARED_CODE bool osh_arena_on_map(const osh_word_t *map, size_t page)
{
    return osh_load(&map[page / OSH_WORD_BITS]) >> (page % OSH_WORD_BITS) & 1;
}

/* Is the page claimed for newlib's break? True for each page of a live block of newlib's. */
static inline bool osh_arena_is_newlib(size_t page)
{
    return osh_arena_on_map(osh_arena.newlib, page);
}

/* The pages of the row that begins at the page; 0 if none does. Whoever has a row's block observes
 * its word with it; for others this is a snapshot. */
static inline size_t osh_arena_row_pages(size_t page)
{
    return OSH_ROW_LEAST > 0 ? osh_load(&osh_arena_rows[page]) >> OSH_ROW_STATE_BITS : 0;
}

static inline bool osh_arena_is_claimed(size_t page)
{
    return osh_arena_on_map(osh_arena.claimed, page);
}

/* May the page, which is no slab's and not newlib's, be part of a row? */
static inline bool osh_arena_may_be_row(size_t page)
{
    return OSH_ROW_LEAST > 0 && osh_arena_is_claimed(page);
}

/* May a large block lie in the page, which is no slab's? */
static inline bool osh_arena_is_large(size_t page)
{
    return osh_arena_is_newlib(page) || osh_arena_may_be_row(page);
}

#endif
