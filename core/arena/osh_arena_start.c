/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_arena.h"

#include "arch.h"
#include "osh_layout.h"

OSH_VARIABLE struct osh_arena osh_arena;
OSH_VARIABLE bool osh_arena_zeroed;
OSH_VARIABLE osh_word_t *osh_arena_rows;

size_t osh_arena_table_bytes(size_t pages)
{
    return OSH_ARENA_TABLE_BYTES(pages);
}

void osh_arena_start(uintptr_t base, size_t pages, void *tables)
{
    osh_word_t *words = tables;
    osh_arena.tables = (uintptr_t)tables;
    osh_arena.base = base;
    osh_arena.pages = pages;
    osh_arena.words = OSH_PAGE_WORDS(pages);
    osh_arena.claimed = words;
    osh_arena.newlib = words + osh_arena.words;
    if (OSH_ARCH_DECOMMITS) {
        osh_arena.used = words + (OSH_BITMAPS - 1) * osh_arena.words;
    }
    words += OSH_BITMAPS * osh_arena.words + OSH_GAP_WORDS(pages);
    if (OSH_ROW_LEAST > 0) {
        osh_arena_rows = words;
    }
    osh_arena.page_class = (uint8_t *)(words + OSH_ROW_WORDS(pages));
    if (OSH_SLAB_HINTS) {
        osh_arena.top_word = osh_arena.words - 1;
    }
    osh_arena.segment = osh_arena.brk = base;
}

void osh_arena_mark_end(void)
{
    size_t pages = osh_arena.pages;
    if (!OSH_SMALL_CODE && pages % OSH_WORD_BITS != 0) {
        osh_arena.claimed[osh_arena.words - 1] = ~(osh_arena_bit(pages) - 1);
    }
}
