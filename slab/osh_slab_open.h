/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decides for which sizes a task opens a slab. With little RAM each size class costs half a slab on
 * average, the part that is not full; newlib's heap has no such cost. So there are slabs for the
 * small sizes, where newlib's headers cost more, and for one larger size if most requests are of
 * that size. With virtual memory all sizes have slabs.
 */
#ifndef OSH_SLAB_OPEN_H
#define OSH_SLAB_OPEN_H

#include "osh_class.h"

/* Sets the largest size for which tasks open slabs, for a region of `pages` pages. Once, when the
 * heap starts. */
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
/* The number of blocks that a refill takes. `count` is the number for a region as large as
 * OSH_RAM_BYTES; in a smaller region it is less, and 1 while few pages are free. */
OSH_HIDDEN unsigned osh_slab_scaled(unsigned count);

/* The largest class, up to twice as large, whose objects this class takes before it opens a slab.
 */
OSH_HIDDEN unsigned osh_slab_borrows_up_to(unsigned cls);

/* The largest size, in bytes, for which tasks open slabs. */
OSH_HIDDEN size_t osh_slab_open_bytes(void);

/* Does a task that misses in this class open a slab for it? Counts the request. O(1). */
OSH_HIDDEN bool osh_slab_opens(unsigned cls);
#endif

#endif
