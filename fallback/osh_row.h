/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Large blocks as rows of pages of their own, where memory is virtual: no mutex, no search through
 * free blocks, and their memory goes back to the system when they are freed or cut. A block begins
 * where its first page does. What the heap knows of it lies in a table of its own
 * (osh_arena_rows): the number of its pages, and whether it is live. So no data of the program is
 * read or damaged, misuse is told by place, and the heap touches no page of the block.
 */
#ifndef OSH_ROW_H
#define OSH_ROW_H

#include "os/os_heap.h"
#include "osh_arena.h"
#include "osh_compiler.h"
#include "osh_config.h"

#include <stdbool.h>
#include <stddef.h>

/* The state of a row, in the low bits of its word: the program's, or claimed by a free. */
enum { OSH_ROW_LIVE = 1, OSH_ROW_FREED = 2 };

/* Does a row that is live or kept begin at this address, which the arena holds? Any context. O(1).
 */
static inline bool osh_row_is(const void *block)
{
    return OSH_ROW_LEAST > 0 && (uintptr_t)block % OSH_PAGE_BYTES == 0 &&
           osh_arena_row_pages(osh_arena_page(block)) > 0;
}

/* The bytes of a row, all of which are the program's. */
static inline size_t osh_row_bytes(const void *block)
{
    return osh_arena_row_pages(osh_arena_page(block)) << OSH_PAGE_LOG2;
}

#if OSH_ROW_LEAST > 0
/* For a region of `region` bytes. Once, when the heap starts. */
OSH_HIDDEN void osh_row_start(size_t region);

/* A live row of at least `size` bytes at that alignment, a power of two, and aligned for any
 * object. With `clear` its bytes are 0; memory that nobody has written to stays untouched. NULL:
 * the size is below OSH_ROW_LEAST (OSH_ROW_LEAST_SMALL in a small region), there is no such row of
 * free pages, or the caller is an interrupt handler. Any context. O(pages), and O(words of the
 * bitmap) if memory is short. */
OSH_HIDDEN void *osh_row_get(size_t alignment, size_t size, bool clear);

/* Claims a live row for the caller's free: its word then says that it is freed. False: it is freed
 * already. Any context. O(1). */
OSH_HIDDEN bool osh_row_claim(const void *block);

/* Makes a claimed row live again. The caller owns it. O(1). */
OSH_HIDDEN void osh_row_revive(const void *block);

/* 0 if the row is live, else the misuse. Any context. O(1). */
OSH_HIDDEN enum os_heap_misuse osh_row_fault(const void *block);

/* Frees a row that the caller has claimed. Any context. O(pages). */
OSH_HIDDEN void osh_row_free(const void *block);

/* Resizes the live row to at least `size` bytes, which the region spans: cuts it, takes the pages
 * behind it, or moves its pages elsewhere without copying. NULL, with nothing changed: none of
 * these is possible. */
OSH_HIDDEN void *osh_row_resize(void *block, size_t size);
#else
/* Nobody asks these about a row, since there is none. */
#define osh_row_start(region) ((void)0)
#define osh_row_get(alignment, size, clear) NULL
#define osh_row_claim(block) false
#define osh_row_revive(block) ((void)0)
#define osh_row_fault(block) ((enum os_heap_misuse)0)
#define osh_row_free(block) ((void)0)
#define osh_row_resize(block, size) NULL
#endif

#endif
