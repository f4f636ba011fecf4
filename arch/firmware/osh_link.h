/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A block in a list or a chain: its first two words are a link.
 *
 * A list is the address of its first block. That block's link says how much room
 * there is on top of it, so a push counts down what it reads there, and no limit
 * has to be loaded, nor a number packed beside an address. An empty list points to
 * its class's entry of osh_empty, which has all the room and no next; so the last
 * block of a list has one, and a pop knows the empty list by having none. Entry 0
 * has neither: a list that points there, or to the entry of a class that is not
 * cached, is stopped.
 */
#ifndef OSH_LINK_H
#define OSH_LINK_H

#include "osh_chain.h"
#include "osh_class.h"

struct osh_link {
    osh_word_t next; /* the block below, an entry of osh_empty, or 0 in these */
    osh_word_t room; /* how many blocks the list takes on top */
};

#define OSH_LINK_ROOM ((unsigned)sizeof(osh_word_t)) /* where `room` is, for assembly */

_Static_assert(OSH_LINK_WORDS == 2, "OSH_LINK_WORDS: a link is as struct osh_link has it");
_Static_assert(OSH_BLOCK_MIN >= sizeof(struct osh_link), "every block holds a link");

/* Where the code is to be small, RAM that osh_arch_start fills instead of a table. */
#if OSH_SMALL_CODE
OSH_SHARED struct osh_link osh_empty[OSH_CLASSES];
#else
OSH_SHARED const struct osh_link osh_empty[OSH_CLASSES];
#endif

/* In the depot: the head alone, since what is there is a magazine, as long as any. */
static inline osh_word_t osh_chain_pack(struct osh_chain chain)
{
    return (osh_word_t)chain.head;
}

static inline struct osh_chain osh_chain_unpack(unsigned cls, osh_word_t word)
{
    return (struct osh_chain){(void *)word, word == 0 ? 0 : osh_class_magazine(cls)};
}

static inline osh_word_t osh_link_below(unsigned cls, struct osh_chain chain)
{
    return chain.count == 0 ? (osh_word_t)&osh_empty[cls] : (osh_word_t)chain.head;
}

static inline void osh_chain_link(unsigned cls, void *block, struct osh_chain below)
{
    struct osh_link *link = block;
    link->next = osh_link_below(cls, below);
    link->room = osh_class_limit(cls) - 1u - below.count;
}

#if OSH_HARDENING < 2
/* Only rooms change, and the last link of what is taken off. */
#define OSH_CHAIN_CUT
static inline struct osh_chain osh_chain_cut(unsigned cls, struct osh_chain *chain, unsigned count)
{
    struct osh_chain taken = {chain->head, count};
    struct osh_link *link = chain->head;
    osh_word_t limit = osh_class_limit(cls);
    osh_word_t room = limit - count;
    chain->count -= count;
    for (;;) {
        link->room = room++;
        if (room == limit) {
            break;
        }
        link = (struct osh_link *)link->next;
    }
    chain->head = (void *)link->next;
    link->next = (osh_word_t)&osh_empty[cls];
    return taken;
}
#endif

static inline void *osh_link_behind(osh_word_t link)
{
    return (void *)link;
}

static inline void *osh_link_next(osh_word_t link)
{
    bool last = link - (osh_word_t)osh_empty < sizeof(osh_empty);
    return last ? NULL : (void *)link;
}

#endif
