/* SPDX-License-Identifier: Apache-2.0 */
/* Taking objects from slabs; osh_slab_put.c gives them back. */
#include "osh_slab.h"

#include "osh_ahead.h"
#include "osh_arena_open.h"
#include "osh_gauge.h"
#include "osh_links.h"
#include "osh_report.h"
#include "osh_slab_table.h"

/* The highest `count` bits of `word`, or all of them. */
static osh_word_t highest(osh_word_t word, osh_count_t count)
{
    unsigned have = osh_count_bits(word);
    if (!OSH_SMALL_CODE && have > 2 * count) {
        osh_word_t top = 0;
        for (; count > 0; count--) {
            osh_word_t bit = (osh_word_t)1 << osh_top_bit(word);
            top |= bit;
            word &= ~bit;
        }
        return top;
    }
    for (; have > count; have--) {
        word &= word - 1;
    }
    return word;
}

/* On Linux objects are linked after all atomics of a take: on x86 an atomic waits for the stores
 * before it, and links go to cold memory. And they come out from the highest address down, as words
 * and slabs do, since CPUs fetch ahead what lies at equal distances. On firmware they are linked at
 * once, and the lowest of a word comes first, which takes fewer instructions. */
#define LINKS_LAST OSH_VIRTUAL

/* Links the objects of a word of bits into the chain. */
static void chain_objects(struct osh_chain *chain, size_t page, unsigned cls, unsigned first,
                          osh_word_t bits)
{
    uintptr_t base = osh_arena_address(page);
    size_t bytes = osh_class_bytes(cls);
    while (bits != 0) {
        unsigned bit = LINKS_LAST ? (unsigned)__builtin_ctzl(bits) : osh_top_bit(bits);
        bits &= ~((osh_word_t)1 << bit);
        void *object = (void *)(base + (first + bit) * bytes);
        if (OSH_HARDENING >= 2 && OSH_UNLIKELY(!osh_guard_is_filled(object, 0, OSH_LINK_WORDS))) {
            osh_report(OS_HEAP_USED_AFTER_FREE, object, NULL);
            if (!LINKS_LAST) {
                osh_gauge_taken(bytes); /* else the caller counts it */
            }
            continue; /* leaked */
        }
        osh_links_push(cls, chain, object);
    }
}

/* Gives back bits of word `i` that we took from a slab of class `cls`, after the page has become a
 * slab of another class. The bits are objects of that slab, which stays while we have them. */
static void give_back(size_t page, unsigned cls, unsigned i, osh_word_t bits)
{
    const osh_word_t *word = &osh_slab_bits(page, cls)[i];
    page += i / osh_slab_page_words(cls); /* the word's own page: the new slab may begin there */
    cls = osh_slab_class(page);
    page = osh_class_slab(cls, page);
    (void)osh_slab_give_bits(page, cls, (unsigned)(word - osh_slab_bits(page, cls)), bits);
}

/* Takes a slab without free objects off the map, unless an object has come back meanwhile. */
static void unlist(size_t page, unsigned cls)
{
    /* Announces the change: osh_slab_find() reads this count before and after it reads the maps. */
    (void)osh_fetch_add(&osh_slabs.unlisting, 1);
    /* Clear the map's bit, then look at the slab again. A task that gives an object sets the
     * object's bit, then looks at the map. So either we see its bit, or it sees ours cleared.
     * Pairs with osh_slab_set_bits(). */
    (void)osh_fetch_and(osh_slab_partial(page / OSH_WORD_BITS, cls), ~osh_arena_bit(page));
    osh_fence_atomic_load();
    unsigned now = osh_slab_at(page);
    bool on_this_map = OSH_SLAB_MAPS > 1 ? now == cls : now != 0;
    if (on_this_map && osh_slab_has_free(page, now)) {
        osh_slab_list(page, now);
    }
    /* Publishes the map as it is now; pairs with the load-acquires of osh_slab_find(). */
    (void)osh_fetch_add(&osh_slabs.unlisted, 1);
}

/* Takes objects of a slab until the chain has `count` or none is free. */
static void take_from(struct osh_chain *chain, size_t page, unsigned cls, unsigned count)
{
    osh_count_t before = chain->count;
    osh_word_t *bits = osh_slab_bits(page, cls);
    osh_word_t taken[OSH_SLAB_WORDS];
    osh_count_t counted = before;
    const osh_count_t *have = LINKS_LAST ? &counted : &chain->count;
    osh_word_t left = 0;
    unsigned words = osh_slab_words(cls);
    unsigned first = words; /* of `taken` */
    for (unsigned i = words; i-- > 0 && (*have < count || left == 0);) {
        osh_word_t now = osh_load(&bits[i]);
        osh_word_t mine;
        do {
            mine = highest(now, count - *have);
            /* Takes exactly the bits of `mine`. Observes each object's free; pairs with
             * osh_slab_set_bits() and with the stores of create(). */
        } while (mine != 0 && !osh_cas(&bits[i], &now, now & ~mine));
        left |= now & ~mine;
        if (mine != 0 && OSH_UNLIKELY(osh_slab_class(page) != cls)) {
            /* All that we have: any object would have kept the slab. */
            give_back(page, cls, i, mine);
            return;
        }
        if (LINKS_LAST) {
            first = i;
            taken[i] = mine;
            counted += osh_count_bits(mine);
        } else {
            chain_objects(chain, page, cls, i * OSH_WORD_BITS, mine);
        }
    }
    if (*have > before) {
        osh_gauge_taken((*have - before) * osh_class_bytes(cls));
    }
    if (OSH_SLAB_MAPS > 0 && left == 0) {
        unlist(page, cls); /* at once, so that a refill does not visit slabs without free objects */
    }
    for (; LINKS_LAST && first < words; first++) {
        chain_objects(chain, page, cls, first * OSH_WORD_BITS, taken[first]);
    }
}

