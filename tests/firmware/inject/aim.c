/* SPDX-License-Identifier: Apache-2.0 */
#include "inject.h"

/* INJECT_SLED instructions that do nothing, and a return. */
void inject_sled(void);
#if defined(__thumb__)
#define NOP_BYTES 2u
#define RETURN "bx lr\n\t"
#define UNCOMPRESSED ".thumb_func\n\t"
#elif defined(__arm__)
#define NOP_BYTES 4u
#define RETURN "bx lr\n\t"
#define UNCOMPRESSED ".arm\n\t"
#elif defined(__aarch64__)
#define NOP_BYTES 4u
#define RETURN "ret\n\t"
#define UNCOMPRESSED
#else
#define NOP_BYTES 4u
#define RETURN "ret\n\t"
#define UNCOMPRESSED ".option norvc\n\t"
#endif
#if defined(__riscv)
#define PUSH_OPTION ".option push\n\t"
#define POP_OPTION ".option pop\n\t"
#else
#define PUSH_OPTION
#define POP_OPTION
#endif
__asm__(".pushsection .text.inject_sled, \"ax\", %progbits\n\t"
        ".balign 4096\n\t" PUSH_OPTION UNCOMPRESSED ".globl inject_sled\n\t"
        "inject_sled:\n\t"
        ".rept 960\n\tnop\n\t.endr\n\t" RETURN POP_OPTION ".popsection");
_Static_assert(INJECT_SLED == 960, "as many as in the assembly");

void inject_wait_in_sled(unsigned instructions)
{
    uintptr_t entry = (uintptr_t)inject_sled + (uintptr_t)(INJECT_SLED - instructions) * NOP_BYTES;
    ((void (*)(void))entry)();
}

/*
 * The timers of RISC-V and of A-profile tick every so many instructions: begins at
 * the same distance from a tick each time. Exact counters of instructions tell.
 */
#define TICK 400u /* a multiple of all their periods */
#if defined(__riscv)
#define COUNTER(now) __asm__ volatile("csrr %0, minstret" : "=r"(now))
#define COUNTER_START ((void)0)
#elif defined(__aarch64__)
#define COUNTER(now) __asm__ volatile("mrs %0, pmccntr_el0" : "=r"(now))
#define COUNTER_START                                              \
    __asm__ volatile("msr pmcr_el0, %0\n\t"                        \
                     "msr pmcntenset_el0, %1" ::"r"((uintptr_t)1), \
                     "r"((uintptr_t)1 << 31))
#elif defined(__ARM_ARCH_7A__)
#define COUNTER(now) __asm__ volatile("mrc p15, 0, %0, c9, c13, 0" : "=r"(now))
#define COUNTER_START                                                  \
    __asm__ volatile("mcr p15, 0, %0, c9, c12, 0\n\t"                  \
                     "mcr p15, 0, %1, c9, c12, 1" ::"r"((uintptr_t)1), \
                     "r"((uintptr_t)1 << 31))
#endif

void inject_align_to_tick(void)
{
#ifdef COUNTER
    uintptr_t now;
    COUNTER(now);
    inject_wait_in_sled(TICK - (unsigned)(now % TICK));
#endif
}

void inject_start_counter(void)
{
#ifdef COUNTER
    COUNTER_START;
#endif
}
