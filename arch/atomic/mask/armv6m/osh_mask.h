/* SPDX-License-Identifier: Apache-2.0 */
/* Masks interrupts on this core for a few instructions, on M-profile. Nests. */
#ifndef OSH_MASK_H
#define OSH_MASK_H

#include <stdint.h>

static inline uintptr_t osh_cpu_mask(void)
{
    uintptr_t state;
    __asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(state)::"memory");
    return state;
}

static inline void osh_cpu_unmask(uintptr_t state)
{
    __asm__ volatile("msr primask, %0" ::"r"(state) : "memory");
}

/* Orders all accesses before it before all accesses behind it, as other cores see them. */
static inline void osh_cpu_barrier(void)
{
    __asm__ volatile("dmb" ::: "memory");
}

#endif
