/* SPDX-License-Identifier: Apache-2.0 */
/*
 * os_heap_check: every invariant, from the pages up. To find a block that is cached twice, it sets
 * the bit of each cached block in its slab, and clears the bits again at the end. It may do so
 * because nothing else uses the heap meanwhile.
 */
#include "arch.h"
#include "os/os_heap.h"
#include "osh_arena_open.h"
#include "osh_fallback.h"
#include "osh_gaps.h"
#include "osh_gauge.h"
#include "osh_links.h"
#include "osh_look.h"
#include "osh_magazine.h"
#include "osh_newlib.h"
#include "osh_regions.h"
#include "osh_slab.h"
#include "osh_slab_table.h"
#include "osh_start.h"

#define HOLDS(condition, name) \
    do {                       \
        if (!(condition)) {    \
            return (name);     \
        }                      \
    } while (0)

static const char *check_slab(size_t page, unsigned cls, unsigned free)
{
    for (unsigned i = osh_slab_words(cls); i-- > 0;) {
        HOLDS((osh_load(&osh_slab_bits(page, cls)[i]) & ~osh_slab_full(cls, i)) == 0,
              OSH_NAMED("slab", "a bit beyond its objects is set"));
    }
    HOLDS(free < osh_class_objects(cls), OSH_NAMED("slab", "empty, and has its page"));
    HOLDS(free == 0 || OSH_SLAB_MAPS == 0 || osh_slab_is_listed(page, cls),
          OSH_NAMED("slab", "free objects, but not on the map"));
    HOLDS(free == 0 || !OSH_SLAB_HINTS || osh_load(&osh_slabs.hint[cls]) <= osh_arena.words,
          OSH_NAMED("slab", "the hint is out of range"));
    return NULL;
}

/* The bits of a page that is no slab must be 0. */
static const char *check_no_slab(size_t page)
{
    for (unsigned i = 0; OSH_CHECK_NAMES && i < OSH_NEAR_WORDS + OSH_FAR_WORDS; i++) {
        const osh_word_t *word = i < OSH_NEAR_WORDS
                                     ? &osh_slabs.near[page * OSH_NEAR_WORDS + i]
                                     : &osh_slabs.far[page * OSH_FAR_WORDS + i - OSH_NEAR_WORDS];
        HOLDS(osh_load(word) == 0, OSH_NAMED("slab", "a page that is none has free objects"));
    }
    return NULL;
}

static void end_row(struct osh_look *look)
{
    size_t bytes = look->row << OSH_PAGE_LOG2;
    osh_holes_add(&look->holes, look->row > 0, bytes, osh_newlib_room(bytes));
    look->row = 0;
}

/* The free pages before the page are a gap: is it noted? */
static const char *check_gap(size_t page, const struct osh_look *look)
{
    HOLDS(look->row < OSH_GAP_LEAST || osh_gaps_is_noted(page, look->row),
          OSH_NAMED("arena", "no hint leads to a row of free pages"));
    return NULL;
}

/* The row of a large block, which has `count` pages from `page` on. */
static const char *check_row(size_t page, size_t count, struct osh_look *look, bool all)
{
    const char *wrong = all ? check_gap(page, look) : NULL;
    for (size_t i = page; wrong == NULL && i < page + count; i++) {
        HOLDS(osh_arena_is_claimed(i),
              OSH_NAMED("arena", "a page of a large block is not claimed"));
        HOLDS(osh_slab_class(i) == 0 && !osh_arena_is_newlib(i) &&
                  (i == page || osh_arena_row_pages(i) == 0),
              OSH_NAMED("arena", "a page has two owners"));
        wrong = all ? check_no_slab(i) : NULL;
    }
    end_row(look);
    look->claimed += count;
    return wrong;
}

static const char *check_page(size_t page, struct osh_look *look, bool all)
{
    unsigned cls = osh_slab_class(page);
    HOLDS(cls <= OSH_CLASS_MAX, OSH_NAMED("arena", "the class byte is impossible"));
    size_t first = osh_class_slab(cls, page);
    HOLDS(osh_slab_class(first) == cls, OSH_NAMED("arena", "pages of a slab differ in class"));
    unsigned large = osh_arena_is_newlib(page);
    bool is_claimed = osh_arena_is_claimed(page);
    look->claimed += is_claimed;
    HOLDS(!OSH_CHECK_NAMES || large + (cls != 0) <= 1, OSH_NAMED("arena", "a page has two owners"));
    HOLDS((unsigned)is_claimed == large + (cls != 0),
          OSH_NAMED("arena", "a claimed page has no owner"));
    if (is_claimed && all) {
        const char *wrong = check_gap(page, look);
        HOLDS(wrong == NULL, wrong);
    }
    if (is_claimed) {
        end_row(look);
    } else {
        look->row++;
    }
    if (cls == 0) {
        return all ? check_no_slab(page) : NULL;
    }
    look->slab_pages++;
    if (first != page) {
        return NULL;
    }
    unsigned free = osh_slab_free(page, cls);
    look->out += (osh_class_objects(cls) - free) * osh_class_bytes(cls);
    osh_holes_add(&look->holes, free, osh_class_bytes(cls), osh_class_bytes(cls));
    return all ? check_slab(page, cls, free) : NULL;
}

