/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hints of osh_gaps.h: for each word of the arena's bitmap and each of OSH_GAP_LENGTHS lengths
 * a bit, for 64 of these a bit above them, and for each length one more. A bit above is set after
 * the one below it, and cleared before a look at the one below. So a hint that is set is found,
 * once nobody is inside a call. Hints publish nothing. Lock-free, any context.
 */
#ifndef OSH_GAP_HINTS_H
#define OSH_GAP_HINTS_H

#include "osh_arena.h"
#include "osh_layout.h"

#if OSH_ROW_LEAST > 0

/* A gap of the length ends in the word. After a look at the bitmap of pages. O(1). */
OSH_HIDDEN void osh_gap_hints_set(size_t word, unsigned length);

/* Clears the hint. The caller then looks at the word once more, and sets what it finds. O(1). */
OSH_HIDDEN void osh_gap_hints_clear(size_t word, unsigned length);

/* Is there such a hint? O(1). */
OSH_HIDDEN bool osh_gap_hints_is_set(size_t word, unsigned length);

/* The highest word below `end` that has a hint of the length, or OSH_NO_PAGE. A step for each
 * 4,096 words. */
OSH_HIDDEN size_t osh_gap_hints_below(size_t end, unsigned length);

/* Bit n: there may be hints of length n. O(1). */
OSH_HIDDEN osh_word_t osh_gap_hints_lengths(void);

/* No hint of the length was found: clears its bit, unless there is one now. As
 * osh_gap_hints_below(). */
OSH_HIDDEN void osh_gap_hints_none(unsigned length);

/* For checks, while nobody else is inside the heap: is the hint set, and all bits above it? */
OSH_HIDDEN bool osh_gap_hints_is_found(size_t word, unsigned length);

#endif

#endif
