/* SPDX-License-Identifier: Apache-2.0 */
/* How a page becomes a slab, is found, and becomes a page again. */
#include "osh_guard.h"
#include "osh_slab.h"

#include "osh_class_facts.h"
#include "osh_layout.h"
#include "osh_slab_table.h"

OSH_VARIABLE struct osh_slabs osh_slabs;

_Static_assert((OSH_PAGE_BYTES >> 3) <= OSH_STATE_FREE, "a slab's objects can be counted");

/* A run of pages has the record, and the far bits, of its first page alone. */
#define WORDS_FOR(bytes) \
    (OSH_FAR_WORDS > 0 && (bytes) < 64 ? OSH_FAR_WORDS : OSH_RECORD_WORDS - OSH_RECORD_BITS)
#define LACKS_BITS(n) \
    ((unsigned)RUN_OBJECTS(bytes_of_##n, run_of_##n) > WORDS_FOR(bytes_of_##n) * OSH_WORD_BITS)
_Static_assert(
    EACH(LACKS_BITS, PLUS) == 0,
    "OSH_SLAB_OBJECTS or OSH_PAGE_LOG2: a slab has more objects than its record has bits");

size_t osh_slab_table_bytes(size_t pages)
{
    return OSH_SLAB_TABLE_BYTES(pages);
}

void osh_slab_start(size_t pages, void *tables)
{
    osh_slabs.record = tables;
    if (OSH_FAR_WORDS > 0 || OSH_SLAB_MAPS) {
        osh_slabs.far = osh_slabs.record + pages * OSH_RECORD_WORDS;
        osh_slabs.partial = osh_slabs.far + pages * OSH_FAR_WORDS;
    }
}

void osh_slab_list(size_t page, unsigned cls)
{
    if (!OSH_SLAB_MAPS) {
        return;
    }
    size_t word = page / OSH_WORD_BITS;
    osh_word_t bit = (osh_word_t)1 << (page % OSH_WORD_BITS);
    /* After the count was raised: see unlist() in osh_slab.c, which it pairs with. */
    (void)osh_fetch_or(osh_slab_partial(word, cls), bit);
    if (OSH_SLAB_HINTS) {
        osh_raise(&osh_slabs.hint[cls], word);                    /* a hint: publishes nothing */
        osh_raise(&osh_slabs.floor[cls], osh_arena.words - word); /* likewise */
    }
}

/* All objects free: words of ones, the last one as many as are left. */
static void fill_bits(size_t page, unsigned cls)
{
    osh_word_t *bits = osh_slab_bits(page, cls);
    unsigned left = osh_class_objects(cls);
    while (left > 0) {
        unsigned here = left < OSH_WORD_BITS ? left : (unsigned)OSH_WORD_BITS;
        osh_store(bits++, ~(osh_word_t)0 >> (OSH_WORD_BITS - here));
        left -= here;
    }
}

static void set_class(size_t page, unsigned cls, uint8_t byte)
{
    for (size_t i = 0; i < (size_t)1 << osh_class_run(cls); i++) {
        osh_store_byte(&osh_arena.page_class[page + i], byte);
    }
}

/* Level 2: all its objects are free ones. */
static void fill_objects(size_t page, unsigned cls)
{
    size_t bytes = osh_class_bytes(cls);
    for (unsigned i = 0; i < osh_class_objects(cls); i++) {
        char *object = (char *)osh_arena_address(page) + i * bytes;
        osh_guard_fill(object, 0, osh_guard_words(bytes));
        osh_guard_fill(object, 0, OSH_LINK_WORDS);
    }
}

size_t osh_slab_create(unsigned cls, unsigned count)
{
    size_t page = osh_arena_claim_run(osh_class_run(cls));
    if (page == OSH_NO_PAGE) {
        return OSH_NO_PAGE;
    }
    fill_bits(page, cls);
    if (OSH_HARDENING >= 2) {
        fill_objects(page, cls);
    }
    set_class(page, cls, (uint8_t)cls);
    /* Publishes bits and class byte; pairs with the load of the state in
     * reserve(), and with the passing on of a block's address. */
    osh_store_release(osh_slab_state_word(page), osh_state(cls, osh_class_objects(cls) - count));
    if (osh_class_objects(cls) > count) {
        osh_slab_list(page, cls); /* otherwise the first put will */
    }
    return page;
}

bool osh_slab_release(size_t page, unsigned cls)
{
    osh_word_t all_free = osh_state(cls, osh_class_objects(cls));
    /* Takes the slab from everybody: succeeds only when nobody holds an object
     * or a reservation. Observes the puts that made it so; pairs with their
     * additions to the state. */
    if (!osh_cas(osh_slab_state_word(page), &all_free, 0)) {
        return false;
    }
    set_class(page, cls, 0);
    size_t word = page / OSH_WORD_BITS;
    if (OSH_SLAB_MAPS) {
        /* Before the page can be a slab again, so that no new listing is lost. */
        (void)osh_fetch_and(osh_slab_partial(word, cls), ~osh_arena_bit(page));
    }
    osh_arena_release_run(page, osh_class_run(cls));
    return true;
}

/* The highest claimed page below `page`, as far as words of pages that are all nobody's
 * tell; OSH_NO_PAGE: none. */
static size_t next_claimed(size_t page)
{
    while (page-- > 0 && osh_load(&osh_arena.claimed[page / OSH_WORD_BITS]) == 0) {
        page -= page % OSH_WORD_BITS;
    }
    return page; /* OSH_NO_PAGE behind the last */
}

size_t osh_slab_find(unsigned *cls, size_t alignment)
{
    size_t found = OSH_NO_PAGE;
    unsigned best = OSH_CLASSES;
    for (size_t page = osh_arena.pages; (page = next_claimed(page)) != OSH_NO_PAGE;) {
        /* Observes nothing: who takes an object asks the state again. */
        osh_word_t state = osh_load(osh_slab_state_word(page));
        unsigned has = osh_state_class(state);
        if (has >= *cls && has < best && osh_state_free(state) != 0 &&
            (osh_class_bytes(has) & (alignment - 1)) == 0) {
            found = page;
            best = has;
            if (best == *cls) {
                break;
            }
        }
    }
    *cls = best;
    return found;
}

void osh_slab_release_kept(void)
{
    for (unsigned cls = 1; OSH_KEEP_SLABS && cls <= OSH_CLASS_MAX; cls++) {
        if (osh_load(&osh_slabs.kept[cls]) == 0) {
            continue;
        }
        /* Whoever takes the page number is the one to try; pairs with keep(). */
        osh_word_t kept = osh_exchange(&osh_slabs.kept[cls], 0);
        if (kept != 0) {
            (void)osh_slab_release(kept - 1, cls);
        }
    }
}

void osh_slab_release_empty(void)
{
    for (size_t page = osh_arena.pages; (page = next_claimed(page)) != OSH_NO_PAGE;) {
        osh_word_t state = osh_load(osh_slab_state_word(page)); /* release asks again */
        unsigned cls = osh_state_class(state);
        if (cls != 0 && osh_state_free(state) == osh_class_objects(cls)) {
            (void)osh_slab_release(page, cls);
        }
    }
}

unsigned osh_slab_words(unsigned cls)
{
    return (osh_class_objects(cls) + OSH_WORD_BITS - 1u) / OSH_WORD_BITS;
}

osh_word_t osh_slab_free_bits(size_t page, unsigned cls, unsigned i)
{
    return osh_load(&osh_slab_bits(page, cls)[i]);
}

bool osh_slab_object_is_free(unsigned cls, const void *object)
{
    size_t page = osh_class_slab(cls, osh_arena_page(object));
    unsigned index = osh_class_index(cls, (uintptr_t)object - osh_arena_address(page));
    return osh_slab_free_bits(page, cls, index / OSH_WORD_BITS) >> (index % OSH_WORD_BITS) & 1;
}

bool osh_slab_is_listed(size_t page, unsigned cls)
{
    osh_word_t map = osh_load(osh_slab_partial(page / OSH_WORD_BITS, cls));
    return (map >> (page % OSH_WORD_BITS)) & 1;
}
