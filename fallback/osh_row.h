/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Large blocks as rows of pages of their own, where memory is virtual: no mutex, no search through
 * free blocks, and their memory goes back to the system when they are freed or cut. A row has
 * newlib's header and the seal at its end:
 *
 *   | unused | size, and the bits of a row | the program's bytes | seal | rest of the last page |
 *
 * A block that is aligned to more than a header begins further behind: the header then is just
 * before it, at the end of the row's first page if need be.
 */
#ifndef OSH_ROW_H
#define OSH_ROW_H

#include "osh_compiler.h"
#include "osh_config.h"
#include "osh_newlib.h"

#include <stdbool.h>
#include <stddef.h>

#if OSH_ROWS
/* For a region of `region` bytes. Once, when the heap starts. */
OSH_HIDDEN void osh_row_start(size_t region);

/* A live row of at least `size` bytes at that alignment, a power of two, and aligned for any
 * object. With `clear` its bytes are 0; memory that nobody has written to stays untouched. NULL:
 * the size is below OSH_ROW_LEAST (OSH_ROW_LEAST_SMALL in a small region), there is no such row of
 * free pages, or the caller is an interrupt handler. Any context. O(pages), and O(words of the
 * bitmap) if memory is short. */
OSH_HIDDEN void *osh_row_get(size_t alignment, size_t size, bool clear);

/* The bytes of the block's pages. */
OSH_HIDDEN size_t osh_row_bytes(const void *block);

/* Frees a row that the caller has claimed. Any context. O(pages). */
OSH_HIDDEN void osh_row_free(void *block);

/* Resizes the live row to at least `size` bytes, which the region spans: cuts it, takes the pages
 * behind it, or moves its pages elsewhere without copying. NULL, with nothing changed: none of
 * these is possible. */
OSH_HIDDEN void *osh_row_resize(void *block, size_t size);
#else
static inline void osh_row_start(size_t region)
{
    (void)region;
}

static inline void *osh_row_get(size_t alignment, size_t size, bool clear)
{
    (void)alignment;
    (void)size;
    (void)clear;
    return NULL;
}

static inline size_t osh_row_bytes(const void *block)
{
    (void)block;
    return 0;
}

static inline void osh_row_free(void *block)
{
    (void)block;
}

static inline void *osh_row_resize(void *block, size_t size)
{
    (void)block;
    (void)size;
    return NULL;
}
#endif

#endif