/* Level 2: fills all objects of a new slab as free. */
static void fill_objects(size_t page, unsigned cls)
{
    size_t bytes = osh_class_bytes(cls);
    for (unsigned i = 0; i < osh_class_objects(cls); i++) {
        char *object = (char *)osh_arena_address(page) + i * bytes;
        osh_guard_fill(object, 0, osh_guard_words(bytes));
        osh_guard_fill(object, 0, OSH_LINK_WORDS);
    }
}

/* Claims pages and makes them a slab; OSH_NO_PAGE if there are none. */
static size_t create(unsigned cls)
{
    size_t page = osh_arena_claim_run(osh_class_run(cls));
    if (page == OSH_NO_PAGE) {
        return OSH_NO_PAGE;
    }
    if (osh_class_bytes(cls) <= OSH_HUGE_BLOCK) {
        osh_ahead(page, osh_class_run(cls));
    }
    if (OSH_HARDENING >= 2) {
        fill_objects(page, cls);
    }
    osh_slab_set_class(page, cls, cls);
    for (unsigned i = osh_slab_words(cls); i-- > 0;) {
        /* Publishes the class byte and the contents of the objects; pairs with the CAS of
         * take_from(). A program that passes a block's address on passes on what that observed. */
        osh_store_release(&osh_slab_bits(page, cls)[i], osh_slab_full(cls, i));
    }
    osh_slab_list(page, cls);
    return page;
}

/* Each core begins with another bit of a word of the map, so that cores do not all take from the
 * same slab. The distance is a part of a word that no small number divides. */
static unsigned rotation_of(unsigned core)
{
    return core * (OSH_WORD_BITS * 3 / 8 - 1) % OSH_WORD_BITS;
}

static osh_word_t rotated(osh_word_t map, unsigned rotation)
{
    return rotation == 0 ? map : map >> rotation | map << (OSH_WORD_BITS - rotation);
}

/* Takes objects from slabs on the map, from word `from` of the map down, until the chain has
 * `count` or `slabs` slabs had some. Returns the word at which it stopped: it has emptied all
 * above. */
static size_t draw(struct osh_chain *chain, unsigned cls, unsigned count, size_t from,
                   unsigned slabs)
{
    size_t lowest = OSH_SLAB_HINTS ? osh_arena.words - osh_load(&osh_slabs.floor[cls]) : 0;
    unsigned rotation = OSH_VIRTUAL ? rotation_of(osh_arch_core()) : 0;
    for (size_t word = from + 1; word-- > lowest;) {
        if (osh_arena_is_closed(word)) {
            word = osh_arena_low();
            continue;
        }
        osh_word_t map = rotated(osh_load(osh_slab_partial(word, cls)), rotation);
        while (map != 0) {
            unsigned bit = osh_top_bit(map);
            map &= ~((osh_word_t)1 << bit);
            size_t page = word * OSH_WORD_BITS + ((bit + rotation) % OSH_WORD_BITS);
            if (OSH_SLAB_MAPS == 1 && osh_slab_at(page) != cls) {
                continue; /* a slab of another class */
            }
            osh_count_t before = chain->count;
            take_from(chain, page, cls, count);
            if (chain->count == count || (chain->count > before && --slabs == 0)) {
                return word;
            }
        }
    }
    return lowest;
}

static void draw_on_maps(struct osh_chain *chain, unsigned cls, unsigned count)
{
    osh_word_t hint = OSH_SLAB_HINTS ? osh_load(&osh_slabs.hint[cls]) : osh_arena.words - 1;
    size_t stopped = draw(chain, cls, count, hint, OSH_REFILL_SLABS);
    if (OSH_SLAB_HINTS && stopped < hint) {
        /* Lowers the hint, unless another core raised it: publishes nothing. */
        (void)osh_cas(&osh_slabs.hint[cls], &hint, stopped);
    }
}

/* Without maps: takes objects from every slab of the class. */
static void draw_on_all(struct osh_chain *chain, unsigned cls, unsigned count)
{
    size_t page = osh_arena.pages;
    while (chain->count < count && (page = osh_slab_page_below(page)) != OSH_NO_PAGE) {
        if (osh_slab_at(page) == cls && osh_slab_has_free(page, cls)) {
            take_from(chain, page, cls, count);
        }
    }
}

struct osh_chain osh_slab_get(unsigned cls, unsigned count, bool fresh)
{
    struct osh_chain chain = {NULL, 0};
    if (OSH_SLAB_MAPS == 0) {
        draw_on_all(&chain, cls, count);
    } else {
        draw_on_maps(&chain, cls, count);
    }
    /* Again if others have taken all objects of the new slab. */
    while (fresh && chain.count == 0) {
        size_t page = create(cls);
        if (page == OSH_NO_PAGE) {
            break;
        }
        take_from(&chain, page, cls, count);
    }
    return chain;
}

void *osh_slab_get_any(unsigned cls, unsigned most, size_t alignment)
{
    struct osh_chain chain = {NULL, 0};
    for (unsigned found = cls; chain.count == 0; found = cls) {
        size_t page = osh_slab_find(&found, most, alignment);
        if (page == OSH_NO_PAGE) {
            break;
        }
        take_from(&chain, page, found, 1);
    }
    return chain.head;
}
