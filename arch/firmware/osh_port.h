/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Firmware: all targets share the form of the lists, a word each, and the OS hooks. A CPU
 * supplies osh_cpu.h with
 *
 *   osh_cpu_core()                  the core this runs on, counted from the heap's first
 *   osh_cpu_number()                its whole number: see osh_core.h
 *   osh_cpu_pop(index)              the fast paths on this core's list `index`; a class
 *   osh_cpu_push(index, block)      is the index of its active list. They may refuse
 *                                   after an interruption or a migration: the slow
 *                                   paths try again. So they need fewer registers
 *   osh_cpu_pop_sure(index)         the same for the slow paths, if a try of the former
 *   osh_cpu_push_sure(index, block) can fail for ever (with OSH_CPU_SURE)
 *   osh_cpu_exchange(index, word)   returns the old word; if the list is stopped,
 *                                   &osh_empty[0], and changes nothing
 *   osh_cpu_take(list, word)        exchanges a word of any core's lists
 *   osh_cpu_hold(core), osh_cpu_let_go(core)   before and behind the takes of a core's lists,
 *                                   where a take needs more than that (OSH_CPU_HOLDS)
 *   osh_cpu_in_interrupt()          as far as the CPU itself can tell
 *                                   (OSH_CPU_TELLS_INTERRUPTS: always)
 *   osh_cpu_mask(), osh_cpu_unmask(state)   a few instructions without interrupts
 *   osh_cpu_masked()                does the caller run with interrupts masked?
 *
 * Why this is correct on every CPU: only the core itself *pushes to* its lists, in one
 * piece as that core sees it. Other cores only replace a list by the empty one. So
 * during an operation on its core a list can change only by becoming empty, and the word
 * that the operation read cannot come back. Comparing the word is then as good as a
 * reservation, and there is no ABA. (A compare-and-swap, or an emulator's store-exclusive,
 * only compares the word.) Each osh_cpu.h says how it makes "the core itself, in one piece"
 * true.
 *
 * A word names a block, and the operation reads that block's link: `next`, or `room`. The
 * link of a block does not change while it is in a list. So if the word is still there at the
 * commit, the operation has read the right link. If a reclaim took the list meanwhile, the block
 * may have an owner, and the operation may have read any value. It uses this value only to refuse,
 * which is always allowed, or for a commit that fails.
 */
#ifndef OSH_PORT_H
#define OSH_PORT_H

#include "osh_cpu.h"
#include "osh_hot.h"
#include "osh_lists.h"

#define OSH_ARCH_REGION_ZEROED 0
#define OSH_ARCH_DECOMMITS 0 /* RAM cannot be given back */
#define OSH_ARCH_WRONG_CORES OSH_CORE_CHECKED

/* In a build for size the inline forms call these. */
OSH_HIDDEN void *osh_arch_pop_slow(unsigned cls);
OSH_HIDDEN bool osh_arch_push_slow(unsigned cls, void *block);

/* 1 if an operation refuses only because the list is empty or full. */
#ifndef OSH_CPU_NEVER_INTERRUPTED
#define OSH_CPU_NEVER_INTERRUPTED 0
#endif

/* 1 if the slow path should look at the list before it tries the operation, because the look is
 * much shorter than an operation that refuses. */
#ifndef OSH_CPU_LOOK_FIRST
#define OSH_CPU_LOOK_FIRST (!OSH_SMALL_CODE)
#endif

/* Without OSH_CPU_HOLDS a take alone is enough. */
#ifndef OSH_CPU_HOLDS
#define osh_cpu_hold(core) ((void)0)
#define osh_cpu_let_go(core) ((void)0)
#endif

/* Without OSH_CPU_SURE an operation cannot fail for ever. */
#ifndef OSH_CPU_SURE
#define osh_cpu_pop_sure osh_cpu_pop
#define osh_cpu_push_sure osh_cpu_push
#endif

/* A constant, because the lists are stopped until the heap starts. */
#define OSH_FAST_MAX (OSH_TABLE_MAX < OSH_SLAB_MAX ? OSH_TABLE_MAX : OSH_SLAB_MAX)
#ifndef OSH_ARCH_IS_FAST
#define OSH_ARCH_IS_FAST(size) ((size) < OSH_FAST_MAX + 1u)
#endif

/* The compiler must not prepare this before the pop: registers are few. */
OSH_INLINE size_t osh_arch_asked(unsigned cls)
{
    __asm__("" : "+r"(cls));
    return osh_class_bytes(cls);
}
#define OSH_ARCH_ASKED(size, cls) osh_arch_asked(cls)

#ifdef OSH_CPU_TABLE
#define OSH_ARCH_CLASS_OF(size) osh_cpu_class_of(OSH_TABLE_INDEX(size))
#endif

#if OSH_CPU_HOT_TABLES
#define OSH_ARCH_STARTS osh_hot.starts
#endif

#if OSH_HARDENING == 0
/* Trusts the pointer: a shift and a load find the class of its page. */
#define OSH_ARCH_FIND
OSH_INLINE bool osh_arch_find(const void *block, unsigned *cls)
{
    if (OSH_UNLIKELY(block == NULL)) {
        return false;
    }
    *cls = OSH_CPU_PAGE_CLASS[(uintptr_t)block >> OSH_PAGE_LOG2];
    return true;
}
#endif

/* Does not return on a core that the library is not built for. The lists that such a core finds are
 * stopped, or another core's, or no lists at all. */
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
