/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RP2040: the lock between the two cores is a hardware spinlock of the SIO, and each core reads its
 * number from the SIO. Another chip without exclusives copies this file; docs/porting.md says how a
 * build names it.
 *
 * Which spinlock: OSH_RP2040_SPINLOCK, 15 by default. The Pico SDK keeps 14 and 15 for an operating
 * system or other system software beside it; it uses 0 to 13 itself, and gives 16 to 31 to its
 * mutexes and to programs. The lock must be this heap's alone: a caller that holds it, and calls
 * the heap, waits for itself. FreeRTOS's SMP port for RP2040 uses 14 and 15: there, choose one of
 * 24 to 31 and claim it (spin_lock_claim) before the heap's first call.
 */
#ifndef OSH_LOCK_H
#define OSH_LOCK_H

#include <stdint.h>

#ifndef OSH_RP2040_SPINLOCK
#define OSH_RP2040_SPINLOCK 15
#endif
#if OSH_RP2040_SPINLOCK < 0 || OSH_RP2040_SPINLOCK > 31
#error "OSH_RP2040_SPINLOCK: the SIO has spinlocks 0 to 31"
#endif

#ifndef OSH_CORE_ID_ADDRESS
#define OSH_CORE_ID_ADDRESS 0xd0000000u
#endif

#define OSH_LOCK_REGISTER (*(volatile uint32_t *)(0xd0000100u + 4u * OSH_RP2040_SPINLOCK))

/* A read takes the spinlock and gives a word that is not 0, or gives 0: another core has it. */
static inline void osh_lock_take(void)
{
    while (OSH_LOCK_REGISTER == 0) {
    }
}

static inline void osh_lock_give(void)
{
    OSH_LOCK_REGISTER = 1; /* any value */
}

#endif
