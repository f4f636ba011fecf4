/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bank: a region that was added beside the arena. It is cut into granules of one size, and two
 * bits describe each: a block begins here, or a block continues here. Nothing else is stored, so
 * there is no list and no ABA. The bits lie at the start of the region; blocks have no header.
 *
 * A word of the map holds the bits "begins" of its granules in the low half and the bits
 * "continues" in the high half, so that one atomic changes both.
 *
 * - A claim sets the bits of a row of free granules, word by word and upward. So a granule that
 *   continues a block is never claimed before the granule that it continues.
 * - A free first sets both bits of the block's first granule: whoever does that has the block, and
 *   a second free finds it out. Then it clears the block's bits, word by word and downward.
 *
 * So the owner of a block always finds its end: the next granule that does not continue a block.
 *
 * Lock-free, any context.
 */
#ifndef OSH_BANK_H
#define OSH_BANK_H

#include "os/os_heap.h"
#include "osh_atomic.h"
#include "osh_compiler.h"
#include "osh_config.h"
#include "osh_holes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A claim looks at no more than this many words of the map. A granule is as small as that allows,
 * and at least OSH_ALIGN. */
#define OSH_BANK_WORDS 2048u

struct osh_bank {
    osh_word_t next; /* the bank that was added after this one, or 0 */
    /* Written once: */
    uintptr_t base; /* the first granule; aligned to a granule */
    size_t granules;
    size_t words;   /* of the map */
    unsigned shift; /* log2 of a granule's bytes */
    uint32_t caps;
    /* Written by every claim and free: */
    osh_word_t used OSH_ALIGNED(OSH_CACHELINE); /* granules */
    osh_word_t most;                            /* the highest value of `used` so far */
    osh_word_t top;                             /* granules from here on never were in a block */
    osh_word_t low;     /* a hint: words below this probably have no free granule */
    osh_word_t changes; /* how often granules came free */
    osh_word_t map[];
};

/* Makes a bank in memory that nobody uses. NULL: `bytes` are too few, or the region wraps around.
 * O(bytes of the map). */
OSH_HIDDEN struct osh_bank *osh_bank_make(void *region, size_t bytes, uint32_t caps);

/* The lowest free place for `size` bytes at that alignment, a power of two; NULL if there is none.
 * O(words). */
OSH_HIDDEN void *osh_bank_claim(struct osh_bank *bank, size_t alignment, size_t size);

/* 0 if a live block of the bank begins at `ptr`; else the misuse that a free of it would be. */
OSH_HIDDEN enum os_heap_misuse osh_bank_fault(const struct osh_bank *bank, const void *ptr);

/* Usable bytes of a live block. O(words of the block), as the next two. */
OSH_HIDDEN size_t osh_bank_usable(const struct osh_bank *bank, const void *block);

/* False, with nothing changed, if another free has the block. */
OSH_HIDDEN bool osh_bank_free(struct osh_bank *bank, void *block);

/* Cuts the live block, or takes free granules behind it. False: it is unchanged. */
OSH_HIDDEN bool osh_bank_resize(struct osh_bank *bank, void *block, size_t size);

/* Adds the rows of free granules: a snapshot. O(granules). */
OSH_HIDDEN void osh_bank_look(const struct osh_bank *bank, struct osh_holes *holes);

/* While nothing uses the bank: the first broken invariant, or NULL. */
OSH_HIDDEN const char *osh_bank_check(const struct osh_bank *bank);

/* In the child of a fork: frees what a thread was giving back at the fork, and counts anew. A block
 * that a thread was claiming stays claimed. O(granules). Only where OSH_ARCH_DECOMMITS. */
OSH_HIDDEN void osh_bank_repair(struct osh_bank *bank);

/* The usable bytes that a block for `size` bytes has: at least one granule. `size` is at most the
 * bank's bytes. */
static inline size_t osh_bank_rounded(const struct osh_bank *bank, size_t size)
{
    size_t mask = ((size_t)1 << bank->shift) - 1;
    return size > 0 ? (size + mask) & ~mask : mask + 1;
}

static inline size_t osh_bank_bytes(const struct osh_bank *bank)
{
    return bank->granules << bank->shift;
}

static inline bool osh_bank_holds(const struct osh_bank *bank, const void *ptr)
{
    return (uintptr_t)ptr - bank->base < osh_bank_bytes(bank);
}

/* Bytes in blocks: a snapshot. */
static inline size_t osh_bank_live(const struct osh_bank *bank)
{
    return osh_load(&bank->used) << bank->shift; /* observes nothing */
}

#endif
