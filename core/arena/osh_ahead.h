/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Huge pages, where memory is virtual. Each first touch of 4 KiB is a page fault, which takes
 * longer than the work on these bytes. Slabs fill the region from the top, so what lies next to a
 * new slab is used soon. So when slabs have OSH_HUGE_FROM bytes, and one takes the first page of a
 * huge page, the system commits all of it in one call. The port decides whether as one huge page or
 * as small ones, by the time that these took: small ones in one call take less than one fault each.
 * At most one huge page is not full, until blocks are freed. Slabs that have had more before get
 * none: what a program frees, gives back and needs again comes as it is touched. Rows and slabs of
 * blocks above OSH_HUGE_BLOCK bytes get none, because a program may never touch most of a block.
 *
 * The other pages are claimed meanwhile, under the reclaim's mutex, as by osh_arena_decommit().
 */
#ifndef OSH_AHEAD_H
#define OSH_AHEAD_H

#include "osh_arena.h"

#if OSH_ROW_LEAST > 0

/* A slab has claimed the 2^run pages from `page` on: commits the huge page around them, if none of
 * its other pages is in use or committed, and if slabs have enough memory. Any context: never
 * waits. Does nothing where OSH_ROW_LEAST is 0. */
OSH_HIDDEN void osh_ahead(size_t page, unsigned run);

/* Commits `count` pages from `first` on, among them the caller's `own_count` from `own` on, if
 * none of the others is in use or committed. O(count). */
OSH_HIDDEN void osh_ahead_commit(size_t first, size_t count, size_t own, size_t own_count);

#else

#define osh_ahead(page, run) ((void)(page))

#endif

#endif
