/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Magazines: what happens when a core's active list has nothing to give or no
 * room. Two lists a class, so that a task that sits on the boundary does not
 * bounce: the spare one is emptied, or filled, before depot and slabs are asked
 * (Bonwick and Adams, "Magazines and Vmem", 2001).
 *
 * Lock-free, any context. A preemption or migration between any two steps
 * leaves chains in nobody's hands but ours, so they go wherever we are then.
 */
#ifndef OSH_MAGAZINE_H
#define OSH_MAGAZINE_H

#include "arch.h"

/* A block of the class: from the active list, the spare one, the depot or the
 * slabs, refilling the core's lists on the way. Where `alignment` is not 0 also one of a larger
 * class that is so aligned, or from a slab that is made for it. NULL: no slab has any, and the
 * arena no page. O(magazine + OSH_DEPOT_SLOTS + a refill). */
OSH_HIDDEN void *osh_magazine_get(unsigned cls, size_t alignment);

/* Takes a block back: into the active list, moving a full magazine on to the
 * spare list, the depot or the slabs. O(magazine + OSH_DEPOT_SLOTS). */
OSH_HIDDEN void osh_magazine_put(unsigned cls, void *block);

/* The same without the caches, for when memory is out: an object of a class from `cls` to `most`
 * from slabs that exist; and one of a slab that is made for the class. O(pages). */
OSH_HIDDEN void *osh_magazine_get_any(unsigned cls, unsigned most, size_t alignment);
OSH_HIDDEN void *osh_magazine_get_fresh(unsigned cls);

/* Gives everything cached, on all cores and in the depot, back to the slabs and
 * every empty slab to the arena, and leaves the cores' lists stopped; or, where the system does
 * not let it, running. Task context or before start; one at a time, and not while they go on. */
OSH_HIDDEN void osh_magazine_stop(void);

/* Sets all lists going, if they are stopped. Likewise. */
OSH_HIDDEN void osh_magazine_go_on(void);

/* What each list of a class holds now, of all cores and the depot: snapshots, for
 * statistics and checks. Lists are 0 to osh_magazine_lists() - 1. */
OSH_HIDDEN unsigned osh_magazine_lists(void);
OSH_HIDDEN struct osh_chain osh_magazine_peek(unsigned cls, unsigned list);

#endif
