/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Slabs: a page of equal objects, or an aligned run of pages for larger ones, and outside
 * of it a bit per object. Lock-free, any context, any core.
 *
 * A bit that is set is a free object. Whoever clears a bit has the object; whoever has cleared
 * all bits of a slab has the slab, and gives its pages back. So as long as somebody has an
 * object of a slab, the slab stays and its class does not change.
 */
#ifndef OSH_SLAB_H
#define OSH_SLAB_H

#include "arch.h"
#include "osh_class.h"

#include <stddef.h>

/* Bytes of tables for so many pages. */
OSH_HIDDEN size_t osh_slab_table_bytes(size_t pages);

/* `tables` is zeroed memory of that size. After osh_arena_start. */
OSH_HIDDEN void osh_slab_start(size_t pages, void *tables);

/*
 * Takes up to `count` objects of a class, linked into a chain, from slabs that
 * have free ones and, when there are none and `fresh` says so, from a page fresh from the
 * arena. An empty chain means that neither was to be had.
 * O(count + OSH_REFILL_SLABS + words of slabs between them and the hint).
 */
OSH_HIDDEN struct osh_chain osh_slab_get(unsigned cls, unsigned count, bool fresh);

/* One object of this class or of a larger one, up to `most`, whose objects are so aligned, from
 * slabs that exist; of the smallest such class. NULL: none has any. Goes by the maps, and by the
 * bits of every slab where another task may be about to correct a map. O(pages); again when
 * another task takes what was found. */
OSH_HIDDEN void *osh_slab_get_any(unsigned cls, unsigned most, size_t alignment);

/* Gives the chain's objects back to the slabs they came from, and slabs that are empty then
 * to the arena. O(length). */
OSH_HIDDEN void osh_slab_put(unsigned cls, struct osh_chain chain);

/* The same for one object, which needs no link. False: it was free already, and that was
 * reported. O(1). */
OSH_HIDDEN bool osh_slab_put_one(unsigned cls, void *object);

/* Gives every empty slab to the arena: the task that emptied one may not have come to it.
 * O(pages). */
OSH_HIDDEN void osh_slab_release_empty(void);

/* Is this object free in its slab? */
OSH_HIDDEN bool osh_slab_object_is_free(unsigned cls, const void *object);

#endif
