/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_slab_repair.h"

#include "osh_arena.h"
#include "osh_arena_open.h"
#include "osh_slab.h"
#include "osh_slab_table.h"

static unsigned free_objects(size_t page, unsigned cls)
{
    unsigned free = 0;
    for (unsigned i = 0; i < osh_slab_words(cls); i++) {
        free += osh_count_bits(osh_slab_free_bits(page, cls, i));
    }
    return free;
}

/* The bits say what is free. */
static void count_anew(size_t page, unsigned cls)
{
    unsigned free = free_objects(page, cls);
    if (free != osh_slab_state(page).free) {
        osh_store(osh_slab_state_word(page), osh_state(cls, free)); /* nobody else is there */
    }
    if (free > 0) {
        osh_slab_list(page, cls);
    }
    bool kept = OSH_KEEP_SLABS && osh_load(&osh_slabs.kept[cls]) == page + 1;
    if (free == osh_class_objects(cls) && !kept) {
        (void)osh_slab_release(page, cls);
    }
}

/* Claimed, but no slab's and not newlib's. */
static void give_back(size_t page)
{
    osh_store_byte(&osh_arena.page_class[page], 0); /* nobody else is there */
    osh_arena_release_run(page, 0);
}

/* Returns the page behind it, or behind its slab. */
static size_t repair(size_t page)
{
    unsigned cls = osh_slab_state(page).cls;
    if (!osh_arena_is_claimed(page) || osh_arena_is_newlib(page)) {
        return page + 1;
    }
    if (cls == 0) {
        give_back(page);
        return page + 1;
    }
    count_anew(page, cls);
    return page + ((size_t)1 << osh_class_run(cls));
}

/* No run crosses a word. */
static void repair_word(size_t word)
{
    size_t page = word * OSH_WORD_BITS;
    size_t end = page + OSH_WORD_BITS < osh_arena.pages ? page + OSH_WORD_BITS : osh_arena.pages;
    while (page < end) {
        page = repair(page);
    }
}

void osh_slab_repair(void)
{
    size_t claimed = 0;
    for (size_t word = 0; word < osh_arena.words; word++) {
        if (osh_arena_is_closed(word)) {
            word = osh_arena_high() - 1;
        } else if (osh_load(&osh_arena.claimed[word]) != 0) {
            repair_word(word);
            claimed += osh_count_bits(osh_load(&osh_arena.claimed[word]));
        }
    }
    /* Bits beyond the last page. */
    size_t beyond = OSH_LEAN ? 0 : osh_arena.words * OSH_WORD_BITS - osh_arena.pages;
    osh_store(&osh_arena.in_use, claimed - beyond); /* a statistic */
}
