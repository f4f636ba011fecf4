/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Magazines: what a call does if the core's active list is empty or full. With OSH_SPARE_LIST a
 * core has two lists for each class, and uses up the spare one before it visits depot and slabs. So
 * calls that alternate around an empty or full list do not visit them each time (Bonwick and Adams,
 * "Magazines and Vmem", 2001). Otherwise a core has one list of two magazines, and moves half of
 * it.
 *
 * Lock-free, any context. Between two steps only the caller holds the chains that it moves. So
 * after a preemption or migration they go to the lists of the core on which the caller then runs.
 */
#ifndef OSH_MAGAZINE_H
#define OSH_MAGAZINE_H

#include "arch.h"

/* A block of the class: from the active list, the spare one, the depot or the
 * slabs. Refills the core's list too. If `alignment` is not 0, the block may also be of a larger
 * class with that alignment, or from a new slab. NULL: no slab has such a block, and (if
 * `alignment` is not 0) the arena has no pages. O(magazine + OSH_DEPOT_SLOTS + a refill). */
OSH_HIDDEN void *osh_magazine_get(unsigned cls, size_t alignment);

/* Puts a block into the active list. If that is full, moves a magazine to the spare list, the depot
 * or the slabs. O(magazine + OSH_DEPOT_SLOTS). */
OSH_HIDDEN void osh_magazine_put(unsigned cls, void *block);

/* For when memory is out, without the caches: an object of a class from `cls` to `most` from slabs
 * that exist; and an object of the class from a new slab. NULL: there is none. O(pages). */
OSH_HIDDEN void *osh_magazine_get_any(unsigned cls, unsigned most, size_t alignment);
OSH_HIDDEN void *osh_magazine_get_fresh(unsigned cls);

/* Gives everything cached, on all cores and in the depot, back to the slabs, and every empty slab
 * to the arena. Leaves the cores' lists stopped; running in a build for size, and if the system
 * refuses to help. Task context or before start, under the reclaim's mutex. */
OSH_HIDDEN void osh_magazine_stop(void);

/* Makes all stopped lists run. Under the same mutex. */
OSH_HIDDEN void osh_magazine_go_on(void);

#if OSH_ARCH_DECOMMITS
/* After a block of the class, or a row (0), took pages that the process had not had: looks at a few
 * other classes, in turn, and gives those blocks back to their slabs that have been in this core's
 * lists for a whole round. Some from the depot, too. Any context. O(blocks of a few magazines). */
OSH_HIDDEN void osh_magazine_age(unsigned cls);
#endif

/* The lists of a class, those of all cores and the depot's slots: snapshots, for statistics and
 * checks. `list` is 0 to osh_magazine_lists(cls) - 1. */
OSH_HIDDEN unsigned osh_magazine_lists(unsigned cls);
OSH_HIDDEN struct osh_chain osh_magazine_peek(unsigned cls, unsigned list);

#endif
