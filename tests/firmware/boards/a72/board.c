/* SPDX-License-Identifier: Apache-2.0 */
/* What entry.S leaves to C. */
#include "kernel.h"
#include "virt.h"

unsigned board_core(void)
{
    uintptr_t mpidr;
    __asm__ volatile("mrs %0, mpidr_el1" : "=r"(mpidr));
    return (unsigned)(mpidr & 0xff);
}

void virt_timer(uint32_t ticks)
{
    __asm__ volatile("msr cntv_tval_el0, %0\n\t"
                     "msr cntv_ctl_el0, %1\n\t"
                     "isb" ::"r"((uintptr_t)ticks),
                     "r"((uintptr_t)1)
                     : "memory");
}

uintptr_t board_mask(void)
{
    uintptr_t state;
    __asm__ volatile("mrs %0, daif\n\tmsr daifset, #2" : "=r"(state)::"memory");
    return state;
}

void board_unmask(uintptr_t state)
{
    __asm__ volatile("msr daif, %0" ::"r"(state) : "memory");
}

void board_wait(void)
{
    __asm__ volatile("wfi" ::: "memory");
}

/* x0 to x30, the program counter, the processor state, one word of nothing. */
uintptr_t board_new_context(uintptr_t stack_top, void (*entry)(void))
{
    uintptr_t *frame = (uintptr_t *)stack_top - 34;
    for (unsigned i = 0; i < 34; i++) {
        frame[i] = 0;
    }
    frame[31] = (uintptr_t)entry;
    frame[32] = 5; /* EL1 on its own stack pointer, interrupts on */
    return (uintptr_t)frame;
}

void board_puts(const char *text)
{
    (void)board_semihost(0x04, (uintptr_t)text); /* SYS_WRITE0 */
}

void board_exit(int status)
{
    uintptr_t block[2] = {0x20026, (uintptr_t)status}; /* ADP_Stopped_ApplicationExit */
    (void)board_semihost(0x18, (uintptr_t)block);      /* SYS_EXIT */
    for (;;) {
    }
}
