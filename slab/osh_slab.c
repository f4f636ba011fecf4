/* SPDX-License-Identifier: Apache-2.0 */
/* Taking objects from slabs and giving them back. */
#include "osh_slab.h"

#include "osh_arena_open.h"
#include "osh_links.h"
#include "osh_report.h"
#include "osh_slab_table.h"

/* Takes up to `count` off the slab's free count: how many, 0 when the slab is not of this
 * class any more or has none; and how many it `left`. */
static unsigned reserve(size_t page, unsigned cls, unsigned count, unsigned *left)
{
    *left = 0;
    osh_word_t state = osh_load(osh_slab_state_word(page));
    for (;;) {
        unsigned free = osh_state_free(state);
        if (osh_state_class(state) != cls || free == 0) {
            return 0;
        }
        unsigned taken = free < count ? free : count;
        /* Observes the bits that were set before they were counted; pairs with
         * the addition in credit() and the store in osh_slab_create(). */
        if (osh_cas(osh_slab_state_word(page), &state, state - taken)) {
            *left = free - taken;
            return taken;
        }
    }
}

/* The highest `count` bits of `word`, or all of them. */
static osh_word_t highest(osh_word_t word, unsigned count)
{
    unsigned have = osh_count_bits(word);
    if (have <= count) {
        return word;
    }
    if (have - count <= count) {
        for (unsigned drop = have - count; drop > 0; drop--) {
            word &= word - 1;
        }
        return word;
    }
    osh_word_t top = 0;
    for (; count > 0; count--) {
        osh_word_t bit = (osh_word_t)1 << osh_top_bit(word);
        top |= bit;
        word &= ~bit;
    }
    return top;
}

/* Links the objects of a word of bits into the chain, the highest first, so
 * that they come out in the order of their addresses. */
static void chain_objects(struct osh_chain *chain, size_t page, unsigned cls, unsigned first,
                          osh_word_t bits)
{
    uintptr_t base = osh_arena_address(page);
    size_t bytes = osh_class_bytes(cls);
    while (bits != 0) {
        unsigned bit = osh_top_bit(bits);
        bits &= ~((osh_word_t)1 << bit);
        void *object = (void *)(base + (first + bit) * bytes);
        if (OSH_HARDENING >= 2 && OSH_UNLIKELY(!osh_guard_is_filled(object, 0, OSH_LINK_WORDS))) {
            osh_report(OS_HEAP_USED_AFTER_FREE, object, NULL);
            continue; /* nobody gets it */
        }
        osh_links_push(cls, chain, object);
    }
}

/* Collects the bits that a reservation of `count` stands for. They are there; a second
 * look is needed only when others moved on meanwhile. */
static void collect(struct osh_chain *chain, size_t page, unsigned cls, unsigned count)
{
    osh_word_t *bits = osh_slab_bits(page, cls);
    unsigned words = osh_slab_words(cls);
    while (count > 0) {
        for (unsigned i = words; i-- > 0 && count > 0;) {
            osh_word_t now = osh_load(&bits[i]);
            osh_word_t mine = highest(now, count);
            /* Takes exactly these; observes each object's free; pairs with put_run(). */
            while (mine != 0 && !osh_cas(&bits[i], &now, now & ~mine)) {
                mine = highest(now, count);
            }
            if (mine != 0) {
                chain_objects(chain, page, cls, i * OSH_WORD_BITS, mine);
                count -= osh_count_bits(mine);
            }
        }
    }
}

/* The slab has nothing free: off the map, unless something came back since. */
static void unlist(size_t page, unsigned cls)
{
    osh_word_t bit = (osh_word_t)1 << (page % OSH_WORD_BITS);
    /* Then look again: either we see the count that a put has raised, or the put, which
     * looks at the map after counting, sees the bit gone. Pairs with credit(). */
    (void)osh_fetch_and(osh_slab_partial(page / OSH_WORD_BITS, cls), ~bit);
    osh_fence_atomic_load();
    osh_word_t state = osh_load(osh_slab_state_word(page));
    if (osh_state_class(state) == cls && osh_state_free(state) > 0) {
        osh_slab_list(page, cls);
    }
}

