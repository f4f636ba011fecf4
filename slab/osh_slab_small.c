/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking objects from slabs and giving them back, one at a time: in place of osh_slab.c
 * where the code is to be small (-Os). The same tables by the same rule, that counts
 * reserve and bits deliver; a magazine takes an atomic or two for each of its blocks
 * instead of two or three a word of bits.
 */
#include "osh_arena_open.h"
#include "osh_links.h"
#include "osh_report.h"
#include "osh_slab.h"
#include "osh_slab_table.h"

/* Takes one off the slab's free count; false when the slab is not of this class any
 * more or has none. */
static bool reserve_one(osh_word_t *word, unsigned cls)
{
    osh_word_t state = osh_load(word);
    while (osh_state_class(state) == cls && osh_state_free(state) != 0) {
        /* Observes the bit that was set before it was counted; pairs with the addition
         * in osh_slab_put_one() and the store in osh_slab_create(). */
        if (osh_cas(word, &state, state - 1)) {
            return true;
        }
    }
    return false;
}

/* Finds and takes the object that a reservation stands for, the highest first. It is
 * there, or comes about; a second round is needed only when others moved on meanwhile. */
static unsigned collect_one(osh_word_t *bits, unsigned words)
{
    for (unsigned i = words;; i = i != 0 ? i : words) {
        osh_word_t now = osh_load(&bits[--i]);
        if (now != 0) {
            unsigned bit = osh_top_bit(now);
            osh_word_t mine = (osh_word_t)1 << bit;
            /* Takes the object, if nobody has since; observes its free; pairs with
             * the or in osh_slab_put_one(). */
            if (osh_fetch_and(&bits[i], ~mine) & mine) {
                return i * OSH_WORD_BITS + bit;
            }
        }
    }
}

/* Takes objects of the slab until the chain has `count` or the slab nothing free. */
static void take_from(struct osh_chain *chain, size_t page, unsigned cls, unsigned count)
{
    osh_word_t *state = osh_slab_state_word(page);
    while (chain->count < count && reserve_one(state, cls)) {
        unsigned index = collect_one(osh_slab_bits_of(state, page, cls), osh_slab_words(cls));
        void *object = (void *)(osh_arena_address(page) + index * osh_class_bytes(cls));
        if (OSH_HARDENING >= 2 && !osh_guard_is_filled(object, 0, OSH_LINK_WORDS)) {
            osh_report(OS_HEAP_USED_AFTER_FREE, object, NULL);
            continue; /* nobody gets it */
        }
        osh_links_push(cls, chain, object);
    }
}

/* The slab had nothing free: off the map, unless something came back since. */
static void unlist(size_t page, unsigned cls)
{
    /* Then look again: either we see the count that a put has raised, or the put, which
     * looks at the map after counting, sees the bit gone. Pairs with osh_slab_put_one(). */
    (void)osh_fetch_and(osh_slab_partial(page / OSH_WORD_BITS, cls), ~osh_arena_bit(page));
    osh_fence_atomic_load();
    osh_word_t state = osh_load(osh_slab_state_word(page));
    if (osh_state_class(state) == cls && osh_state_free(state) != 0) {
        osh_slab_list(page, cls);
    }
}

/* Draws on listed slabs from word `from` of the map down. Returns the word it stopped
 * at: none above has any more. */
static size_t draw_on_map(struct osh_chain *chain, unsigned cls, unsigned count, size_t from)
{
    size_t lowest = OSH_SLAB_HINTS ? osh_arena.words - osh_load(&osh_slabs.floor[cls]) : 0;
    for (size_t word = from + 1; word-- > lowest;) {
        if (osh_arena_is_closed(word)) {
            word = osh_arena_low();
            continue;
        }
        osh_word_t map = osh_load(osh_slab_partial(word, cls));
        for (; map != 0; map &= ~osh_arena_bit(osh_top_bit(map))) {
            size_t page = word * OSH_WORD_BITS + osh_top_bit(map);
            take_from(chain, page, cls, count);
            if (chain->count < count || osh_slab_state(page).free == 0) {
                unlist(page, cls); /* at once, so that none that have nothing gather */
            }
            if (chain->count == count) {
                return word;
            }
        }
    }
    return lowest;
}

/* Draws on slabs that exist, or on those that the hint speaks of. */
static void draw(struct osh_chain *chain, unsigned cls, unsigned count)
{
    if (!OSH_SLAB_MAPS) {
        for (size_t page = osh_arena.pages; page-- > 0 && chain->count < count;) {
            if (osh_arena_is_closed(page / OSH_WORD_BITS)) {
                page = osh_arena_low() * OSH_WORD_BITS;
                continue;
            }
            take_from(chain, page, cls, count);
        }
        return;
    }
    osh_word_t hint = OSH_SLAB_HINTS ? osh_load(&osh_slabs.hint[cls]) : osh_arena.words - 1;
    size_t stopped = draw_on_map(chain, cls, count, hint);
    if (OSH_SLAB_HINTS && stopped < hint) {
        /* Lowers the hint unless a put raised it: publishes nothing. */
        (void)osh_cas(&osh_slabs.hint[cls], &hint, stopped);
    }
}

