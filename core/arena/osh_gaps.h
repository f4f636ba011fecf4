/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where long rows of free pages are, where memory is virtual. A gap is a row of free pages between
 * two claimed ones. Each word of the bitmap has a hint for each of 64 lengths: a gap of about this
 * length may end in the word. The hints of a length are a bitmap with a second one above it, which
 * says which words of the first are not 0. So a search reads a few words, however many gaps there
 * are: one word of the second bitmap for each 4 GiB of the region, and none for lengths without a
 * gap.
 *
 * Who claims pages notes the gap that ends below them; who releases pages notes the gap that has
 * the highest of them. Both change the bitmap of pages first, then look at it, then set the hint. A
 * search that finds no such gap clears the hint, then looks at the word once more. So one of the
 * two sees the other, and when nobody is inside a call every gap has the hint of its own length or
 * of a greater one. A hint may stand where there is no such gap (any more).
 *
 * A task may be preempted between two of these steps, and hide a gap meanwhile. So before a search
 * gives up it reads the bitmap itself.
 *
 * Lock-free, any context. Where OSH_ROW_LEAST is 0 there are no hints.
 */
#ifndef OSH_GAPS_H
#define OSH_GAPS_H

#include "osh_arena.h"

#if OSH_ROW_LEAST > 0

/* After a release of pages whose last one is `page`: notes the gap that has it, unless somebody has
 * claimed it, or the gap is shorter than any row. O(1): at most 36 words. */
OSH_HIDDEN void osh_gaps_released(size_t page);

/* After a claim of pages whose first one is `page`: notes the gap that ends below it, likewise. */
OSH_HIDDEN void osh_gaps_claimed(size_t page);

/* The hint that led to a place. */
struct osh_gap_hint {
    size_t word;
    unsigned length;
};

/* The first of `count` free pages at the end of a gap: of the shortest gap that suffices, to about
 * an eighth, and there of the highest. OSH_NO_PAGE: no hint led to one in a bounded number of
 * steps. Closed pages are free. A snapshot: the claim looks again. */
OSH_HIDDEN size_t osh_gaps_find(size_t count, struct osh_gap_hint *hint);

/* Clears the hint, if there is no such gap (any more): after the claim of a place. */
OSH_HIDDEN void osh_gaps_settle(struct osh_gap_hint hint);

/* Like osh_gaps_find(), by reading the bitmap from the top. With `open` closed pages count as
 * claimed. O(words). */
OSH_HIDDEN size_t osh_gaps_search(size_t count, bool open);

/* For checks, while nobody else is inside the heap: is the gap of `count` pages that ends before
 * the page `end` noted? */
OSH_HIDDEN bool osh_gaps_is_noted(size_t end, size_t count);

/* Notes all gaps: in the child of a fork, where nobody else is. O(words). */
OSH_HIDDEN void osh_gaps_repair(void);

#else

#define osh_gaps_released(page) ((void)(page))
#define osh_gaps_claimed(page) ((void)(page))
#define osh_gaps_is_noted(end, count) ((void)(end), true)
#define osh_gaps_repair() ((void)0)

#endif

#endif