static unsigned take_from(struct osh_chain *chain, size_t page, unsigned cls, unsigned count)
{
    unsigned left;
    unsigned taken = reserve(page, cls, count, &left);
    if (left == 0) {
        unlist(page, cls); /* at once: a refill's time is bounded by slabs that have something */
    }
    collect(chain, page, cls, taken);
    return taken;
}

/* Cores look at the slabs of a word in turns of their own, so that they do not all
 * draw on the same one: by a part of a word that no small number divides. */
static unsigned turn_of(unsigned core)
{
    return core * (OSH_WORD_BITS * 3 / 8 - 1) % OSH_WORD_BITS;
}

static osh_word_t turned(osh_word_t map, unsigned turn)
{
    return turn == 0 ? map : map >> turn | map << (OSH_WORD_BITS - turn);
}

/* Draws on listed slabs from word `from` down, at most `slabs` of them that had
 * something. Returns the word it stopped at: none above has any more. */
static size_t draw(struct osh_chain *chain, unsigned cls, unsigned count, size_t from,
                   unsigned slabs)
{
    size_t lowest = OSH_SLAB_HINTS ? osh_arena.words - osh_load(&osh_slabs.floor[cls]) : 0;
    unsigned turn = OSH_VIRTUAL || OSH_CORES > 1 ? turn_of(osh_arch_core()) : 0;
    for (size_t word = from + 1; word-- > lowest;) {
        if (osh_arena_is_closed(word)) {
            word = osh_arena_low();
            continue;
        }
        osh_word_t map = turned(osh_load(osh_slab_partial(word, cls)), turn);
        while (map != 0) {
            unsigned bit = osh_top_bit(map);
            map &= ~((osh_word_t)1 << bit);
            size_t page = word * OSH_WORD_BITS + ((bit + turn) % OSH_WORD_BITS);
            if (take_from(chain, page, cls, count - chain->count) > 0 &&
                (chain->count == count || --slabs == 0)) {
                return word;
            }
        }
    }
    return lowest;
}

struct osh_chain osh_slab_get(unsigned cls, unsigned count)
{
    struct osh_chain chain = {NULL, 0};
    osh_word_t hint = OSH_SLAB_HINTS ? osh_load(&osh_slabs.hint[cls]) : osh_arena.words - 1;
    size_t stopped = draw(&chain, cls, count, hint, OSH_REFILL_SLABS);
    if (OSH_SLAB_HINTS && stopped < hint) {
        /* Lowers the hint unless a put raised it: publishes nothing. */
        (void)osh_cas(&osh_slabs.hint[cls], &hint, stopped);
    }
    if (chain.count == 0) {
        /* A magazine may be longer than a slab. */
        unsigned objects = osh_class_objects(cls);
        unsigned first = count < objects ? count : objects;
        size_t page = osh_slab_create(cls, first);
        if (page != OSH_NO_PAGE) {
            collect(&chain, page, cls, first);
        }
    }
    return chain;
}

void *osh_slab_get_any(unsigned cls, size_t alignment)
{
    struct osh_chain chain = {NULL, 0};
    for (unsigned found = cls; chain.count == 0; found = cls) {
        size_t page = osh_slab_find(&found, alignment);
        if (page == OSH_NO_PAGE) {
            break;
        }
        (void)take_from(&chain, page, found, 1);
    }
    return chain.head;
}

/* Keeps an empty slab for its class, and lets go of the one kept before. Slabs
 * of more than a roomy size are not worth the memory they would keep. */
static void keep(size_t page, unsigned cls)
{
    if (!OSH_KEEP_SLABS || OSH_PAGE_BYTES << osh_class_run(cls) > OSH_SLAB_ROOMY) {
        (void)osh_slab_release(page, cls);
        return;
    }
    /* The page numbers change hands; pairs with osh_slab_release_kept(). */
    osh_word_t before = osh_exchange(&osh_slabs.kept[cls], page + 1);
    if (before != 0 && before != page + 1) {
        (void)osh_slab_release(before - 1, cls);
    }
}

