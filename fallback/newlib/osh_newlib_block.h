/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The header of a block of mallocr's. osh_newlib.c checks that mallocr.c has the same one.
 *
 *   | size of the block before, or its seal | size, and two bits | the program's bytes ...
 */
#ifndef OSH_NEWLIB_BLOCK_H
#define OSH_NEWLIB_BLOCK_H

#include "osh_arena_open.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OSH_NEWLIB_COUNTS 1 /* the walk finds the blocks in use */
#define OSH_NEWLIB_HEADER (2 * sizeof(size_t))
#define OSH_NEWLIB_LEAST (4 * sizeof(size_t)) /* the shortest block */
#define OSH_NEWLIB_UNIT (2 * sizeof(size_t))  /* sizes are multiples of it */

/* Another core may change the low bits, when it frees a neighbour; the size does not change. */
OSH_NO_TSAN static inline size_t osh_newlib_size(const void *block)
{
    return ((const volatile size_t *)block)[-1] & ~(size_t)3;
}

static inline size_t osh_newlib_usable(const void *block)
{
    return osh_newlib_size(block) - sizeof(size_t) - OSH_SEAL_BYTES;
}

/* A header's word can always be read. */
static inline size_t osh_newlib_usable_hint(const void *block)
{
    return osh_newlib_usable(block);
}

/* While a block is in use, the first word of the next header belongs to it: this word is the seal.
 */
static inline uintptr_t *osh_newlib_seal(const void *block, size_t *size)
{
    *size = osh_newlib_size(block);
    return (uintptr_t *)((uintptr_t)block - OSH_NEWLIB_HEADER + *size);
}

static inline bool osh_newlib_find_seal(const void *block, uintptr_t **seal, size_t *size)
{
    uintptr_t start = (uintptr_t)block - OSH_NEWLIB_HEADER;
    if (OSH_ARCH_OPENS && !osh_arena_can_be_newlib(start, OSH_NEWLIB_HEADER)) {
        return false; /* memory before a segment may be closed */
    }
    *seal = osh_newlib_seal(block, size);
    return OSH_LIKELY((*size & (OSH_NEWLIB_UNIT - 1)) == 0) &&
           OSH_LIKELY(*size >= OSH_NEWLIB_LEAST) &&
           osh_arena_can_be_newlib(start, *size + sizeof(size_t));
}

#endif
