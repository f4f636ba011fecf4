/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The newlib heap as the fallback uses it. Nothing here is re-entrant: only the holder of the
 * fallback calls these functions, except osh_newlib_usable and osh_newlib_usable_hint. Sizes and
 * alignments are at most the region's bytes, which are at most PTRDIFF_MAX. So the sum of two of
 * them cannot overflow, here or in newlib.
 */
#ifndef OSH_NEWLIB_H
#define OSH_NEWLIB_H

#include "os/os_heap.h"
#include "osh_class.h"
#include "osh_compiler.h"
#include "osh_config.h"
#include "osh_holes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The last word of every block is its seal, see osh_seal.h, from hardening level 1 on. */
#define OSH_SEAL_BYTES (OSH_HARDENING > 0 ? sizeof(uintptr_t) : 0)

/* The block for which a free range of pages, or newlib's top, has room: without the most that
 * newlib and the seal take of it. */
static inline size_t osh_newlib_room(size_t bytes)
{
    size_t most = 8 * sizeof(size_t) + 2 * OSH_ALIGN + OSH_SEAL_BYTES;
    return bytes > most ? (bytes - most) & ~(OSH_ALIGN - 1) : 0;
}

OSH_HIDDEN void *osh_newlib_malloc(size_t size);

/* Resizes a block to at least `size` bytes: cuts it, or takes the free chunk behind it, and returns
 * it. NULL, with nothing changed, if that is not enough. In a build for size below level 2, if
 * newlib aligns as this heap does, this is newlib's realloc, which may return another block. */
OSH_HIDDEN void *osh_newlib_resize(void *block, size_t size);
OSH_HIDDEN void *osh_newlib_memalign(size_t alignment, size_t size);
OSH_HIDDEN void osh_newlib_free(void *block);

/* From the folder of the allocator that is compiled in, any context, O(1):
 *
 *   osh_newlib_usable(block)          usable bytes of a live block. They do not change when
 *                                     its neighbours do
 *   osh_newlib_usable_hint(block)     the same of a block that was kept, if it still is; any number
 *                                     if another task has taken it meanwhile
 *   osh_newlib_seal(block, &size)     the address of its seal, and its size in its header
 *   osh_newlib_find_seal(block, &seal, &size)  both for any address in the arena; false if no
 *                                     block can begin there. If true, the seal can be read */
#include "osh_newlib_block.h"

/* For a block with a right seal: the misuse if a neighbour's header that newlib would use is
 * damaged, so that the block must not be freed or resized; else 0. Mallocr: O(1), nano:
 * O(free chunks). */
OSH_HIDDEN enum os_heap_misuse osh_newlib_fault_beside(const void *block);

/* Bytes of the free top, at a glance: any context. 0 where the allocator has none (nano). */
OSH_HIDDEN size_t osh_newlib_top(void);

/* Gives the free top of the heap back through sbrk. */
OSH_HIDDEN void osh_newlib_trim(void);

/* Resets the heap, as if it had never been used. */
OSH_HIDDEN void osh_newlib_reset(void);

/* Walks the chunks: the number of blocks in use and their usable bytes, where OSH_NEWLIB_COUNTS,
 * and the first broken invariant, or NULL. */
struct osh_newlib_walk {
    size_t blocks;
    size_t bytes;
    const char *wrong;
    struct osh_holes holes; /* usable bytes of free chunks */
};
OSH_HIDDEN struct osh_newlib_walk osh_newlib_walk(void);

#endif
