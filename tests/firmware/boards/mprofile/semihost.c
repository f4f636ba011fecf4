/* SPDX-License-Identifier: Apache-2.0 */
/* Semihosting by bkpt 0xab, and the vector table. */
#include "kernel.h"
#include "mprofile.h"

uintptr_t board_semihost(uintptr_t operation, uintptr_t parameter)
{
    register uintptr_t r0 __asm__("r0") = operation;
    register uintptr_t r1 __asm__("r1") = parameter;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
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

static void fault(void)
{
    board_puts("fault\n");
    board_exit(4);
}

void SysTick_Handler(void);
void board_reset(void);

__attribute__((section(".vectors"), used)) void (*const board_vectors[16])(void) = {
    (void (*)(void))(uintptr_t)__stack_top,
    board_reset,
    fault, /* NMI */
    fault, /* HardFault */
    fault,
    fault,
    fault,
    fault,
    fault,
    fault,
    fault,
    fault, /* SVCall */
    fault,
    fault,
    fault, /* PendSV */
    SysTick_Handler,
};