const char *osh_look_at_pages(struct osh_look *look, bool all)
{
    for (size_t page = 0; page < osh_arena.pages; page++) {
        if (osh_arena_is_closed(page / OSH_WORD_BITS)) {
            size_t open = osh_arena_high() * OSH_WORD_BITS;
            look->row += open - page;
            page = open - 1;
            continue;
        }
        if (!OSH_SMALL_CODE && !all && page % OSH_WORD_BITS == 0 &&
            osh_load(&osh_arena.claimed[page / OSH_WORD_BITS]) == 0) {
            look->row += OSH_WORD_BITS;
            page += OSH_WORD_BITS - 1; /* no page of this word is claimed */
            continue;
        }
        size_t count = osh_arena_row_pages(page);
        const char *wrong =
            count > 0 ? check_row(page, count, look, all) : check_page(page, look, all);
        HOLDS(wrong == NULL || !all, wrong);
        page += count > 0 ? count - 1 : 0;
    }
    const char *wrong = all ? check_gap(osh_arena.pages, look) : NULL;
    end_row(look);
    return wrong;
}

static const char *check_pages(void)
{
    struct osh_look look = {0};
    const char *wrong = osh_look_at_pages(&look, true);
    HOLDS(wrong == NULL, wrong);
    HOLDS(look.claimed == osh_load(&osh_arena.in_use),
          OSH_NAMED("arena", "the pages in use are miscounted"));
    if (osh_regions() != NULL) {
        wrong = osh_regions()->check(&look.out);
        HOLDS(wrong == NULL, wrong);
    }
    HOLDS(look.out == osh_load(&osh_gauge.slabs),
          OSH_NAMED("slab", "the objects in use are miscounted"));
    for (size_t page = osh_arena.pages; !OSH_SMALL_CODE && page % OSH_WORD_BITS != 0; page++) {
        HOLDS(osh_arena_is_claimed(page),
              OSH_NAMED("arena", "a bit beyond the last page is clear"));
    }
    return NULL;
}

/* Sets (or, `undo`, clears) the bit of a cached block. */
static const char *mark(unsigned cls, const void *block, bool undo)
{
    HOLDS(!OSH_CHECK_NAMES || osh_arena_holds(block),
          OSH_NAMED("cache", "a block outside the heap"));
    HOLDS(osh_arena_class_at(block) == cls, OSH_NAMED("cache", "a block of another class"));
    size_t page = osh_class_slab(cls, osh_arena_page(block));
    uintptr_t offset = (uintptr_t)block - osh_arena_address(page);
    unsigned object = osh_class_index(cls, offset);
    HOLDS(object * osh_class_bytes(cls) == offset,
          OSH_NAMED("cache", "not the start of an object"));
    osh_word_t *word = &osh_slab_bits(page, cls)[object / OSH_WORD_BITS];
    osh_word_t bit = (osh_word_t)1 << (object % OSH_WORD_BITS);
    HOLDS(undo == ((*word & bit) != 0),
          OSH_NAMED("cache", "a block is cached twice or free in its slab too"));
    *word ^= bit;
    return NULL;
}

/* `step` 1: marks the blocks of a chain and adds their number to *blocks. -1: unmarks blocks and
 * subtracts them, until *blocks is 0. */
static const char *mark_chain(unsigned cls, struct osh_chain chain, size_t *blocks, int step)
{
    HOLDS(chain.count <= osh_class_limit(cls), OSH_NAMED("cache", "a chain is longer than a list"));
    while (chain.count > 0 && (step > 0 || *blocks > 0)) {
        HOLDS(!OSH_CHECK_NAMES || chain.head != NULL,
              OSH_NAMED("cache", "a chain's length is not its count"));
        const char *wrong = mark(cls, chain.head, step < 0);
        HOLDS(wrong == NULL, wrong);
        *blocks += (size_t)step;
        chain.head = osh_links_next(chain.head);
        chain.count--;
    }
    HOLDS(chain.count > 0 || chain.head == NULL,
          OSH_NAMED("cache", "a chain's length is not its count"));
    return NULL;
}

const char *osh_look_at_cached(size_t *found, enum osh_marking marking)
{
    for (unsigned cls = 1; cls <= OSH_CLASS_MAX; cls++) {
        for (unsigned list = osh_magazine_lists(cls); list-- > 0;) {
            struct osh_chain chain = osh_magazine_peek(cls, list);
            if (marking == OSH_COUNT_BYTES) {
                *found += chain.count * osh_class_bytes(cls);
                continue;
            }
            const char *wrong = mark_chain(cls, chain, found, marking);
            HOLDS(wrong == NULL, wrong);
        }
    }
    return NULL;
}

static const char *check_cached(void)
{
    size_t blocks = 0;
    const char *wrong = osh_look_at_cached(&blocks, OSH_MARK);
    (void)osh_look_at_cached(&blocks, OSH_UNMARK); /* the same blocks in the same order */
    return wrong;
}

OSH_PUBLIC const char *os_heap_check(void)
{
    if (!osh_heap_started()) {
        return NULL;
    }
    struct osh_fallback_stats fallback;
    osh_fallback_look(&fallback);
    HOLDS(fallback.wrong == NULL, fallback.wrong);
    const char *wrong = check_pages();
    HOLDS(wrong == NULL, wrong);
    return check_cached();
}
