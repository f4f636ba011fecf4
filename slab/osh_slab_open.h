/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For which sizes does a task open a slab? In little RAM each size class costs half a slab that
 * is not full, which newlib's heap does not. So slabs are for the small sizes, where newlib's
 * header costs more than that, and for one larger size when most requests are of that size.
 * Where memory is virtual all sizes have slabs.
 */
#ifndef OSH_SLAB_OPEN_H
#define OSH_SLAB_OPEN_H

#include "osh_class.h"

/* Sets the largest such size, for a region of so many pages. Once, when the heap starts. */
OSH_HIDDEN void osh_slab_open_start(size_t pages);

#if OSH_VIRTUAL
static inline size_t osh_slab_open_bytes(void)
{
    return OSH_SLAB_MAX;
}

static inline bool osh_slab_opens(unsigned cls)
{
    (void)cls;
    return true;
}

static inline unsigned osh_slab_borrows_up_to(unsigned cls)
{
    return cls;
}

static inline unsigned osh_slab_scaled(unsigned count)
{
    return count;
}
#else
/* How many blocks a refill takes where it would take `count` in a region as large as OSH_RAM_BYTES:
 * in a smaller one less, and 1 while few pages are free. */
OSH_HIDDEN unsigned osh_slab_scaled(unsigned count);

/* The largest class whose objects serve this one before it opens a slab: up to twice as large. */
OSH_HIDDEN unsigned osh_slab_borrows_up_to(unsigned cls);

/* The largest of these sizes, in bytes. */
OSH_HIDDEN size_t osh_slab_open_bytes(void);

/* Does a task that misses in this class open a slab for it? Counts the request. O(1). */
OSH_HIDDEN bool osh_slab_opens(unsigned cls);
#endif

#endif
