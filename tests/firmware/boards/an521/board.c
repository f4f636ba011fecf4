/* SPDX-License-Identifier: Apache-2.0 */
/* mps2-an521: two Cortex-M33. Core 1 waits until core 0 lets it go. */
#include "kernel.h"
#include "mprofile.h"
#include "start.h"

#define CORE_ID (*(volatile uint32_t *)0x5001f000)
#define INITSVTOR1 (*(volatile uint32_t *)0x50021114)
#define CPUWAIT (*(volatile uint32_t *)0x50021118)

extern void (*const board_vectors[16])(void);

unsigned board_core(void)
{
    return CORE_ID;
}

void board_start_cores(void)
{
    if (BOARD_CORES == 1) {
        return; /* the other stays in reset */
    }
    INITSVTOR1 = (uint32_t)(uintptr_t)board_vectors;
    __asm__ volatile("dsb" ::: "memory"); /* all that core 0 wrote, before core 1 runs */
    CPUWAIT &= ~2u;
}

_Noreturn void board_begin(void)
{
    if (board_core() != 0) {
        kernel_enter();
    }
    start_main();
}

__attribute__((naked, used)) void board_reset(void)
{
    __asm__ volatile(".syntax unified\n\t"
                     "ldr r0, =0x5001f000\n\t"
                     "ldr r0, [r0]\n\t"
                     "lsls r0, r0, #11\n\t"
                     "ldr r1, =__stack_top\n\t"
                     "subs r1, r1, r0\n\t"
                     "mov sp, r1\n\t"
                     "ldr r0, =board_begin\n\t"
                     "bx r0\n\t"
                     ".pool");
}