/* Not used where OSH_LEAN: every way to a slab looks at the states there. */
void *osh_slab_get_any(unsigned cls, size_t alignment)
{
    struct osh_chain chain = {NULL, 0};
    while (chain.count == 0) {
        unsigned found = cls;
        size_t page = osh_slab_find(&found, alignment);
        if (page == OSH_NO_PAGE) {
            break;
        }
        take_from(&chain, page, found, 1);
        if (OSH_SLAB_MAPS && osh_slab_state(page).free == 0) {
            unlist(page, found);
        }
    }
    return chain.head;
}

struct osh_chain osh_slab_get(unsigned cls, unsigned count)
{
    struct osh_chain chain = {NULL, 0};
    draw(&chain, cls, count);
    /* A slab that is made is taken from, by us or by those who leave nothing of it: one that
     * nobody takes anything of would never become empty, which is when its page is given
     * back. */
    while (chain.count == 0) {
        size_t page = osh_slab_create(cls, 0);
        if (page == OSH_NO_PAGE) {
            break;
        }
        take_from(&chain, page, cls, count);
        if (OSH_SLAB_MAPS && osh_slab_state(page).free == 0) {
            unlist(page, cls);
        }
    }
    return chain;
}

/* Keeps an empty slab for its class, and lets go of the one kept before. */
static void keep(size_t page, unsigned cls)
{
    if (OSH_KEEP_SLABS && OSH_PAGE_BYTES << osh_class_run(cls) <= OSH_SLAB_ROOMY) {
        /* The page numbers change hands; pairs with osh_slab_release_kept(). */
        osh_word_t before = osh_exchange(&osh_slabs.kept[cls], page + 1);
        if (before == 0 || before == page + 1) {
            return;
        }
        page = before - 1;
    }
    (void)osh_slab_release(page, cls);
}

/* Is the block of a slab of that class? Not, when a write to a free block has
 * changed a link, or the block was free already and its slab is another's now. */
static bool is_of_class(unsigned cls, const void *block)
{
    return osh_arena_class_at(block) == cls;
}

/* False: the object was free already, and that was reported. */
bool osh_slab_put_one(unsigned cls, void *object)
{
    if (OSH_HARDENING >= 2) {
        osh_guard_fill(object, 0, OSH_LINK_WORDS);
    }
    size_t page = osh_class_slab(cls, osh_arena_page(object));
    unsigned index = osh_class_index(cls, (uintptr_t)object - osh_arena_address(page));
    osh_word_t *state = osh_slab_state_word(page);
    osh_word_t *bits = osh_slab_bits_of(state, page, cls);
    osh_word_t bit = (osh_word_t)1 << (index % OSH_WORD_BITS);
    /* Publishes the object as free; pairs with the and in collect_one(). */
    if (OSH_UNLIKELY(osh_fetch_or(&bits[index / OSH_WORD_BITS], bit) & bit)) {
        osh_report(OS_HEAP_FREED_TWICE, object, NULL);
        return false;
    }
    /* Publishes the bit set before it; pairs with the CAS of reserve_one() and of
     * osh_slab_release(). The slab may be gone right after. */
    osh_word_t before = osh_fetch_add(state, 1);
    if (OSH_SLAB_MAPS) {
        osh_fence_atomic_load(); /* count, then look at the map: pairs with unlist() */
        if (!osh_slab_is_listed(page, cls)) {
            osh_slab_list(page, cls);
        } else if (OSH_SLAB_HINTS) {
            osh_raise(&osh_slabs.hint[cls], page / OSH_WORD_BITS); /* publishes nothing */
        }
    }
    if (osh_state_free(before) + 1 == osh_class_objects(cls)) {
        keep(page, cls);
    }
    return true;
}

void osh_slab_put(unsigned cls, struct osh_chain chain)
{
    bool sound = true;
    while (sound && chain.count > 0) {
        void *object = chain.head;
        if (OSH_HARDENING > 0 && OSH_UNLIKELY(!is_of_class(cls, object))) {
            osh_report(OS_HEAP_BAD_LINK, object, NULL);
            return;
        }
        if (OSH_HARDENING < 2) {
            (void)osh_links_pop(cls, &chain);
        } else if (osh_links_pop_checked(cls, &chain) == NULL) {
            return;
        }
        /* A chain that has an object twice is a ring: nothing new follows. */
        sound = osh_slab_put_one(cls, object);
    }
}
