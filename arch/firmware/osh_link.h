/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The link: the first two words of a block in a list or a chain.
 *
 * A list is the address of its first block. That block's link has the room on top of it. A push
 * reads the room and stores one less, so it loads no limit, and no number is packed beside an
 * address. An empty list points to its class's entry of osh_empty, which has all the room and a
 * `next` of 0. So the `next` of a list's last block is never 0, and a pop that reads 0 has found
 * the empty list. Entry 0 of osh_empty has no room either. A list that points there, or to the
 * entry of a class that is not cached, is stopped.
 */
#ifndef OSH_LINK_H
#define OSH_LINK_H

#include "osh_chain.h"
#include "osh_class.h"

struct osh_link {
    osh_word_t next; /* the block below, or an entry of osh_empty; 0 in osh_empty itself */
    osh_word_t room; /* how many blocks the list takes on top */
};

#define OSH_LINK_ROOM ((unsigned)sizeof(osh_word_t)) /* offset of `room`, for assembly */

_Static_assert(OSH_LINK_WORDS == 2, "OSH_LINK_WORDS: a link is as struct osh_link has it");
_Static_assert(OSH_BLOCK_MIN >= sizeof(struct osh_link), "every block holds a link");

/* A constant table; in a build for size RAM, which osh_arch_start fills. */
#if OSH_SMALL_CODE
OSH_SHARED struct osh_link osh_empty[OSH_CLASSES];
#else
OSH_SHARED const struct osh_link osh_empty[OSH_CLASSES];
#endif

/* The depot stores the head alone, because every magazine of a class has the same length. */
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
/* Cuts the first `count` blocks off. Writes the rooms of those blocks and the link of the last. */
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
