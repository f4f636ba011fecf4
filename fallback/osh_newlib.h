/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The newlib heap as the fallback uses it. Nothing here is re-entrant: every
 * call but osh_newlib_usable is made by whoever is inside the fallback. Sizes and alignments
 * are at most the region's bytes, which are at most PTRDIFF_MAX: nothing here, and nothing of
 * newlib's, that adds two of them can overflow.
 */
#ifndef OSH_NEWLIB_H
#define OSH_NEWLIB_H

#include "os/os_heap.h"
#include "osh_compiler.h"
#include "osh_seal.h"

#include <stdbool.h>
#include <stddef.h>

OSH_HIDDEN void *osh_newlib_malloc(size_t size);

/* Makes a block at least `size` bytes: cuts it, or takes the free chunk behind it, and
 * returns it. NULL, with nothing changed, when that is not enough. Compiled for size below
 * level 2, where newlib aligns as we do: its realloc, which may return another block. */
OSH_HIDDEN void *osh_newlib_resize(void *block, size_t size);
OSH_HIDDEN void *osh_newlib_memalign(size_t alignment, size_t size);
OSH_HIDDEN void osh_newlib_free(void *block);

/* Usable bytes of a live block. Any context: the size of a live block does not
 * change, whatever happens to its neighbours. */
OSH_HIDDEN size_t osh_newlib_usable(const void *block);

/* Seals a block that newlib has just handed out or resized (osh_seal.h), or breaks the seal
 * of one that it is about to get back. */
OSH_HIDDEN void osh_newlib_seal(void *block, enum osh_seal seal);

/* What is wrong with a pointer that should be a block with that seal: OS_HEAP_FREED_TWICE
 * where it certainly was one, OS_HEAP_BAD_HEADER for anything else that is none; 0 when the
 * seal is there. Any context, for a block that nobody frees meanwhile. O(1). */
OSH_HIDDEN enum os_heap_misuse osh_newlib_fault(const void *block, enum osh_seal seal);

/* Why a block that has its seal must not be freed or resized all the same: a neighbour's
 * header that newlib would go by is damaged; 0: none is. Mallocr: O(1), nano:
 * O(free chunks). */
OSH_HIDDEN enum os_heap_misuse osh_newlib_fault_beside(const void *block);

/* Gives the free top of the heap back through sbrk. */
OSH_HIDDEN void osh_newlib_trim(void);

/* Forgets the whole heap, as if it had never been used. */
OSH_HIDDEN void osh_newlib_reset(void);

/* Walks the chunks: blocks in use and their usable bytes, and the first thing
 * that is wrong, or NULL. */
struct osh_newlib_walk {
    size_t blocks;
    size_t bytes;
    const char *wrong;
};
OSH_HIDDEN struct osh_newlib_walk osh_newlib_walk(void);

#endif
