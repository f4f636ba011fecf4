/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a region is divided: tables from its start on, then pages to its end. All of
 * it is constant expressions, so that a tool can have them evaluated for a
 * configuration (tests/size) with nothing written down twice.
 */
#ifndef OSH_LAYOUT_H
#define OSH_LAYOUT_H

#include "arch.h"
#include "osh_arena.h"
#include "osh_class.h"
#include "osh_slab_table.h"

/* Claimed, newlib's and, where pages can be given to the system, used. */
#define OSH_BITMAPS (OSH_ARCH_DECOMMITS ? 3u : 2u)
#define OSH_PAGE_WORDS(pages) (((pages) + OSH_WORD_BITS - 1) / OSH_WORD_BITS)
#define OSH_BITMAP_BYTES(pages) (OSH_BITMAPS * OSH_PAGE_WORDS(pages) * sizeof(osh_word_t))

/* With a byte per page; up to whole lines, since other tables follow. */
#define OSH_ARENA_TABLE_BYTES(pages) \
    (((pages) + OSH_BITMAP_BYTES(pages) + OSH_CACHELINE - 1) / OSH_CACHELINE * OSH_CACHELINE)

#define OSH_RECORD_BYTES(pages) ((pages)*OSH_RECORD_WORDS * sizeof(osh_word_t))
#define OSH_FAR_BYTES(pages) ((pages)*OSH_FAR_WORDS * sizeof(osh_word_t))
#define OSH_MAP_BYTES(pages) \
    (OSH_SLAB_MAPS ? OSH_PAGE_WORDS(pages) * OSH_CLASSES * sizeof(osh_word_t) : 0)
#define OSH_SLAB_TABLE_BYTES(pages) \
    (OSH_RECORD_BYTES(pages) + OSH_FAR_BYTES(pages) + OSH_MAP_BYTES(pages))

#define OSH_TABLE_BYTES(pages) (OSH_ARENA_TABLE_BYTES(pages) + OSH_SLAB_TABLE_BYTES(pages))

#define OSH_ALIGN_UP(value, alignment) (((value) + (alignment)-1) & ~((uintptr_t)(alignment)-1))

/* Where the first of so many pages is, when the tables begin at `start`. */
#define OSH_LAYOUT_BASE(start, pages) OSH_ALIGN_UP((start) + OSH_TABLE_BYTES(pages), OSH_PAGE_BYTES)

/* Is there room for so many pages before `end`? */
#define OSH_LAYOUT_FITS(start, end, pages)                                              \
    (OSH_LAYOUT_BASE(start, pages) - (start) + ((uintptr_t)(pages) << OSH_PAGE_LOG2) <= \
     (end) - (start))

#endif
