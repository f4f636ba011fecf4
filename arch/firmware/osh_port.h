/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Firmware: every target shares the lists as words and the OS hooks; a CPU
 * supplies osh_cpu.h with
 *
 *   osh_cpu_core()                  the core this runs on, from 0 for the first of ours
 *   osh_cpu_number()                its whole number: see osh_core.h
 *   osh_cpu_pop(index)              the fast paths on this core's list `index`
 *   osh_cpu_push(index, block)      (active lists come first, so a class is
 *                                   the index of its active list). They may refuse
 *                                   when they were interrupted or migrated: the slow
 *                                   paths try again, and fewer registers are needed
 *   osh_cpu_pop_sure(index)         the same for the slow paths, if a try of the former
 *   osh_cpu_push_sure(index, block) might fail forever (with OSH_CPU_SURE)
 *   osh_cpu_exchange(index, word)   the old word; &osh_empty[0], and nothing
 *                                   is changed, when the list is stopped
 *   osh_cpu_take(list, word)        exchanges a word of any core's lists
 *   osh_cpu_in_interrupt()          as far as the CPU itself can tell
 *                                   (OSH_CPU_TELLS_INTERRUPTS: always)
 *   osh_cpu_mask(), osh_cpu_unmask(state)   a few instructions without interrupts
 *   osh_cpu_masked()                does the caller run with interrupts masked?
 *
 * What makes them correct together, on every CPU: the lists of a core are
 * *pushed to* by that core alone, in one piece as that core sees it. Other
 * cores only ever replace a list by the empty one. So while an operation is
 * under way on its core, a list that changes can only become empty; the word
 * it has read does not come back. Comparing the word (which is all that a
 * compare-and-swap, or an emulator's store-exclusive, does) is then as good
 * as a reservation, and there is no ABA. Each osh_cpu.h says how it makes "that
 * core alone, in one piece" true.
 *
 * A word names a block, and the operation reads that block's link: next, or room. The
 * link of a block in a list does not change, so if the word is still there at the
 * commit, what was read is the link. If a reclaim took the list meanwhile, the block may be
 * somebody's, and what was read is anything: it is used for nothing but to refuse
 * (which is always allowed) or for a commit that fails.
 */
#ifndef OSH_PORT_H
#define OSH_PORT_H

#include "osh_cpu.h"
#include "osh_hot.h"
#include "osh_lists.h"

#define OSH_ARCH_REGION_ZEROED 0
#define OSH_ARCH_DECOMMITS 0 /* RAM is there or it is not */
#define OSH_ARCH_WRONG_CORES OSH_CORE_CHECKED

/* What the inline forms call where the code is to be small. */
OSH_HIDDEN void *osh_arch_pop_slow(unsigned cls);
OSH_HIDDEN bool osh_arch_push_slow(unsigned cls, void *block);

/* 1 where an operation refuses only a list that is empty, or full. */
#ifndef OSH_CPU_NEVER_INTERRUPTED
#define OSH_CPU_NEVER_INTERRUPTED 0
#endif

/* 1 where a look at a list is much shorter than an operation that refuses. */
#ifndef OSH_CPU_LOOK_FIRST
#define OSH_CPU_LOOK_FIRST (!OSH_SMALL_CODE)
#endif

/* Where one try is as sure as any other. */
#ifndef OSH_CPU_SURE
#define osh_cpu_pop_sure osh_cpu_pop
#define osh_cpu_push_sure osh_cpu_push
#endif

/* The lists are stopped until the heap starts, so a constant does. */
#define OSH_ARCH_FAST_SIZES (OSH_TABLE_MAX < OSH_SLAB_MAX ? OSH_TABLE_MAX + 1u : OSH_SLAB_MAX + 1u)

#define OSH_ARCH_ASKED(size, cls) osh_class_bytes(cls)

#ifdef OSH_CPU_TABLE
#define OSH_ARCH_CLASS_OF(size) osh_cpu_class_of(OSH_TABLE_INDEX(size))
#endif

/* 1 where os_free finds osh_start and the lists by their addresses in osh_hot. */
#ifndef OSH_CPU_HOT_TABLES
#define OSH_CPU_HOT_TABLES 0
#endif

#if OSH_CPU_HOT_TABLES
#define OSH_ARCH_STARTS osh_hot.starts
#endif

#if OSH_HARDENING == 0
/* Trusts that a block is one: its address leads to its class in a shift and a load. */
#define OSH_ARCH_FIND
OSH_INLINE bool osh_arch_find(const void *block, unsigned *cls)
{
    if (OSH_UNLIKELY(block == NULL)) {
        return false;
    }
    *cls = osh_lists[0].page_class[(uintptr_t)block >> OSH_PAGE_LOG2];
    return true;
}
#endif

/* On a core that is none of ours the call ends here: that core's lists are stopped,
 * another core's, or none at all. */
static inline void osh_arch_require_core(void)
{
#if OSH_CORE_CHECKED
    if (OSH_UNLIKELY(osh_cpu_number() - OSH_CORE_FIRST >= OSH_CORES)) {
        osh_report_wrong_core(osh_cpu_number());
    }
#endif
}

OSH_INLINE void *osh_arch_pop(unsigned cls)
{
    return OSH_SMALL_CODE ? osh_arch_pop_slow(cls) : osh_cpu_pop(cls);
}

OSH_INLINE bool osh_arch_push(unsigned cls, void *block)
{
    return OSH_SMALL_CODE ? osh_arch_push_slow(cls, block) : osh_cpu_push(cls, block);
}

#endif
