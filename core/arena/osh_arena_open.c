/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_arena_open.h"

#include "osh_layout.h"
#include "osh_tools.h"

#if OSH_ARCH_OPENS

_Static_assert(OSH_ARCH_REGION_ZEROED, "memory that is opened is zeros");

OSH_VARIABLE struct osh_opened osh_opened;

/* Opens elements `from` to `to` of a table. */
static bool open_part(uintptr_t table, size_t element, size_t from, size_t to)
{
    return osh_arch_open((void *)(table + from * element), (to - from) * element);
}

/* Opens words `from` to `to`: their pages, and their parts of every table. */
static bool open_words(size_t from, size_t to)
{
    size_t pages = osh_arena.pages;
    size_t first = from * OSH_WORD_BITS;
    size_t end = to * OSH_WORD_BITS < pages ? to * OSH_WORD_BITS : pages;
    uintptr_t near = osh_arena.tables + OSH_ARENA_TABLE_BYTES(pages);
    uintptr_t far = near + OSH_NEAR_BYTES(pages);
    uintptr_t maps = far + OSH_FAR_BYTES(pages);
    for (unsigned i = 0; i < OSH_BITMAPS; i++) {
        if (!open_part((uintptr_t)osh_arena.claimed, sizeof(osh_word_t), i * osh_arena.words + from,
                       i * osh_arena.words + to)) {
            return false;
        }
    }
    uintptr_t gaps = (uintptr_t)(osh_arena.claimed + OSH_BITMAPS * osh_arena.words);
    size_t lengths = OSH_GAP_LENGTHS * sizeof(osh_word_t); /* bytes of hints of a group */
    size_t below = from - (from > 0); /* a gap that ends just below the open words is noted there */
    size_t group = below / OSH_WORD_BITS;
    size_t groups = OSH_PAGE_WORDS(to);
    size_t all = OSH_GAP_GROUPS(pages);
    return open_part(gaps, lengths, group, groups) &&
           open_part(gaps, lengths, all + group / OSH_WORD_BITS, all + OSH_PAGE_WORDS(groups)) &&
           (OSH_ROW_LEAST == 0 ||
            open_part((uintptr_t)osh_arena_rows, sizeof(osh_word_t), first, end)) &&
           open_part(osh_arena.base, OSH_PAGE_BYTES, first, end) &&
           open_part((uintptr_t)osh_arena.page_class, 1, first, end) &&
           open_part(near, OSH_NEAR_WORDS * sizeof(osh_word_t), first, end) &&
           (OSH_FAR_WORDS == 0 || open_part(far, OSH_FAR_WORDS * sizeof(osh_word_t), first, end)) &&
           open_part(maps, OSH_SLAB_MAPS * sizeof(osh_word_t), from, to);
}

/* A step is a quarter of what is open on that side, so that there are few steps. */
static size_t step_after(size_t open)
{
    return OSH_TOOLS_STEPS ? open / 4 + 1 : osh_arena.words;
}

bool osh_arena_open_down(size_t word)
{
    osh_word_t high = osh_load(&osh_opened.high);
    osh_word_t low = osh_load(&osh_opened.low);
    if (low >= high) {
        return false;
    }
    size_t least = word >= low && word < high ? high - word : 1;
    size_t step = step_after(osh_arena.words - high);
    step = step > least ? step : least;
    step = step < high - low ? step : high - low;
    if (!open_words(high - step, high)) {
        step = least; /* the kernel may grant less */
        if (!open_words(high - step, high)) {
            return false;
        }
    }
    /* Publishes that the words are open; pairs with the loads of osh_arena_is_closed(). If it
     * fails, another caller has moved the mark down. */
    (void)osh_cas(&osh_opened.high, &high, high - step);
    return true;
}

bool osh_arena_open_up(size_t first, size_t end)
{
    size_t need = (end + OSH_WORD_BITS - 1) / OSH_WORD_BITS;
    osh_word_t low;
    osh_word_t high;
    while ((low = osh_load(&osh_opened.low)) < (high = osh_load(&osh_opened.high)) && low < need &&
           first / OSH_WORD_BITS < high) {
        size_t least = need < high ? need : high;
        size_t to = low + step_after(low);
        to = to < high ? to : high;
        to = to > least ? to : least;
        if (!open_words(low, to)) {
            to = least;
            if (!open_words(low, to)) {
                return false;
            }
        }
        (void)osh_cas(&osh_opened.low, &low, to); /* as above */
    }
    return true;
}

bool osh_arena_open_first(void)
{
    /* Publish nothing: the heap has not started. */
    osh_store(&osh_opened.low, 0);
    osh_store(&osh_opened.high, osh_arena.words);
    /* os_free reads class bytes and bitmaps for any pointer into the region. */
    return osh_arch_open_tables((void *)osh_arena.tables, osh_arena.base - osh_arena.tables,
                                OSH_ARENA_TABLE_BYTES(osh_arena.pages)) &&
           osh_arena_open_down(osh_arena.words - 1);
}

#endif
