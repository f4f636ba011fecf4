/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocks linked into chains, outside of the port's lists. At hardening level 2
 * a link's first word is exclusive-or'ed with a key of its block, and the link is checked before it
 * is followed. The port's own operations on single blocks do not encode links, so they are not used
 * then.
 */
#ifndef OSH_LINKS_H
#define OSH_LINKS_H

#include "arch.h"
#include "osh_class.h"
#include "osh_guard.h"

static inline osh_word_t osh_links_key(const void *block)
{
    return OSH_HARDENING >= 2 ? osh_guard_key(block) : 0;
}

/* The block behind `block` in a chain, unchecked. */
static inline void *osh_links_next(const void *block)
{
    return osh_link_next(*(const osh_word_t *)block ^ osh_links_key(block));
}

/* Puts a block in front of a chain. */
OSH_SHARED_CODE void osh_links_push(unsigned cls, struct osh_chain *chain, void *block)
{
    osh_chain_link(cls, block, *chain);
    if (OSH_HARDENING >= 2) {
        *(osh_word_t *)block ^= osh_links_key(block);
    }
    chain->head = block;
    chain->count++;
}

/* Level 2: the same as osh_links_pop. NULL, after a report, if the link has changed: the rest of
 * the chain is leaked. */
OSH_HIDDEN void *osh_links_pop_checked(unsigned cls, struct osh_chain *chain);

/* Takes the first block of a chain that has one. */
static inline void *osh_links_pop(unsigned cls, struct osh_chain *chain)
{
    if (OSH_HARDENING >= 2) {
        return osh_links_pop_checked(cls, chain);
    }
    void *block = chain->head;
    /* In a build for size only the count tells that the chain has ended. */
    chain->head = OSH_SMALL_CODE ? osh_link_behind(*(osh_word_t *)block) : osh_links_next(block);
    chain->count--;
    return block;
}

/* Takes the first `count` blocks of a chain that has more. */
static inline struct osh_chain osh_links_cut(unsigned cls, struct osh_chain *chain, unsigned count)
{
#ifdef OSH_CHAIN_CUT
    return osh_chain_cut(cls, chain, count);
#else
    struct osh_chain taken = {NULL, 0};
    while (taken.count < count) {
        void *block = osh_links_pop(cls, chain);
        if (OSH_HARDENING >= 2 && block == NULL) {
            break; /* a damaged chain, dropped */
        }
        osh_links_push(cls, &taken, block);
    }
    return taken;
#endif
}

/* Level 2: is the address one of an object of the class? */
OSH_HIDDEN bool osh_links_is_object(unsigned cls, const void *block);

#endif
