/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A region that is opened in steps (OSH_ARCH_OPENS). The port reserves it without access. The
 * arena opens it from both ends, at least the pages of one word of the bitmap at a time, with the
 * parts of the tables that belong to these pages. So the kernel makes only the memory in use
 * resident (locked memory, huge pages), and counts only that against a limit. If the kernel refuses
 * a step, the arena treats the pages as taken.
 *
 * Words from `low` up and below `high` are closed. Each mark moves toward the other by a
 * compare-and-swap, after the kernel has opened the pages. An open page stays open, so two callers
 * may open the same step. If the marks have met or passed each other, nothing is closed. A region
 * from os_heap_init is open: both marks are 0.
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

/* Marks a region that the port has reserved as closed, and opens its first step, at the top. False
 * if the kernel refuses. Once, after osh_arena_start. */
OSH_HIDDEN bool osh_arena_open_first(void);

/* Opens the next step below `high`, and at least down to the word if that is closed; false if there
 * is none or the kernel refuses. Any context. */
OSH_HIDDEN bool osh_arena_open_down(size_t word);

/* For the break and for rows: opens the closed pages below `end`; false if the kernel refuses. Does
 * nothing if `first` lies above the closed pages. Any context. */
OSH_HIDDEN bool osh_arena_open_up(size_t first, size_t end);

#define OSH_ARENA_MARK(mark) osh_load(&osh_opened.mark)

#else /* nothing is closed */

#define osh_arena_open_first() true
#define osh_arena_open_down(word) false
#define osh_arena_open_up(first, end) true
#define OSH_ARENA_MARK(mark) 0

#endif

/* The first word above the closed ones, and the number of words below them. The loads observe
 * nothing: the kernel opens the pages for every thread before a mark moves. */
static inline size_t osh_arena_high(void)
{
    return OSH_ARENA_MARK(high);
}

static inline size_t osh_arena_low(void)
{
    return OSH_ARENA_MARK(low);
}

/* Are the pages of this word closed? Once false, it stays false. */
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
        if (!osh_arena_open_down(word)) {
            return false;
        }
    }
    return true;
}

/* May the caller read all of these bytes, and could they be newlib's? Without
 * OSH_ARCH_OPENS true for all bytes inside the pages: the caller must then find out by their
 * contents. */
OSH_SHARED_CODE bool osh_arena_can_be_newlib(uintptr_t start, size_t bytes)
{
    uintptr_t all = osh_arena.pages << OSH_PAGE_LOG2;
    uintptr_t offset = start - osh_arena.base;
    return offset < all && bytes <= all - offset &&
           (!OSH_ARCH_OPENS || (osh_arena_is_newlib(offset >> OSH_PAGE_LOG2) &&
                                osh_arena_is_newlib((offset + bytes - 1) >> OSH_PAGE_LOG2)));
}

#endif
