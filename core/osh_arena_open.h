/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A region that is opened in steps (OSH_ARCH_OPENS): the port reserves it without access, and
 * the arena opens it from both ends, a word of the bitmap's pages at least, with the parts of
 * the tables that belong to them. So what the kernel makes resident at once (locked memory,
 * huge pages) or counts against a limit is what is in use, and a step that it refuses is
 * memory that is not there.
 *
 * Words from `low` up and below `high` are closed. Each mark moves toward the other by a
 * compare-and-swap, after the kernel has opened the pages. A page that is open stays open, so
 * two callers that open the same step do no harm, and marks that have passed each other say
 * that nothing is closed. A region that os_heap_init gave is open: both marks are 0.
 */
#ifndef OSH_ARENA_OPEN_H
#define OSH_ARENA_OPEN_H

#include "arch.h"
#include "osh_arena.h"

#if OSH_ARCH_OPENS

struct osh_opened {
    osh_word_t low;  /* words opened for newlib's break, from the bottom */
    osh_word_t high; /* the lowest word opened for slabs, from the top */
};

OSH_SHARED struct osh_opened osh_opened;

/* Closes a region that the port has reserved, and opens its first step, at the top. False:
 * the kernel refuses. Once, after osh_arena_start. */
OSH_HIDDEN bool osh_arena_open_first(void);

/* Opens the next step below `high`; false when there is none or the kernel refuses. Any
 * context. */
OSH_HIDDEN bool osh_arena_open_down(void);

/* Opens what is closed of the pages from `first` up to `end`, and what is below them, for the
 * break; false when the kernel refuses. Under the fallback's mutex. */
OSH_HIDDEN bool osh_arena_open_up(size_t first, size_t end);

#define OSH_ARENA_MARK(mark) osh_load(&osh_opened.mark)

#else /* and here nothing is closed */

#define osh_arena_open_first() true
#define osh_arena_open_down() false
#define osh_arena_open_up(first, end) true
#define OSH_ARENA_MARK(mark) 0

#endif

/* The first word above those that are closed, and how many are below. */
static inline size_t osh_arena_high(void)
{
    return OSH_ARENA_MARK(high);
}

static inline size_t osh_arena_low(void)
{
    return OSH_ARENA_MARK(low);
}

/* Are the pages of this word closed? False stays so. The loads observe nothing: the kernel
 * lets everybody in before the mark moves. */
static inline bool osh_arena_is_closed(size_t word)
{
    return OSH_ARCH_OPENS && word < osh_arena_high() && word >= osh_arena_low();
}

/* Is nothing closed, so that no refusal is the system's? */
static inline bool osh_arena_is_all_open(void)
{
    return osh_arena_low() >= osh_arena_high();
}

/* Opens downward until this word is open; false when the kernel refuses. */
static inline bool osh_arena_open_word(size_t word)
{
    while (OSH_ARCH_OPENS && osh_arena_is_closed(word)) {
        if (!osh_arena_open_down()) {
            return false;
        }
    }
    return true;
}

/* Can all of these bytes be read, and could they be newlib's? Where every page can be read, they
 * could if they are pages'; and what they hold must tell. */
OSH_SHARED_CODE bool osh_arena_can_be_newlib(uintptr_t start, size_t bytes)
{
    uintptr_t all = osh_arena.pages << OSH_PAGE_LOG2;
    uintptr_t offset = start - osh_arena.base;
    return offset < all && bytes <= all - offset &&
           (!OSH_ARCH_OPENS || (osh_arena_is_newlib(offset >> OSH_PAGE_LOG2) &&
                                osh_arena_is_newlib((offset + bytes - 1) >> OSH_PAGE_LOG2)));
}

#endif
