/* SPDX-License-Identifier: Apache-2.0 */
/* Armv7-A: the cycle counter, at -icount shift=0 one a nanosecond. */
#ifndef COUNTER_CPU_H
#define COUNTER_CPU_H

#include "board.h"

#include <stdint.h>

#define COUNTER_RETURN "bx lr"
#define COUNTER_STEP "subs r0, r0, #1\n\tbne 1b"

static inline void counter_cpu_start(void)
{
    __asm__ volatile("mcr p15, 0, %0, c9, c12, 0\n\t" /* PMCR: on */
                     "mcr p15, 0, %1, c9, c12, 1"     /* PMCNTENSET: the cycle counter */
                     ::"r"(1),
                     "r"(1u << 31)
                     : "memory");
}

static inline uint32_t counter_cpu_read(void)
{
    uint32_t now;
    __asm__ volatile("mrc p15, 0, %0, c9, c13, 0" : "=r"(now)::"memory");
    return now;
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
