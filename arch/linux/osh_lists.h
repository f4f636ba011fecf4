/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lists of one core on Linux, in the form of the running port: words for
 * restartable sequences, pairs for double-word CAS.
 *
 * There are lists for every possible CPU number. A CPU's lists are stopped, and
 * cost no memory, until a thread reaches the slow path on that CPU. OSH_STOPPED_LISTS
 * sets that are always stopped lie before those of CPU 0: a thread without an rseq area that
 * the kernel maintains reads -1 or -2 as its number, and so finds stopped lists.
 */
#ifndef OSH_LISTS_H
#define OSH_LISTS_H

#include "osh_chain.h"
#include "osh_class.h"
#include "osh_hot.h"

/* Under the C library's names a call that fails sets errno. Under the heap's own it does not, so
 * that a signal handler may call it. */
#ifdef OSH_MALLOC_NAMES
#include <errno.h>
#define OSH_ARCH_REFUSED() ((void)(errno = ENOMEM))
#endif

OSH_HIDDEN unsigned osh_arch_usable_cores(void);
#define OSH_ARCH_USABLE_CORES osh_arch_usable_cores

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

/* The most CPUs for which there can be lists: as many as a Linux kernel supports. */
#define OSH_LISTS_MOST 8192u

/* Used if there is no memory for more lists. The first are always stopped, the last are core 0's.
 */
OSH_SHARED struct osh_lists osh_lists_few[OSH_STOPPED_LISTS + 1];

/* Makes the lists of `cores` cores, all stopped, at osh_hot.lists. Returns the number of cores that
 * have lists: 1 if there is no memory for more. Once, when the heap starts. */
OSH_HIDDEN unsigned osh_lists_start(unsigned cores);

/* Starts the lists of `core`, by `go_on`, unless they were started before. While memory is out they
 * are only counted in, and start with all others. `core` is below the result of osh_lists_start.
 * False, with nothing done: they were started before, or another thread has the reclaim's mutex. */
OSH_HIDDEN bool osh_lists_begin(unsigned core, void (*go_on)(unsigned core));

/* False: lists of the class stay stopped, because its blocks are long. */
OSH_HIDDEN bool osh_lists_may_run(unsigned cls);

/* The highest core that was claimed plus 1; at least 1. */
OSH_HIDDEN unsigned osh_lists_cores(void);

/*
 * In word lists a word holds a block and the room on top of it: 48 bits of address, 16 of
 * room. Links have the same form. Pair lists keep the room apart, so their links are plain
 * addresses: shift 0, mask 0.
 */
#define OSH_WORD_SHIFT 16
#define OSH_ARCH_REGION_END (UINTPTR_MAX >> OSH_WORD_SHIFT) /* of the depot's words, too */
#define OSH_WORD_ROOM ((osh_word_t)0xffff)

/* A chain in one word, the same for both forms of lists. */
static inline osh_word_t osh_chain_pack(struct osh_chain chain)
{
    return ((osh_word_t)chain.head << OSH_WORD_SHIFT) | chain.count;
}

static inline struct osh_chain osh_chain_unpack(unsigned cls, osh_word_t word)
{
    (void)cls;
    return (struct osh_chain){(void *)(word >> OSH_WORD_SHIFT), (unsigned)(word & OSH_WORD_ROOM)};
}

static inline osh_word_t osh_link(const void *next, osh_count_t room)
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
