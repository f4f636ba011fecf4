/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a region is divided: tables from its start on, then pages to its end. The macros are constant
 * expressions, so that tests/size can evaluate them for a configuration without a copy of them.
 */
#ifndef OSH_LAYOUT_H
#define OSH_LAYOUT_H

#include "arch.h"
#include "osh_arena.h"
#include "osh_class.h"

/* Words of bits that a page of the smallest objects needs. */
#define OSH_SLAB_WORDS \
    ((unsigned)((OSH_PAGE_BYTES / OSH_BLOCK_MIN + OSH_WORD_BITS - 1) / OSH_WORD_BITS))

/* A slab of objects of 64 bytes or more needs few bits. On Linux, where tables take memory only
 * once they are touched, slabs of smaller objects have their bits in another table (`far`), of
 * which most stays untouched. */
#if OSH_VIRTUAL
#define OSH_NEAR_WORDS ((unsigned)((OSH_PAGE_BYTES / 64 + OSH_WORD_BITS - 1) / OSH_WORD_BITS))
#define OSH_FAR_WORDS OSH_SLAB_WORDS
#else
#define OSH_NEAR_WORDS OSH_SLAB_WORDS
#define OSH_FAR_WORDS 0u
#endif

/* The number of maps of slabs that may have free objects: one for each class, or one for all. A
 * build for size has none: there a refill looks at every page. */
#define OSH_SLAB_MAPS (OSH_VIRTUAL ? OSH_CLASSES : OSH_SMALL_CODE ? 0u : 1u)
/* The bitmaps `claimed` and `newlib`, and `used` if pages can be given to the system. */
#define OSH_BITMAPS (2u + OSH_ARCH_DECOMMITS)
#define OSH_PAGE_WORDS(pages) (((pages) + OSH_WORD_BITS - 1) / OSH_WORD_BITS)
#define OSH_BITMAP_BYTES(pages) (OSH_BITMAPS * OSH_PAGE_WORDS(pages) * sizeof(osh_word_t))

/* The hints of gaps (osh_gaps.h), if large blocks can be rows: words for each group of words of a
 * bitmap, then for each group of groups. */
#define OSH_GAP_LENGTHS 64u
#define OSH_GAP_GROUPS(pages) OSH_PAGE_WORDS(OSH_PAGE_WORDS(pages))
#define OSH_GAP_WORDS(pages)                                                                 \
    (OSH_ROW_LEAST > 0                                                                       \
         ? (OSH_GAP_GROUPS(pages) + OSH_PAGE_WORDS(OSH_GAP_GROUPS(pages))) * OSH_GAP_LENGTHS \
         : 0u)

/* The table of rows: a word per page. */
#define OSH_ROW_WORDS(pages) (OSH_ROW_LEAST > 0 ? (pages) : 0u)
#define OSH_ROW_TABLE_BYTES(pages) \
    ((OSH_GAP_WORDS(pages) + OSH_ROW_WORDS(pages)) * sizeof(osh_word_t))

/* Bitmaps, what rows need, and a byte per page, rounded up to cache lines because other tables
 * follow. */
#define OSH_ARENA_TABLE_BYTES(pages)                                                        \
    (((pages) + OSH_BITMAP_BYTES(pages) + OSH_ROW_TABLE_BYTES(pages) + OSH_CACHELINE - 1) / \
     OSH_CACHELINE * OSH_CACHELINE)

#define OSH_NEAR_BYTES(pages) ((pages)*OSH_NEAR_WORDS * sizeof(osh_word_t))
#define OSH_FAR_BYTES(pages) ((pages)*OSH_FAR_WORDS * sizeof(osh_word_t))
#define OSH_MAP_BYTES(pages) (OSH_PAGE_WORDS(pages) * OSH_SLAB_MAPS * sizeof(osh_word_t))
#define OSH_SLAB_TABLE_BYTES(pages) \
    (OSH_NEAR_BYTES(pages) + OSH_FAR_BYTES(pages) + OSH_MAP_BYTES(pages))

#define OSH_TABLE_BYTES(pages) (OSH_ARENA_TABLE_BYTES(pages) + OSH_SLAB_TABLE_BYTES(pages))

#define OSH_ALIGN_UP(value, alignment) (((value) + (alignment)-1) & ~((uintptr_t)(alignment)-1))

/* The address of the first of `pages` pages if the tables begin at `start`. */
#define OSH_LAYOUT_BASE(start, pages) OSH_ALIGN_UP((start) + OSH_TABLE_BYTES(pages), OSH_PAGE_BYTES)

/* Do `pages` pages and their tables fit between `start` and `end`? */
#define OSH_LAYOUT_FITS(start, end, pages)                                              \
    (OSH_LAYOUT_BASE(start, pages) - (start) + ((uintptr_t)(pages) << OSH_PAGE_LOG2) <= \
     (end) - (start))

/* So many bytes hold a page and its tables wherever they begin. */
#define OSH_LAYOUT_LEAST (OSH_CACHELINE - 1 + OSH_TABLE_BYTES((size_t)1) + 2 * OSH_PAGE_BYTES - 1)

/* Where a region's tables begin, where its first page begins, and the number of pages: 0 if the
 * region cannot be a heap. */
struct osh_layout {
    uintptr_t start;
    uintptr_t base;
    size_t pages;
};

/*
 * Divides a region. The region must not be NULL, wrap around, end above `limit`, or be longer than
 * PTRDIFF_MAX, because newlib's sizes are signed. The last byte of the address space stays unused:
 * the address behind it would be 0, but code that compares with the end of the pages, newlib
 * included, needs an end above all other addresses.
 */
static inline struct osh_layout osh_layout(uintptr_t region, size_t bytes, uintptr_t limit)
{
    uintptr_t start = OSH_ALIGN_UP(region, OSH_CACHELINE);
    uintptr_t end = region + bytes;
    end -= end == 0;
    /* Subtracting 1 makes a start of 0 (NULL, or wrapped by the alignment) larger than every end.
     */
    if (bytes > PTRDIFF_MAX || end > limit || end - 1 < start - 1) {
        return (struct osh_layout){0, 0, 0};
    }
    for (size_t pages = (end - start) >> OSH_PAGE_LOG2; pages > 0; pages--) {
        if (OSH_LAYOUT_FITS(start, end, pages)) {
            return (struct osh_layout){start, OSH_LAYOUT_BASE(start, pages), pages};
        }
    }
    return (struct osh_layout){0, 0, 0};
}

#endif
