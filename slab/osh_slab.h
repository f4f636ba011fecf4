/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Slabs: a page of equal objects, or an aligned run of pages for larger objects, and a bit per
 * object in a table outside of it. Lock-free, any context, any core.
 *
 * A set bit is a free object. Whoever clears a bit has the object. Whoever has cleared all bits of
 * a slab has the slab, and gives its pages back. So while anybody has an object of a slab, the slab
 * stays and its class does not change.
 */
#ifndef OSH_SLAB_H
#define OSH_SLAB_H

#include "arch.h"
#include "osh_class.h"

#include <stddef.h>

/* Bytes of tables for `pages` pages. */
OSH_HIDDEN size_t osh_slab_table_bytes(size_t pages);

/* `tables` is zeroed memory of osh_slab_table_bytes(pages) bytes. After osh_arena_start. */
OSH_HIDDEN void osh_slab_start(size_t pages, void *tables);

/*
 * Takes up to `count` objects of a class from slabs with free objects, linked into a chain. If
 * there are none and `fresh` is true, makes a new slab. An empty chain: no slab has any, and (if
 * `fresh`) the arena has no pages.
 * O(count + OSH_REFILL_SLABS + words of the map that the search reads).
 */
OSH_HIDDEN struct osh_chain osh_slab_get(unsigned cls, unsigned count, bool fresh);

/* One object from an existing slab, of the smallest class from `cls` to `most` that has one and
 * whose objects have the alignment. NULL: there is none. Searches by the maps; if another task may
 * be about to correct a map, by the bits of every slab. O(pages), repeated if another task takes
 * the object first. */
OSH_HIDDEN void *osh_slab_get_any(unsigned cls, unsigned most, size_t alignment);

/* Gives the chain's objects back to their slabs, and slabs that become empty to the arena.
 * O(length). */
OSH_HIDDEN void osh_slab_put(unsigned cls, struct osh_chain chain);

/* The same for one object, which needs no link. False, after a report: the object was free
 * already. O(1). */
OSH_HIDDEN bool osh_slab_put_one(unsigned cls, void *object);

/* Gives every empty slab to the arena. There may be some if the task that emptied a slab was
 * preempted before it gave the slab back. O(pages). */
OSH_HIDDEN void osh_slab_release_empty(void);

/* Is this object free in its slab? */
OSH_HIDDEN bool osh_slab_object_is_free(unsigned cls, const void *object);

#endif
