/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Armv7-A, and Armv8-A in AArch32, privileged. MPIDR's lowest byte is the core's
 * number (one cluster; OSH_CORES is more than the highest).
 *
 * The local monitor outlives exceptions on v7-A: so the RTOS's exception
 * return, or at least its switch of tasks, executes CLREX. The architecture
 * asks that of every OS.
 */
#ifndef OSH_CPU_H
#define OSH_CPU_H

#include "osh_config.h"

#define OSH_CPU_NAME "armv7-a"

#if OSH_CORES > 1
#define OSH_CORE_ENTER                   \
    "mrc p15, 0, %[core], c0, c0, 5\n\t" \
    "bfi %[list], %[core], %[stride], %[width]\n\t"
#define OSH_CORE_OPERANDS [width] "i"(OSH_CORES_LOG2),
#define OSH_LISTS_ALIGN_LOG2 (OSH_LISTS_LOG2 + OSH_CORES_LOG2)
#define OSH_CORE_AGAIN "mrc p15, 0, %[tmp], c0, c0, 5\n\t"
#else
#define OSH_CORE_ENTER
#define OSH_CORE_OPERANDS
#endif

/* Only another core's reclaim needs the order of link and list. */
#define OSH_PUBLISH
#if OSH_CORES > 1 && __ARM_ARCH >= 8
#define OSH_STORE_PUBLISH "stlex"
#else
#if OSH_CORES > 1
#undef OSH_PUBLISH
#define OSH_PUBLISH "dmb ish\n\t"
#endif
#define OSH_STORE_PUBLISH "strex"
#endif

#include "osh_exclusive.h"

static inline unsigned osh_cpu_core(void)
{
#if OSH_CORES > 1
    osh_word_t mpidr;
    __asm__ volatile("mrc p15, 0, %0, c0, c0, 5" : "=r"(mpidr));
    return mpidr & 0xffu;
#else
    return 0;
#endif
}

/* Handlers run in modes of their RTOS's choice: it has to say, by
 * os_heap_interrupt_enter. */
static inline bool osh_cpu_in_interrupt(void)
{
    return false;
}

static inline osh_word_t osh_cpu_mask(void)
{
    osh_word_t state;
    __asm__ volatile("mrs %0, cpsr\n\tcpsid if" : "=r"(state)::"memory");
    return state;
}

static inline void osh_cpu_unmask(osh_word_t state)
{
    __asm__ volatile("msr cpsr_c, %0" ::"r"(state) : "memory", "cc");
}

/* CPSR.I */
static inline bool osh_cpu_masked(void)
{
    osh_word_t state;
    __asm__ volatile("mrs %0, cpsr" : "=r"(state));
    return (state & 0x80) != 0;
}

#endif
