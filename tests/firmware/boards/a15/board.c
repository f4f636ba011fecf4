/* SPDX-License-Identifier: Apache-2.0 */
/* What entry.S leaves to C. */
#include "kernel.h"
#include "virt.h"

unsigned board_core(void)
{
    uint32_t mpidr;
    __asm__ volatile("mrc p15, 0, %0, c0, c0, 5" : "=r"(mpidr));
    return mpidr & 0xff;
}

void virt_timer(uint32_t ticks)
{
    __asm__ volatile("mcr p15, 0, %0, c14, c3, 0\n\t" /* CNTV_TVAL */
                     "mcr p15, 0, %1, c14, c3, 1\n\t" /* CNTV_CTL */
                     "isb" ::"r"(ticks),
                     "r"(1)
                     : "memory");
}

uintptr_t board_mask(void)
{
    uintptr_t state;
    __asm__ volatile("mrs %0, cpsr\n\tcpsid i" : "=r"(state)::"memory");
    return state;
}

void board_unmask(uintptr_t state)
{
    __asm__ volatile("msr cpsr_c, %0" ::"r"(state) : "memory");
}

void board_wait(void)
{
    __asm__ volatile("wfi" ::: "memory");
}

/* r0 to r12, lr, pc, cpsr. */
uintptr_t board_new_context(uintptr_t stack_top, void (*entry)(void))
{
    uint32_t *frame = (uint32_t *)stack_top - 16;
    for (unsigned i = 0; i < 16; i++) {
        frame[i] = 0;
    }
    frame[14] = (uint32_t)(uintptr_t)entry & ~1u;
    frame[15] = 0x1f | (((uintptr_t)entry & 1) != 0 ? 0x20 : 0);
    return (uintptr_t)frame;
}

void board_puts(const char *text)
{
    (void)board_semihost(0x04, (uintptr_t)text); /* SYS_WRITE0 */
}

void board_exit(int status)
{
    uintptr_t block[2] = {0x20026, (uintptr_t)status}; /* ADP_Stopped_ApplicationExit */
    (void)board_semihost(0x20, (uintptr_t)block);      /* SYS_EXIT_EXTENDED */
    for (;;) {
    }
}
