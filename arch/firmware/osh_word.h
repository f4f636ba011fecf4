/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A list, a link and a chain in one word: a block above, a number below.
 *
 * 64-bit: 48 bits of address, 16 of room. 32-bit: the block's distance from
 * OSH_ORIGIN in units of 8 bytes, above just as many bits as the longest
 * magazine needs. The origin lies 8 bytes below the first block there can be, so
 * that no block has distance 0, and 0 in the upper part is NULL everywhere.
 *
 * As a list: (block, room). 0 is stopped; (NULL, limit) is empty and running;
 * (block, 0) is full. The word of a list is saved whole in the block that is
 * pushed on it, and a pop puts it back. As a chain in the depot: (head, count).
 */
#ifndef OSH_WORD_H
#define OSH_WORD_H

#include "osh_chain.h"
#include "osh_hot.h"

#if OSH_WIDE
#define OSH_ROOM_BITS 16
#define OSH_BLOCK_SHIFT 16 /* of a distance in bytes */
#define OSH_ORIGIN ((uintptr_t)0)
#else
#define OSH_ROOM_BITS             \
    (OSH_MAGAZINE_MAX < 8     ? 3 \
     : OSH_MAGAZINE_MAX < 16  ? 4 \
     : OSH_MAGAZINE_MAX < 32  ? 5 \
     : OSH_MAGAZINE_MAX < 64  ? 6 \
     : OSH_MAGAZINE_MAX < 128 ? 7 \
     : OSH_MAGAZINE_MAX < 256 ? 8 \
     : OSH_MAGAZINE_MAX < 512 ? 9 \
                              : 10)
#define OSH_BLOCK_SHIFT (OSH_ROOM_BITS - 3)
#define OSH_ORIGIN (osh_hot.base - 8)
#endif

/* The pages of a region must all have a distance that fits. */
#if !OSH_WIDE
#define OSH_ARCH_REGION_MAX (((size_t)0 - 1) >> OSH_BLOCK_SHIFT & ~(size_t)15)
#endif

_Static_assert(OSH_MAGAZINE_MAX < 1 << OSH_ROOM_BITS, "a magazine's length fits below the block");

#define OSH_ROOM ((((osh_word_t)1) << OSH_ROOM_BITS) - 1)

/* `block` is one that exists. */
static inline osh_word_t osh_word_of(const void *block, unsigned number)
{
    return (((uintptr_t)block - OSH_ORIGIN) << OSH_BLOCK_SHIFT) + number;
}

static inline void *osh_word_block(osh_word_t word)
{
    osh_word_t units = word >> OSH_ROOM_BITS;
    if (units == 0) {
        return NULL;
    }
    return (void *)((units << (OSH_ROOM_BITS - OSH_BLOCK_SHIFT)) + OSH_ORIGIN);
}

static inline unsigned osh_word_number(osh_word_t word)
{
    return (unsigned)(word & OSH_ROOM);
}

static inline osh_word_t osh_chain_pack(struct osh_chain chain)
{
    return chain.count == 0 ? 0 : osh_word_of(chain.head, chain.count);
}

static inline struct osh_chain osh_chain_unpack(osh_word_t word)
{
    return (struct osh_chain){osh_word_block(word), osh_word_number(word)};
}

static inline osh_word_t osh_link(const void *next, unsigned room)
{
    return next == NULL ? room : osh_word_of(next, room);
}

static inline void *osh_link_next(osh_word_t link)
{
    return osh_word_block(link);
}

#endif
