/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lists of one core on Linux, in the form of the port in use: words for
 * restartable sequences, pairs for double-word CAS.
 */
#ifndef OSH_LISTS_H
#define OSH_LISTS_H

#include "osh_chain.h"
#include "osh_class.h"
#include "osh_hot.h"

/* A power of two, so that the sequences find a core's lists with a shift. */
#define OSH_LISTS_LOG2 12

struct osh_lists {
    union {
        osh_word_t word[2][OSH_CLASSES];
        osh_word2_t pair[2][OSH_CLASSES];
    } of;
} OSH_ALIGNED(1 << OSH_LISTS_LOG2);

_Static_assert(OSH_LINK_WORDS == 1, "OSH_LINK_WORDS: on Linux a link is one word");
_Static_assert(OSH_WIDE, "on Linux a word holds an address of 48 bits and a number of 16");
_Static_assert(sizeof(struct osh_lists) == 1 << OSH_LISTS_LOG2,
               "a core's lists are found by shift");

OSH_SHARED struct osh_lists osh_lists[OSH_CORES];

/*
 * Word lists and chains hold a block and the room left after it in one word:
 * 48 bits of address, 16 of room. Pair lists keep the room apart, so their
 * links are plain addresses: shift 0, mask 0.
 */
#define OSH_WORD_SHIFT 16
#define OSH_ARCH_REGION_END (UINTPTR_MAX >> OSH_WORD_SHIFT) /* of the depot's words, too */
#define OSH_WORD_ROOM ((osh_word_t)0xffff)

/* A chain in one word, whatever form the lists have. */
static inline osh_word_t osh_chain_pack(struct osh_chain chain)
{
    return ((osh_word_t)chain.head << OSH_WORD_SHIFT) | chain.count;
}

static inline struct osh_chain osh_chain_unpack(unsigned cls, osh_word_t word)
{
    (void)cls;
    return (struct osh_chain){(void *)(word >> OSH_WORD_SHIFT), (unsigned)(word & OSH_WORD_ROOM)};
}

static inline osh_word_t osh_link(const void *next, unsigned room)
{
    return ((osh_word_t)next << osh_hot.link_shift) | (room & osh_hot.link_mask);
}

static inline void osh_chain_link(unsigned cls, void *block, struct osh_chain below)
{
    *(osh_word_t *)block = osh_link(below.head, osh_class_limit(cls) - below.count);
}

static inline void *osh_link_next(osh_word_t link)
{
    return (void *)(link >> osh_hot.link_shift);
}

static inline void *osh_link_behind(osh_word_t link)
{
    return osh_link_next(link);
}

#endif
