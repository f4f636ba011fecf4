/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Armv6-M (M0, M0+) and Armv8-M baseline without exclusives: one core, and interrupts are masked
 * for the few instructions of an operation. This is the smallest port: copy it to begin another.
 */
#ifndef OSH_CPU_H
#define OSH_CPU_H

#if !defined(__ARM_ARCH_PROFILE) || __ARM_ARCH_PROFILE != 'M'
#error "the compiler is not set to an M-profile CPU: -mcpu, or another osheap_cpu in the cross file"
#endif

#include "osh_harden.h"
#include "osh_lists.h"
#include "osh_mask.h"
#include "osh_sequence.h"

#define OSH_CPU_NAME "armv6-m"

#if OSH_CORES > 1
#error "without exclusives there is nothing between cores: -DOSH_CORES=1"
#endif

/* Nothing can interrupt an operation, so it refuses only if the list is empty or full. */
#define OSH_CPU_NEVER_INTERRUPTED 1
#define OSH_CPU_LOOK_FIRST 0

/* Unmasks at the end of an operation on a list. The image tests count these. */
static inline void osh_cpu_unmask_list(osh_word_t state)
{
    __asm__ volatile(OSH_SEQUENCE_FIRST "msr primask, %0\n\t" OSH_SEQUENCE_LAST ::"r"(state)
                     : "memory");
}

OSH_INLINE void *osh_cpu_pop(unsigned index)
{
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