/* Counts objects whose bits are set as free. */
static void credit(size_t page, unsigned cls, unsigned count)
{
    /* Publishes the bits set before it; pairs with the CAS of reserve() and of
     * osh_slab_release(). The slab may be gone right after. */
    osh_word_t before = osh_fetch_add(osh_slab_state_word(page), count);
    unsigned free = osh_state_free(before) + count;
    osh_fence_atomic_load(); /* count, then look at the map: pairs with unlist() */
    if (!osh_slab_is_listed(page, cls)) {
        osh_slab_list(page, cls);
    } else if (OSH_SLAB_HINTS) {
        osh_raise(&osh_slabs.hint[cls], page / OSH_WORD_BITS); /* a hint: publishes nothing */
    }
    if (free == osh_class_objects(cls)) {
        keep(page, cls);
    }
}

/* Objects on their way back: those of one word of one slab's bits. */
struct returning {
    unsigned cls;
    size_t page;
    unsigned word;
    osh_word_t mask;   /* bits of this word not yet set ... */
    unsigned counted;  /* ... and how many of the slab's are set, but not counted */
    const void *twice; /* an object that was free already, or NULL */
};

static void note_twice(struct returning *back, osh_word_t bits)
{
    unsigned object = back->word * OSH_WORD_BITS + osh_top_bit(bits);
    back->twice = (void *)(osh_arena_address(back->page) + object * osh_class_bytes(back->cls));
}

/* Sets the bits of the word, and counts them if the slab's others are through. */
static void flush(struct returning *back, bool all)
{
    if (back->mask != 0) {
        /* Publishes the objects as free; pairs with the CAS of collect(). */
        osh_word_t before =
            osh_fetch_or(&osh_slab_bits(back->page, back->cls)[back->word], back->mask);
        if (OSH_UNLIKELY((before & back->mask) != 0)) {
            note_twice(back, before & back->mask);
        }
        back->counted += osh_count_bits(back->mask & ~before);
        back->mask = 0;
    }
    if (all && back->counted > 0) {
        credit(back->page, back->cls, back->counted);
        back->counted = 0;
    }
}

/* Is the block of a slab of that class? Not, when a write to a free block has
 * changed a link, or the block was free already and its slab is another's now. */
static bool is_of_class(unsigned cls, const void *block)
{
    return osh_arena_class_at(block) == cls;
}

void osh_slab_put(unsigned cls, struct osh_chain chain)
{
    struct returning back = {cls, OSH_NO_PAGE, 0, 0, 0, NULL};
    while (chain.count > 0) {
        void *block = chain.head;
        if (OSH_HARDENING > 0 && OSH_UNLIKELY(!is_of_class(cls, block))) {
            flush(&back, true);
            osh_report(OS_HEAP_BAD_LINK, block, NULL);
            return;
        }
        if (OSH_HARDENING < 2) {
            chain.head = osh_links_next(block);
        } else if (osh_links_pop_checked(cls, &chain) == NULL) {
            break;
        } else {
            osh_guard_fill(block, 0, OSH_LINK_WORDS);
        }
        chain.count -= OSH_HARDENING < 2;
        size_t page = osh_class_slab(cls, osh_arena_page(block));
        unsigned object = osh_class_index(cls, (uintptr_t)block - osh_arena_address(page));
        if (page != back.page || object / OSH_WORD_BITS != back.word) {
            flush(&back, page != back.page);
            back.page = page;
            back.word = object / OSH_WORD_BITS;
        }
        osh_word_t bit = (osh_word_t)1 << (object % OSH_WORD_BITS);
        if (OSH_UNLIKELY((back.mask & bit) != 0)) {
            note_twice(&back, bit);
        }
        back.mask |= bit;
        if (OSH_UNLIKELY(back.twice != NULL)) {
            break; /* a chain that has a block twice is a ring: nothing new follows */
        }
    }
    flush(&back, true);
    if (OSH_UNLIKELY(back.twice != NULL)) {
        osh_report(OS_HEAP_FREED_TWICE, back.twice, NULL);
    }
}
