/* SPDX-License-Identifier: Apache-2.0 */
/* RISC-V: minstret, which counts instructions by definition. */
#ifndef COUNTER_CPU_H
#define COUNTER_CPU_H

#include "board.h"

#include <stdint.h>

#define COUNTER_RETURN "ret"
#define COUNTER_STEP "addi a0, a0, -1\n\tbnez a0, 1b"
#define COUNTER_SSI 2u

/* A software interrupt that is pending, enabled and another mode's, so never
 * taken, makes wfi return at once: that is all that yields under QEMU. */
static inline void counter_cpu_start(void)
{
    __asm__ volatile("csrs mideleg, %0\n\t"
                     "csrs mie, %0\n\t"
                     "csrs mip, %0" ::"r"(COUNTER_SSI)
                     : "memory");
}

static inline uint32_t counter_cpu_read(void)
{
    uintptr_t now;
    __asm__ volatile("csrr %0, minstret" : "=r"(now)::"memory");
    return (uint32_t)now;
}

static inline uint32_t counter_cpu_instructions(uint32_t from, uint32_t to)
{
    return to - from;
}

static inline void counter_cpu_yield(void)
{
    __asm__ volatile("wfi" ::: "memory");
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
