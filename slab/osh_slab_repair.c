/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_slab_repair.h"

#include "osh_arena.h"
#include "osh_arena_open.h"
#include "osh_gauge.h"
#include "osh_slab.h"
#include "osh_slab_table.h"

/* Do all pages of the slab have the class byte `cls`? */
static bool has_all_pages(size_t page, unsigned cls)
{
    for (size_t i = 0; i < (size_t)1 << osh_class_run(cls); i++) {
        if (osh_slab_class(page + i) != cls) {
            return false;
        }
    }
    return true;
}

/* What the walk has found. */
struct found {
    size_t out;  /* bytes of objects that are not free */
    size_t rows; /* pages of rows */
};

/* Repairs the page, or the slab that begins there. Returns the next page to repair. */
static size_t repair(size_t page, struct found *found)
{
    size_t row = osh_arena_row_pages(page);
    found->rows += row;
    if (!osh_arena_is_claimed(page) || osh_arena_is_newlib(page) || row > 0) {
        return page + (row > 0 ? row : 1);
    }
    unsigned cls = osh_slab_class(page);
    if (cls == 0 || osh_class_slab(cls, page) != page || !has_all_pages(page, cls)) {
        /* A thread was making a slab here, or giving one back. */
        osh_store_byte(&osh_arena.page_class[page], 0); /* nobody else is there */
        osh_arena_release_run(page, 0);
        return page + 1;
    }
    if (osh_slab_free(page, cls) > 0) {
        osh_slab_list(page, cls);
    }
    found->out += (osh_class_objects(cls) - osh_slab_free(page, cls)) * osh_class_bytes(cls);
    osh_slab_release(page, cls);
    return page + ((size_t)1 << osh_class_run(cls));
}

/* Repairs the pages of a word from `page` on, and returns the next to repair. No slab crosses a
 * word; a row may. */
static size_t repair_word(size_t word, size_t page, struct found *found)
{
    size_t end = (word + 1) * OSH_WORD_BITS;
    page = page > word * OSH_WORD_BITS ? page : word * OSH_WORD_BITS;
    while (page < end && page < osh_arena.pages) {
        page = repair(page, found);
    }
    return page;
}

void osh_slab_repair(void)
{
    size_t claimed = 0;
    struct found found = {0};
    size_t next = 0;
    size_t used = 0;
    for (size_t word = 0; word < osh_arena.words; word++) {
        if (osh_arena_is_closed(word)) {
            word = osh_arena_high() - 1;
            continue;
        }
        used += osh_count_bits(osh_load(&osh_arena.used[word]));
        if (osh_load(&osh_arena.claimed[word]) != 0) {
            next = repair_word(word, next, &found);
            claimed += osh_count_bits(osh_load(&osh_arena.claimed[word]));
        }
    }
    /* The bits beyond the last page are set, but no pages. */
    size_t beyond = OSH_SMALL_CODE ? 0 : osh_arena.words * OSH_WORD_BITS - osh_arena.pages;
    osh_store(&osh_arena.in_use, claimed - beyond);          /* nobody else is there */
    osh_store(&osh_gauge.slabs, found.out);                  /* likewise */
    osh_store(&osh_gauge.rows, found.rows << OSH_PAGE_LOG2); /* likewise */
    osh_arena_recommitted(used);
    osh_store(&osh_slabs.unlisted, osh_load(&osh_slabs.unlisting)); /* nobody is in unlist() */
}
