/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Armv7-M and Armv8-M mainline: M3, M4, M7, M33, M55. Exception entry and return
 * clear the local monitor, so no exclusive pair survives an interruption.
 *
 * A chip with more than one core has a word that each core reads as its own number:
 * -DOSH_CORE_ID_ADDRESS=... (SSE-200: 0x4001f000, or 0x5001f000 in the secure state; RP2350:
 * 0xd0000000). Set it also for a library that uses one core of such a chip: the heap then reports a
 * call by another core. For a chip with more than two cores set OSH_CORE_NUMBERS too.
 */
#ifndef OSH_CPU_H
#define OSH_CPU_H

#include "osh_config.h"

#if !defined(__ARM_ARCH_PROFILE) || __ARM_ARCH_PROFILE != 'M'
#error "the compiler is not set to an M-profile CPU: -mcpu, or another osheap_cpu in the cross file"
#endif
#if defined(__ARM_ARCH_8M_BASE__) || defined(__ARM_ARCH_6M__)
#error "Armv8-M baseline (Cortex-M23) and Armv6-M: osheap_cpu = 'armv6m' in the cross file"
#endif

#if __ARM_ARCH >= 8
#define OSH_CPU_NAME "armv8-m"
#else
#define OSH_CPU_NAME "armv7-m"
#endif

#ifdef OSH_CORE_HEADER
#include OSH_CORE_HEADER
#define OSH_CORE_ADDRESS
#elif defined(OSH_CORE_ID_ADDRESS)
#define OSH_CORE_READ(reg)                                                 \
    "ldr " reg ", [%[tmp]]\n\t" /* %[tmp] is the address, until it is read \
                                 */
#define OSH_CORE_ADDRESS "[tmp]"(OSH_CORE_ID_ADDRESS),
#endif
#define OSH_CPU_NUMBERS 2
#define OSH_CPU_NUMBERS_ALL
#include "osh_core.h"

#if OSH_CORES > 1
#if !OSH_CORE_READABLE
#error "more than one core: where does a core read its number? -DOSH_CORE_ID_ADDRESS=..."
#endif
#define OSH_CORE_ENTER OSH_CORE_READ("%[core]") "add %[list], %[list], %[core], lsl %[stride]\n\t"
#define OSH_CORE_AGAIN OSH_CORE_READ("%[tmp]")
#define OSH_CORE_OPERANDS OSH_CORE_ADDRESS
#elif OSH_CORE_ALONE
#define OSH_CORE_ENTER
#define OSH_CORE_IS_FIRST OSH_CORE_READ("%[tmp]") "cmp %[tmp], %[first]\n\t"
#define OSH_CORE_OPERANDS OSH_CORE_ADDRESS[first] "i"(OSH_CORE_FIRST),
#else
#define OSH_CORE_ENTER
#define OSH_CORE_OPERANDS
#endif

/* Link and list must be stored in order only for another core's reclaim. */
#if OSH_CORES == 1
#define OSH_PUBLISH
#define OSH_STORE_PUBLISH "strex"
#elif __ARM_ARCH >= 8
#define OSH_PUBLISH
#define OSH_STORE_PUBLISH "stlex"
#else
#define OSH_PUBLISH "dmb\n\t"
#define OSH_STORE_PUBLISH "strex"
#endif

#include "osh_exclusive.h"

#if OSH_CORE_READABLE
static inline unsigned osh_cpu_number(void)
{
#ifdef OSH_CORE_HEADER
    unsigned number;
    __asm__ volatile(OSH_CORE_READ("%0") : "=r"(number));
    return number;
#else
    return *(const volatile unsigned *)OSH_CORE_ID_ADDRESS;
#endif
}
#endif

static inline unsigned osh_cpu_core(void)
{
#if OSH_CORES > 1
    return osh_cpu_number() - OSH_CORE_FIRST;
#else
    return 0;
#endif
}

#define OSH_CPU_TELLS_INTERRUPTS
static inline bool osh_cpu_in_interrupt(void)
{
    osh_word_t ipsr;
    __asm__ volatile("mrs %0, ipsr" : "=r"(ipsr));
    return ipsr != 0;
}

static inline osh_word_t osh_cpu_mask(void)
{
    osh_word_t state;
    __asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(state)::"memory");
    return state;
}

static inline void osh_cpu_unmask(osh_word_t state)
{
    __asm__ volatile("msr primask, %0" ::"r"(state) : "memory");
}

/* Tests PRIMASK, BASEPRI and FAULTMASK, because the RTOS chooses which one its critical sections
 * use. */
static inline bool osh_cpu_masked(void)
{
    osh_word_t masked;
    osh_word_t other;
    __asm__ volatile("mrs %0, primask\n\t"
                     "mrs %1, basepri\n\t"
                     "orrs %0, %1\n\t"
                     "mrs %1, faultmask\n\t"
                     "orrs %0, %1"
                     : "=&l"(masked), "=&l"(other)::"cc");
    return masked != 0;
}

#endif
