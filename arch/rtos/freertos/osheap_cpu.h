/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the port asks of the CPU, and of FreeRTOS's port for it.
 *
 *   osheap_masked()      may no other task run on this core, because interrupts are masked or
 *                        the caller is in a critical section?
 *   OSHEAP_IN_HANDLER()  is the caller an interrupt handler? Not defined where the heap's default
 *                        is right
 *   osheap_count(n)      adds 1 to a counter of this core, in any context
 *   osheap_swap(w, 1)    exchanges a lock's word: who finds 0 has the lock. Only he stores 0 to it
 *   osheap_load(w)       loads a word that all cores change; what its writer stored before can be
 *                        seen afterwards
 *   osheap_store(w, v)   stores to it; what was stored before can be seen by who loads it
 */
#ifndef OSHEAP_CPU_H
#define OSHEAP_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "FreeRTOS.h"
#include "task.h"

#ifndef configNUMBER_OF_CORES /* kernels before 11 */
#define configNUMBER_OF_CORES 1
#endif

#define OSHEAP_READ(instruction)                                \
    ({                                                          \
        uintptr_t value_;                                       \
        __asm__ volatile(instruction : "=r"(value_)::"memory"); \
        value_;                                                 \
    })

#if defined(__riscv)
#define OSHEAP_MSTATUS_MIE 8u

static inline bool osheap_masked(void)
{
    return (OSHEAP_READ("csrr %0, mstatus") & OSHEAP_MSTATUS_MIE) == 0;
}

#if defined(portCHECK_IF_IN_ISR) /* ports for several cores, such as RP2350's */
#define OSHEAP_IN_HANDLER() (portCHECK_IF_IN_ISR() != 0)
#elif defined(configISR_STACK_SIZE_WORDS)
/* The tick and the external interrupt run on a stack of their own, whose top the kernel's port
 * knows. Its handlers announce themselves to nobody else. */
extern const StackType_t xISRStackTop; /* portable/GCC/RISC-V/port.c */
#define OSHEAP_IN_HANDLER()                                \
    ((uintptr_t)xISRStackTop - OSHEAP_READ("mv %0, sp") <= \
     configISR_STACK_SIZE_WORDS * sizeof(StackType_t))
#else
#error \
    "osheap_hooks.c knows a handler on RISC-V by its stack: set configISR_STACK_SIZE_WORDS in FreeRTOSConfig.h"
#endif

#elif defined(__aarch64__)
/* Critical sections raise the interrupt controller's mask, not the CPU's. */
#define OSHEAP_DAIF_I 0x80u
#if configNUMBER_OF_CORES == 1
extern volatile uint64_t ullCriticalNesting;
extern uint64_t ullPortInterruptNesting;
#define OSHEAP_NESTING ullCriticalNesting
#define OSHEAP_IN_HANDLER() (*(volatile uint64_t *)&ullPortInterruptNesting != 0)
#endif

#elif defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M'
#if !defined(__ARM_ARCH_6M__) && !defined(__ARM_ARCH_8M_BASE__)
#define OSHEAP_OTHER_MASKS (OSHEAP_READ("mrs %0, basepri") | OSHEAP_READ("mrs %0, faultmask"))
#else
#define OSHEAP_OTHER_MASKS 0u
#endif

static inline bool osheap_masked(void)
{
    return (OSHEAP_READ("mrs %0, primask") | OSHEAP_OTHER_MASKS) != 0;
}

#elif defined(__ARM_ARCH_PROFILE)
#define OSHEAP_CPSR_I 0x80u
#if configNUMBER_OF_CORES == 1
extern volatile uint32_t ulCriticalNesting;
extern volatile uint32_t ulPortInterruptNesting;
#define OSHEAP_NESTING ulCriticalNesting
#define OSHEAP_IN_HANDLER() (ulPortInterruptNesting != 0)
#endif

#else
#error "the port is for Arm (M, R and A profile, AArch64) and RISC-V"
#endif

#if defined(__aarch64__) || (defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE != 'M')
#if !defined(OSHEAP_NESTING) && tskKERNEL_VERSION_MAJOR == 11 && tskKERNEL_VERSION_MINOR < 2
#define OSHEAP_NESTING portGET_CRITICAL_NESTING_COUNT() /* these kernels name no core */
#elif !defined(OSHEAP_NESTING)
#define OSHEAP_NESTING portGET_CRITICAL_NESTING_COUNT((BaseType_t)portGET_CORE_ID())
#endif

/* taskDISABLE_INTERRUPTS of Armv7-A and v7-R, and what ISR-safe calls mask with, raise the
 * interrupt controller's mask and count nothing. GICv2 has it at an address, GICv3 in a register.
 */
