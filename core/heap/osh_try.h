/* SPDX-License-Identifier: Apache-2.0 */
/* Gets a block from slabs or from newlib's heap, while there is memory. */
#ifndef OSH_TRY_H
#define OSH_TRY_H

#include "osh_compiler.h"

#include <stdbool.h>
#include <stddef.h>

/* Smallest class that holds `size` bytes at `alignment`; 0 if the size is large. */
OSH_HIDDEN unsigned osh_heap_class_for(size_t alignment, size_t size);

/* Gets a block; NULL if neither caches, slabs nor newlib's heap have one. The heap has started.
 * `alignment` is a power of two; OSH_ALIGN_LEAST gives the alignment that any object of the size
 * needs. Above OSH_SLAB_MAX callers ask osh_fallback_kept first. */
OSH_HIDDEN void *osh_heap_try(size_t alignment, size_t size);

/* Notes that a block much larger than its size was handed out, or stayed in place. From now on
 * os_free_sized must not report a size that is too small for its block. */
OSH_HIDDEN void osh_heap_note_odd_size(void);
OSH_HIDDEN bool osh_heap_has_odd_sizes(void);

#endif
