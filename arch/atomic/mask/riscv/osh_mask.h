/* SPDX-License-Identifier: Apache-2.0 */
/* A few instructions without interrupts on this hart, in machine mode. Nests. */
#ifndef OSH_MASK_H
#define OSH_MASK_H

#include <stdint.h>

static inline uintptr_t osh_cpu_mask(void)
{
    uintptr_t state;
    __asm__ volatile("csrrci %0, mstatus, 8" : "=r"(state)::"memory");
    return state & 8;
}

/* Sets what was set: nothing but the interrupt enable was cleared meanwhile. */
static inline void osh_cpu_unmask(uintptr_t state)
{
    __asm__ volatile("csrs mstatus, %0" ::"r"(state) : "memory");
}

#endif
