/* SPDX-License-Identifier: Apache-2.0 */
/* Giving objects back to their slabs. */
#include "osh_gauge.h"
#include "osh_links.h"
#include "osh_report.h"
#include "osh_slab.h"
#include "osh_slab_table.h"

/* Does the block belong to a slab of the class? Not if a write to a free block has changed a
 * link, or if the block was free already and its page has become another slab. */
static bool is_of_class(unsigned cls, const void *block)
{
    return osh_arena_class_at(block) == cls;
}

/* Where an object's bit is. */
struct place {
    size_t page;   /* first of the slab */
    unsigned word; /* of the slab's bits */
    osh_word_t bit;
};

static inline struct place place_of(unsigned cls, const void *block)
{
    size_t page = osh_class_slab(cls, osh_arena_page(block));
    unsigned object = osh_class_index(cls, (uintptr_t)block - osh_arena_address(page));
    return (struct place){page, object / OSH_WORD_BITS, (osh_word_t)1 << (object % OSH_WORD_BITS)};
}

/* Gives one block back; counted by the caller. Returns how many went back: 0 after a report. */
OSH_SHARED_CODE unsigned put_one(unsigned cls, void *block)
{
    if (OSH_HARDENING >= 2) {
        osh_guard_fill(block, 0, OSH_LINK_WORDS);
    }
    struct place at = place_of(cls, block);
    bool twice = osh_slab_give_bits(at.page, cls, at.word, at.bit) != 0;
    if (OSH_UNLIKELY(twice)) {
        osh_report(OS_HEAP_FREED_TWICE, block, NULL);
    }
    return !twice;
}

bool osh_slab_put_one(unsigned cls, void *block)
{
    /* Before the bits are set: another core could else take the object and count it twice. */
    osh_gauge_given(osh_class_bytes(cls));
    bool put = put_one(cls, block) != 0;
    if (OSH_UNLIKELY(!put)) {
        osh_gauge_taken(osh_class_bytes(cls));
    }
    return put;
}

/* The objects of one word of bits go back together, by one atomic. If the slab is on no map, one of
 * them goes by itself and puts it there: so a slab is on its map before anybody can find it empty,
 * as osh_slab_release_empty() needs. Returns how many went back. */
static unsigned put_together(unsigned cls, struct place at, unsigned count)
{
    osh_word_t rest = at.bit & (at.bit - 1);
    osh_word_t twice = 0;
    if (rest != 0 && !osh_slab_is_listed(at.page, cls)) {
        twice = osh_slab_give_bits(at.page, cls, at.word, at.bit ^ rest);
        at.bit = rest;
    }
    twice |= osh_slab_give_bits(at.page, cls, at.word, at.bit);
    for (; OSH_UNLIKELY(twice != 0); count--) {
        unsigned bit = osh_top_bit(twice);
        twice &= ~((osh_word_t)1 << bit);
        size_t offset = ((size_t)at.word * OSH_WORD_BITS + bit) * osh_class_bytes(cls);
        osh_report(OS_HEAP_FREED_TWICE, (void *)(osh_arena_address(at.page) + offset), NULL);
    }
    return count;
}

/* Takes blocks off the chain as long as they share the word of `first`, its head, which is sound,
 * and gives them back. Whoever has an object of a slab keeps it in place, so a block less than a
 * word of objects away is in the same slab. */
static unsigned put_word(unsigned cls, struct osh_chain *chain, const void *first)
{
    size_t bytes = osh_class_bytes(cls);
    struct place at = place_of(cls, first);
    uintptr_t base = osh_arena_address(at.page) + (size_t)at.word * OSH_WORD_BITS * bytes;
    uintptr_t span = (osh_top_bit(osh_slab_full(cls, at.word)) + 1) * bytes;
    osh_word_t bit = at.bit;
    unsigned count = 0;
    at.bit = 0;
    /* A chain that contains a block twice is a ring: the second one begins another word. */
    while ((at.bit & bit) == 0) {
        void *block = osh_links_pop(cls, chain);
        if (block == NULL) {
            break;
        }
        if (OSH_HARDENING >= 2) {
            osh_guard_fill(block, 0, OSH_LINK_WORDS);
        }
        at.bit |= bit;
        count++;
        uintptr_t offset = (uintptr_t)chain->head - base;
        if (chain->count == 0 || offset >= span) {
            break;
        }
        bit = (osh_word_t)1 << osh_class_index(cls, offset);
    }
    return count > 0 ? put_together(cls, at, count) : 0;
}

/* Gives blocks at the head of the chain back. Returns how many; fewer than it took off the chain,
 * after a report, if one is damaged or was free. On Linux slabs are long, so the blocks of a
 * magazine share words. On firmware they seldom do, and to look for those costs more than the
 * atomics. */
static unsigned put_some(unsigned cls, struct osh_chain *chain)
{
    void *block = chain->head;
    if (OSH_HARDENING > 0 && OSH_UNLIKELY(!is_of_class(cls, block))) {
        osh_report(OS_HEAP_BAD_LINK, block, NULL);
        return 0;
    }
    if (OSH_VIRTUAL) {
        return put_word(cls, chain, block);
    }
    /* A chain that contains a block twice is a ring, so no new block follows. */
    return osh_links_pop(cls, chain) != NULL ? put_one(cls, block) : 0;
}

void osh_slab_put(unsigned cls, struct osh_chain chain)
{
    size_t left = chain.count;
    osh_gauge_given(left * osh_class_bytes(cls)); /* before the bits are set, as of one object */
    while (left > 0) {
        osh_count_t off = chain.count;
        unsigned put = put_some(cls, &chain);
        left -= put;
        if (put == 0 || (OSH_VIRTUAL && put < off - chain.count)) {
            break;
        }
    }
    if (OSH_UNLIKELY(left > 0)) {
        osh_gauge_taken(left * osh_class_bytes(cls)); /* leaked */
    }
}
