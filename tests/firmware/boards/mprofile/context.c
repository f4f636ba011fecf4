/* SPDX-License-Identifier: Apache-2.0 */
/* M-profile: tasks on the process stack, handlers on the main one. */
#include "kernel.h"
#include "mprofile.h"

static inline void control(uintptr_t value)
{
    __asm__ volatile("msr control, %0\n\tisb" ::"r"(value) : "memory");
}

uintptr_t board_mask(void)
{
    uintptr_t state;
    __asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(state)::"memory");
    return state;
}

void board_unmask(uintptr_t state)
{
    __asm__ volatile("msr primask, %0" ::"r"(state) : "memory");
}

void board_wait(void)
{
    __asm__ volatile("wfi" ::: "memory");
}

void board_run_on(uintptr_t top, void (*entry)(void))
{
    __asm__ volatile(".syntax unified\n\t"
                     "msr psp, %0\n\t"
                     "movs r2, #2\n\t"
                     "msr control, r2\n\t"
                     "isb\n\t"
                     "cpsie i\n\t"
                     "bx %1" ::"r"(top),
                     "r"(entry)
                     : "r2", "memory");
    __builtin_unreachable();
}

/* r4 to r11, then what the CPU stacks: r0 to r3, r12, lr, pc, xpsr. */
uintptr_t board_new_context(uintptr_t stack_top, void (*entry)(void))
{
    uint32_t *frame = (uint32_t *)stack_top - 16;
    for (unsigned i = 0; i < 16; i++) {
        frame[i] = 0;
    }
    frame[14] = (uint32_t)(uintptr_t)entry & ~1u;
    frame[15] = 1u << 24;
    return (uintptr_t)frame;
}

/* r4 to r11 by way of low registers, which is all that Armv6-M can store. */
__attribute__((naked, used)) void SysTick_Handler(void)
{
    __asm__ volatile(".syntax unified\n\t"
                     "mrs r0, psp\n\t"
                     "ldr r1, [r0, #24]\n\t"
                     "subs r0, #32\n\t"
                     "mov r2, r0\n\t"
                     "stmia r2!, {r4-r7}\n\t"
                     "mov r4, r8\n\t"
                     "mov r5, r9\n\t"
                     "mov r6, r10\n\t"
                     "mov r7, r11\n\t"
                     "stmia r2!, {r4-r7}\n\t"
                     "push {r3, lr}\n\t"
                     "bl kernel_tick\n\t"
                     "mov r2, r0\n\t"
                     "adds r2, #16\n\t"
                     "ldmia r2!, {r4-r7}\n\t"
                     "mov r8, r4\n\t"
                     "mov r9, r5\n\t"
                     "mov r10, r6\n\t"
                     "mov r11, r7\n\t"
                     "msr psp, r2\n\t"
                     "ldmia r0!, {r4-r7}\n\t"
                     "pop {r3, pc}");
}

#define SYST_CSR (*(volatile uint32_t *)0xe000e010)
#define SYST_RVR (*(volatile uint32_t *)0xe000e014)
#define SYST_CVR (*(volatile uint32_t *)0xe000e018)

void board_timer_arm(uint32_t nanoseconds)
{
    SYST_CSR = 0;
    SYST_RVR = nanoseconds * 2 / BOARD_TICK_HALF_NS;
    SYST_CVR = 0;
    SYST_CSR = 7;
}
