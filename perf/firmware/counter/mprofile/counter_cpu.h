/* SPDX-License-Identifier: Apache-2.0 */
/*
 * M-profile: SysTick, which counts down in ticks of BOARD_TICK_HALF_NS. QEMU has
 * no cycle counter here. At -icount shift=8 an instruction lasts 256 ns, which is 4 to
 * 7 ticks, so ticks rounded to instructions are exact: a difference of two
 * readings is off by less than one tick. It wraps after 3 million instructions.
 */
#ifndef COUNTER_CPU_H
#define COUNTER_CPU_H

#include "mprofile.h"

#include <stdint.h>

#define COUNTER_NS_LOG2 8u
#define COUNTER_MASK 0xffffffu
#define COUNTER_RETURN "bx lr"
#if defined(__ARM_ARCH_6M__)
#define COUNTER_STEP ".syntax unified\n\tsubs r0, #1\n\tbne 1b"
#else
#define COUNTER_STEP "subs r0, #1\n\tbne 1b"
#endif

#define COUNTER_CSR (*(volatile uint32_t *)0xe000e010)
#define COUNTER_RVR (*(volatile uint32_t *)0xe000e014)
#define COUNTER_CVR (*(volatile uint32_t *)0xe000e018)
#define COUNTER_ICSR (*(volatile uint32_t *)0xe000ed04)

static inline void counter_cpu_start(void)
{
    COUNTER_CSR = 0;
    COUNTER_RVR = COUNTER_MASK;
    COUNTER_CVR = 0;
    COUNTER_CSR = 5; /* by the CPU's clock, no interrupt */
}

static inline uint32_t counter_cpu_read(void)
{
    return COUNTER_CVR;
}

static inline uint32_t counter_cpu_instructions(uint32_t from, uint32_t to)
{
    uint32_t ticks = (from - to) & COUNTER_MASK;
#ifdef BOARD_RP2040
    return ticks; /* not QEMU: the runner's SysTick counts instructions */
#endif
    return (ticks * BOARD_TICK_HALF_NS / 2 + (1u << (COUNTER_NS_LOG2 - 1))) >> COUNTER_NS_LOG2;
}

static inline void counter_cpu_yield(void)
{
    __asm__ volatile("yield" ::: "memory");
}

static inline void counter_cpu_interrupt(void)
{
    COUNTER_ICSR = 1u << 26; /* SysTick's, without SysTick */
    __asm__ volatile("dsb\n\tisb" ::: "memory");
}

static inline void counter_cpu_quiet(void)
{
}

#endif
