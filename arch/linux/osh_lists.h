/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lists of one core on Linux, in the form of the port in use: words for
 * restartable sequences, pairs for double-word CAS.
 *
 * There are lists for every number a CPU can have. A CPU's lists are stopped, and
 * cost no memory, until a thread comes to the slow path on it. Before those of
 * CPU 0 are OSH_STOPPED_LISTS that remain stopped: a thread whose area the kernel
 * does not keep finds a number of -1 or -2 there, and so no list to work on.
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

/* RSEQ_CPU_ID_UNINITIALIZED is -1, RSEQ_CPU_ID_REGISTRATION_FAILED -2. */
#define OSH_STOPPED_LISTS 2u

/* Most CPUs there can be lists for: as many as a Linux kernel can have. */
#define OSH_LISTS_MOST 8192u

/* Of these the first are always stopped; the last are core 0's where there is no memory
 * for more. */
OSH_SHARED struct osh_lists osh_lists_few[OSH_STOPPED_LISTS + 1];

/* Makes the lists of that many cores, all stopped, at osh_hot.lists. Returns how many there
 * are: one, if there is no memory for more. Once, when the heap starts. */
OSH_HIDDEN unsigned osh_lists_start(unsigned cores);

/* The caller is on a core below that, whose lists do not run: sets them going, by `go_on`, if
 * nobody has yet. False, and nothing is done: somebody has, or is about to stop or start lists. */
OSH_HIDDEN bool osh_lists_begin(unsigned core, void (*go_on)(unsigned core));

/* One more than the highest core that was claimed, at least 1. */
OSH_HIDDEN unsigned osh_lists_cores(void);

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
