/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Armv7-A and Armv7-R, and Armv8-A in AArch32, privileged. A field of MPIDR is the core's
 * number: Aff0, or the field that OSH_CORE_AFFINITY names. The other fields are the same on all of
 * the heap's cores (one cluster; OSH_CORE_FIRST has them). Only the one field is part of a list's
 * address, so the slow paths check the other fields.
 *
 * On v7-A exceptions do not clear the local monitor. So the RTOS's exception return, or at least
 * its task switch, must execute CLREX. The architecture requires this of every OS.
 */
#ifndef OSH_CPU_H
#define OSH_CPU_H

#if !defined(__ARM_ARCH_PROFILE) || __ARM_ARCH_PROFILE == 'M'
#error "the compiler is not set to Armv7-A or v7-R: -mcpu, or another osheap_cpu in the cross file"
#endif

#include "osh_config.h"

#define OSH_CPU_NAME "armv7-a"

#ifdef OSH_CORE_HEADER
#include OSH_CORE_HEADER
#else
#define OSH_CORE_READ(reg) "mrc p15, 0, " reg ", c0, c0, 5\n\t"
#endif
#ifndef OSH_CORE_AFFINITY
#define OSH_CORE_AFFINITY 0
#endif
/* An interrupt controller of version 2 serves at most so many cores. */
#define OSH_CPU_NUMBERS 8
#define OSH_CPU_HOT_TABLES OSH_HOT_TABLES_PAY
#include "osh_core.h"

#if OSH_CORES > 1
#define OSH_LISTS_ALIGN_LOG2 (OSH_LISTS_LOG2 + OSH_CORE_BITS)
#if OSH_CORE_AFFINITY == 0
#define OSH_CORE_ENTER OSH_CORE_READ("%[core]") "bfi %[list], %[core], %[stride], %[width]\n\t"
#define OSH_CORE_OPERANDS [width] "i"(OSH_CORE_BITS),
#else
#define OSH_CORE_ENTER                  \
    OSH_CORE_READ("%[core]")            \
    "lsr %[tmp], %[core], %[field]\n\t" \
    "bfi %[list], %[tmp], %[stride], %[width]\n\t"
#define OSH_CORE_OPERANDS [width] "i"(OSH_CORE_BITS), [field] "i"(8 * OSH_CORE_AFFINITY),
#endif
#define OSH_CORE_AGAIN OSH_CORE_READ("%[tmp]")
#elif OSH_CORE_ALONE
#define OSH_CORE_ENTER
#if OSH_CORE_FIRST == 0
#define OSH_CORE_IS_FIRST OSH_CORE_READ("%[tmp]") "lsls %[tmp], %[tmp], #8\n\t"
#define OSH_CORE_OPERANDS
#else
#define OSH_CORE_IS_FIRST OSH_CORE_READ("%[tmp]") "cmp %[first], %[tmp], lsl #8\n\t"
#define OSH_CORE_OPERANDS [first] "r"(osh_cpu_rotated(OSH_CORE_FIRST, 32 - OSH_CORE_FIELD) << 8),
#endif
#else
#define OSH_CORE_ENTER
#define OSH_CORE_OPERANDS
#endif

#define OSH_CORE_FIELD (8 * OSH_CORE_AFFINITY)

static inline uint32_t osh_cpu_rotated(uint32_t word, unsigned right)
{
    return word >> (right & 31u) | word << ((32u - right) & 31u);
}

/* Link and list must be stored in order only for another core's reclaim. */
#if OSH_CORES == 1
#define OSH_PUBLISH
#define OSH_STORE_PUBLISH "strex"
#elif __ARM_ARCH >= 8
#define OSH_PUBLISH
#define OSH_STORE_PUBLISH "stlex"
#else
#define OSH_PUBLISH "dmb ish\n\t"
#define OSH_STORE_PUBLISH "strex"
#endif

#include "osh_exclusive.h"

static inline uint32_t osh_cpu_mpidr(void)
{
    uint32_t mpidr;
    __asm__ volatile(OSH_CORE_READ("%0") : "=r"(mpidr));
    return mpidr;
}

/* All affinity fields, rotated so that the field with the core's number is lowest. */
static inline unsigned osh_cpu_number(void)
{
    return osh_cpu_rotated(osh_cpu_mpidr() & 0xffffffu, OSH_CORE_FIELD);
}

static inline unsigned osh_cpu_core(void)
{
    return OSH_CORES > 1 ? osh_cpu_number() - OSH_CORE_FIRST : 0;
}

#if OSH_CORES > 1 && !defined(OSH_CORE_HEADER)
/* MPIDR.MT: the lowest field numbers threads of a core, and Aff1 the cores. */
#define OSH_CPU_REQUIRE_NUMBERING
static inline bool osh_cpu_numbered_right(void)
{
    return ((osh_cpu_mpidr() & 1u << 24) != 0) == (OSH_CORE_AFFINITY != 0);
}
#endif

/* The RTOS chooses the CPU mode of its handlers, so it must announce them by
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
