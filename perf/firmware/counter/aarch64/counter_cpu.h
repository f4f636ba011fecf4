/* SPDX-License-Identifier: Apache-2.0 */
/* AArch64: the cycle counter, at -icount shift=0 one a nanosecond. */
#ifndef COUNTER_CPU_H
#define COUNTER_CPU_H

#include "board.h"

#include <stdint.h>

#define COUNTER_RETURN "ret"
#define COUNTER_STEP "subs x0, x0, #1\n\tb.ne 1b"

static inline void counter_cpu_start(void)
{
    __asm__ volatile("msr pmcr_el0, %0\n\t"
                     "msr pmcntenset_el0, %1\n\t"
                     "isb" ::"r"((uintptr_t)1),
                     "r"((uintptr_t)1 << 31)
                     : "memory");
}

static inline uint32_t counter_cpu_read(void)
{
    uintptr_t now;
    __asm__ volatile("mrs %0, pmccntr_el0" : "=r"(now)::"memory");
    return (uint32_t)now;
}

static inline uint32_t counter_cpu_instructions(uint32_t from, uint32_t to)
{
    return to - from;
}

static inline void counter_cpu_yield(void)
{
    __asm__ volatile("yield" ::: "memory");
}

static inline void counter_cpu_interrupt(void)
{
    board_timer_arm(0);
}

static inline void counter_cpu_quiet(void)
{
    board_timer_arm(UINT32_MAX);
}

#endif
