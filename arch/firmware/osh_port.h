/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Firmware: every target shares the lists as words and the OS hooks; a CPU
 * supplies osh_cpu.h with
 *
 *   osh_cpu_core()                  number of the core this runs on, < OSH_CORES
 *   osh_cpu_pop(index)              the fast paths on this core's list `index`
 *   osh_cpu_push(index, block)      (active lists come first, so a class is
 *                                   the index of its active list)
 *   osh_cpu_exchange(index, word)   the old word; 0, with nothing changed, when
 *                                   the list is stopped
 *   osh_cpu_take(list, word)        exchanges a word of any core's lists
 *   osh_cpu_in_interrupt()          as far as the CPU itself can tell
 *   osh_cpu_mask(), osh_cpu_unmask(state)   a few instructions without interrupts
 *
 * What makes them correct together, on every CPU: the lists of a core are
 * *pushed to* by that core alone, in one piece as that core sees it. Other
 * cores only ever replace a list by the empty one. So while an operation is
 * under way on its core, a list that changes can only become empty; the word
 * it has read does not come back. Comparing the whole word (which is all that a
 * compare-and-swap, or an emulator's store-exclusive, does) is then as good
 * as a reservation, and there is no ABA. Each osh_cpu.h says how it makes "that
 * core alone, in one piece" true.
 */
#ifndef OSH_PORT_H
#define OSH_PORT_H

#include "osh_cpu.h"
#include "osh_lists.h"

#define OSH_ARCH_REGION_ZEROED 0

OSH_INLINE void *osh_arch_pop(unsigned cls)
{
    return osh_cpu_pop(cls);
}

OSH_INLINE bool osh_arch_push(unsigned cls, void *block)
{
    return osh_cpu_push(cls, block);
}

#endif