#if defined(portICCPMR_PRIORITY_MASK_REGISTER)
#define OSHEAP_CONTROLLER_MASK() portICCPMR_PRIORITY_MASK_REGISTER
#elif defined(__aarch64__) && defined(configMAX_API_CALL_INTERRUPT_PRIORITY)
#define OSHEAP_CONTROLLER_MASK() OSHEAP_READ("mrs %0, s3_0_c4_c6_0") /* ICC_PMR_EL1 */
#endif

static inline bool osheap_masked(void)
{
#if defined(__aarch64__)
    uintptr_t off = OSHEAP_READ("mrs %0, daif") & OSHEAP_DAIF_I;
#else
    uintptr_t off = OSHEAP_READ("mrs %0, cpsr") & OSHEAP_CPSR_I;
#endif
#ifdef OSHEAP_CONTROLLER_MASK
    if (OSHEAP_CONTROLLER_MASK() <= configMAX_API_CALL_INTERRUPT_PRIORITY << portPRIORITY_SHIFT) {
        return true;
    }
#endif
    return off != 0 || OSHEAP_NESTING != 0;
}
#endif

#if configNUMBER_OF_CORES > 1
#define OSHEAP_CORE() portGET_CORE_ID()
#else
#define OSHEAP_CORE() 0
#endif

#ifdef __GCC_HAVE_SYNC_COMPARE_AND_SWAP_4
/* Publishes nothing: a statistic. */
#define osheap_count(counters) \
    ((void)__atomic_fetch_add(&(counters)[OSHEAP_CORE()], 1u, __ATOMIC_RELAXED))

/* Observes what the last owner wrote under the word; pairs with the store-release that frees it. */
static inline unsigned osheap_swap(unsigned *word, unsigned value)
{
    return __atomic_exchange_n(word, value, __ATOMIC_ACQUIRE);
}

/* Observes what came before the store; pairs with osheap_store(). */
static inline unsigned osheap_load(const unsigned *word)
{
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

/* Publishes; pairs with osheap_load() and osheap_swap(). */
static inline void osheap_store(unsigned *word, unsigned value)
{
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}
#else
/* No read-modify-write: masked, and between cores by Peterson's algorithm. */
#if defined(__riscv)
#define OSHEAP_MASK() OSHEAP_READ("csrrci %0, mstatus, 8")
#define OSHEAP_UNMASK(state) \
    __asm__ volatile("csrs mstatus, %0" ::"r"((state)&OSHEAP_MSTATUS_MIE) : "memory")
#else
#define OSHEAP_MASK() OSHEAP_READ("mrs %0, primask\n\tcpsid i")
#define OSHEAP_UNMASK(state) __asm__ volatile("msr primask, %0" ::"r"(state) : "memory")
#endif
static inline void osheap_count(size_t *counters)
{
    uintptr_t state = OSHEAP_MASK();
    counters[OSHEAP_CORE()]++;
    OSHEAP_UNMASK(state);
}

/* With fences, because compilers call a library for atomics of such a CPU. Pairs as above. */
static inline unsigned osheap_load(const unsigned *word)
{
    unsigned value = *(const volatile unsigned *)word;
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return value;
}

static inline void osheap_store(unsigned *word, unsigned value)
{
    __atomic_thread_fence(__ATOMIC_RELEASE);
    *(volatile unsigned *)word = value;
}

#if configNUMBER_OF_CORES == 1
#define osheap_lock_cores(core) ((void)(core))
#define osheap_unlock_cores(core) ((void)(core))
#else
_Static_assert(configNUMBER_OF_CORES == 2, "two cores take turns");
extern unsigned osheap_wanted[2]; /* osheap_hooks.c */
extern unsigned osheap_turn;

/* Not the kernel's lock: the port for RP2040 knows only in the kernel's own file that a core has it
 * already, and in a critical section it has. Waits for a few instructions of the other core. */
static inline void osheap_lock_cores(unsigned core)
{
    osheap_store(&osheap_wanted[core], 1); /* pairs with the other core's load below */
    osheap_store(&osheap_turn, 1 - core);  /* likewise */
    /* The stores before the loads, on both cores: one of them sees the other's. */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    /* Observes the word that the other core changed; pairs with osheap_unlock_cores(). */
    while (osheap_load(&osheap_wanted[1 - core]) != 0 && osheap_load(&osheap_turn) != core) {
    }
}

static inline void osheap_unlock_cores(unsigned core)
{
    osheap_store(&osheap_wanted[core], 0); /* publishes the word; pairs with the loads above */
}
#endif

static inline unsigned osheap_swap(unsigned *word, unsigned value)
{
    uintptr_t state = OSHEAP_MASK();
    unsigned core = (unsigned)OSHEAP_CORE();
    osheap_lock_cores(core);
    unsigned old = *(const volatile unsigned *)word;
    if (old != value) { /* if a lock is held, its holder may free it now, and that must stay */
        *(volatile unsigned *)word = value;
    }
    osheap_unlock_cores(core);
    OSHEAP_UNMASK(state);
    return old;
}
#endif

#endif
