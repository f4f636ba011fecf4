/* SPDX-License-Identifier: Apache-2.0 */
/* The walks over pages and caches that os_heap_check and os_heap_stats share. */
#ifndef OSH_LOOK_H
#define OSH_LOOK_H

#include "osh_compiler.h"
#include "osh_holes.h"

#include <stdbool.h>
#include <stddef.h>

struct osh_look {
    size_t claimed;         /* claimed pages */
    size_t slab_pages;      /* pages of slabs */
    size_t out;             /* bytes in objects that are not free in their slabs: live or cached */
    size_t row;             /* pages of the row of free pages that ends where the walk is */
    struct osh_holes holes; /* rows of free pages, and free objects */
};

/* Adds up every page. With `all` it stops at the first broken invariant and returns its name.
 * Without `all` other cores may use the heap, and words without claimed pages are skipped. */
OSH_HIDDEN const char *osh_look_at_pages(struct osh_look *look, bool all);

/* OSH_COUNT_BYTES: adds the bytes of cached blocks to *found. OSH_MARK: adds the number of cached
 * blocks, and sets each one's bit in its slab, which must be clear. OSH_UNMARK: clears the bits of
 * *found blocks. Stops at the first error and returns its name. */
enum osh_marking { OSH_UNMARK = -1, OSH_COUNT_BYTES, OSH_MARK };
OSH_HIDDEN const char *osh_look_at_cached(size_t *found, enum osh_marking marking);

#endif
