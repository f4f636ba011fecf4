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

/* From the folder of the allocator that is compiled in, any context, O(1):
 *
 *   osh_newlib_usable(block)          usable bytes of a live block. They do not change, whatever
 *                                     happens to its neighbours
 *   osh_newlib_is_possible(block)     could that be a block? Then its seal can be looked at
 *   osh_newlib_seal(block, &size)     where its seal is, and its size as newlib has it */
#include "osh_newlib_block.h"

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
