/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Armv6-M (M0, M0+) and Armv8-M baseline without exclusives: interrupts are masked for the few
 * instructions of an operation. With one core that is all, and this is the smallest port: copy it
 * to begin another. With several cores osh_cpu_cores.h has the operations.
 *
 * A chip with several cores has a lock between them, and a word that each core reads as its own
 * number: osheap_lock in the cross file names them (RP2040: arch/atomic/lock/rp2040). Set it also
 * for a library that uses one core of such a chip: the heap then reports a call by another core.
 */
#ifndef OSH_CPU_H
#define OSH_CPU_H

#if !defined(__ARM_ARCH_PROFILE) || __ARM_ARCH_PROFILE != 'M'
#error "the compiler is not set to an M-profile CPU: -mcpu, or another osheap_cpu in the cross file"
#endif

#include "osh_config.h"
#ifdef OSH_CORE_LOCK
#include "osh_lock.h"
#endif

#ifdef OSH_CORE_HEADER
#include OSH_CORE_HEADER
#elif defined(OSH_CORE_ID_ADDRESS)
#define OSH_CORE_READ(reg) /* a load that the compiler makes: osh_cpu_number() */
#endif
#define OSH_CPU_NUMBERS 2
#define OSH_CPU_NUMBERS_ALL
#include "osh_core.h"

#if OSH_CORES > 1
#define OSH_CPU_PAGE_CLASS osh_gates[0].page_class
#endif

#include "osh_harden.h"
#include "osh_lists.h"
#include "osh_mask.h"
#include "osh_sequence.h"

#define OSH_CPU_NAME "armv6-m"

/* Nothing can interrupt an operation, so it refuses only if the list is empty or full. */
#define OSH_CPU_NEVER_INTERRUPTED 1
#define OSH_CPU_LOOK_FIRST 0

/* Unmasks at the end of an operation on a list. The image tests count these. */
static inline void osh_cpu_unmask_list(osh_word_t state)
{
    __asm__ volatile(OSH_SEQUENCE_FIRST "msr primask, %0\n\t" OSH_SEQUENCE_LAST ::"r"(state)
                     : "memory");
}

#if OSH_CORE_READABLE
OSH_INLINE unsigned osh_cpu_number(void)
{
#ifdef OSH_CORE_HEADER
    unsigned number;
    __asm__ volatile(".syntax unified\n\t" OSH_CORE_READ("%0") : "=l"(number));
    return number;
#else
    return *(const volatile unsigned *)OSH_CORE_ID_ADDRESS;
#endif
}
#endif

#if OSH_CORES > 1
#include "osh_cpu_cores.h"
#else
/* From level 1 on: is this the heap's only core? */
OSH_INLINE bool osh_cpu_elsewhere(void)
{
#if OSH_CORE_ALONE
    return osh_cpu_number() != OSH_CORE_FIRST;
#else
    return false;
#endif
}

OSH_INLINE void *osh_cpu_pop(unsigned index)
{
    if (OSH_UNLIKELY(osh_cpu_elsewhere())) {
        return NULL;
    }
    osh_word_t *list = &osh_lists[0].word[index];
    osh_word_t state = osh_cpu_mask();
    osh_word_t block = *list;
    osh_word_t next = ((struct osh_link *)block)->next;
    if (OSH_UNLIKELY(next == 0)) {
        osh_cpu_unmask(state);
        return NULL;
    }
    *list = next;
    osh_cpu_unmask_list(state);
    if (block == 0) {
        __builtin_unreachable();
    }
    return (void *)block;
}

OSH_INLINE bool osh_cpu_push(unsigned index, void *block)
{
    if (OSH_UNLIKELY(osh_cpu_elsewhere())) {
        return false;
    }
    osh_word_t *list = &osh_lists[0].word[index];
    struct osh_link *link = block;
    osh_word_t state = osh_cpu_mask();
    osh_word_t head = *list;
    if (OSH_HARDENING > 0 && OSH_UNLIKELY(head == (osh_word_t)block)) {
        osh_cpu_unmask(state);
        return osh_harden_pushed_twice(block);
    }
    osh_word_t room = ((struct osh_link *)head)->room;
    if (OSH_UNLIKELY(room == 0)) {
        osh_cpu_unmask(state);
        return false;
    }
    link->next = head;
    link->room = room - 1;
    *list = (osh_word_t)block;
    osh_cpu_unmask_list(state);
    return true;
}

OSH_INLINE osh_word_t osh_cpu_exchange(unsigned index, osh_word_t value)
{
    osh_word_t *list = &osh_lists[0].word[index];
    osh_word_t state = osh_cpu_mask();
    osh_word_t word = *list;
    if (word != (osh_word_t)&osh_empty[0]) {
        *list = value;
    }
    osh_cpu_unmask_list(state);
    return word;
}

OSH_INLINE osh_word_t osh_cpu_take(osh_word_t *list, osh_word_t value)
{
    return osh_exchange(list, value); /* this masks interrupts too */
}

static inline unsigned osh_cpu_core(void)
{
    return 0;
}
#endif

#define OSH_CPU_TELLS_INTERRUPTS
static inline bool osh_cpu_in_interrupt(void)
{
    osh_word_t ipsr;
    __asm__ volatile("mrs %0, ipsr" : "=r"(ipsr));
    return ipsr != 0;
}

static inline bool osh_cpu_masked(void)
{
    osh_word_t masked;
    __asm__ volatile("mrs %0, primask" : "=r"(masked));
    return masked != 0;
}

#endif
