/* SPDX-License-Identifier: Apache-2.0 */
/* The walks over pages and caches that os_heap_check and os_heap_stats have in common. */
#ifndef OSH_LOOK_H
#define OSH_LOOK_H

#include "osh_compiler.h"

#include <stdbool.h>
#include <stddef.h>

struct osh_look {
    size_t claimed;    /* pages */
    size_t slab_pages; /* of these, slabs' */
    size_t out;        /* bytes in objects that are not free in their slabs: live or cached */
};

/* Adds up every page. `all`: stops at the first broken invariant and names it. Without,
 * the heap may be at work, and words of pages that are nobody's are passed over. */
OSH_HIDDEN const char *osh_look_at_pages(struct osh_look *look, bool all);

/* Adds the bytes of cached blocks to *found; or counts the blocks, and sets the bits that
 * say they are free in their slabs, where they must be clear; or clears so many again.
 * Stops at the first thing that is wrong, and names it. */
enum osh_marking { OSH_UNMARK = -1, OSH_COUNT_BYTES, OSH_MARK };
OSH_HIDDEN const char *osh_look_at_cached(size_t *found, enum osh_marking marking);

#endif
