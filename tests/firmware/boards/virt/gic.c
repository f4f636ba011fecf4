/* SPDX-License-Identifier: Apache-2.0 */
/* QEMU's Arm virt and zcu102: GICv2 and the virtual timer of each core. */
#include "kernel.h"
#include "virt.h"

#ifndef BOARD_GICD
#define BOARD_GICD 0x08000000u
#define BOARD_GICC 0x08010000u
#endif

#define GICD_CTLR (*(volatile uint32_t *)BOARD_GICD)
#define GICD_ISENABLER0 (*(volatile uint32_t *)(BOARD_GICD + 0x100u))
#define GICC_CTLR (*(volatile uint32_t *)BOARD_GICC)
#define GICC_PMR (*(volatile uint32_t *)(BOARD_GICC + 4u))
#define GICC_IAR (*(volatile uint32_t *)(BOARD_GICC + 0xcu))
#define GICC_EOIR (*(volatile uint32_t *)(BOARD_GICC + 0x10u))
#define TIMER_INTERRUPT 27u
#define TICK_NS 16u

void virt_start_core(void)
{
    GICD_CTLR = 1;
    GICD_ISENABLER0 = 1u << TIMER_INTERRUPT; /* each core has its own */
    GICC_PMR = 0xff;
    GICC_CTLR = 1;
}

uintptr_t virt_interrupt(uintptr_t context, uintptr_t pc)
{
    uint32_t which = GICC_IAR;
    if ((which & 0x3ffu) == TIMER_INTERRUPT) {
        context = kernel_tick(context, pc); /* arms the timer: the line falls */
    }
    GICC_EOIR = which;
    return context;
}

void board_timer_arm(uint32_t nanoseconds)
{
    virt_timer(nanoseconds / TICK_NS);
}

void board_start_cores(void)
{
    __asm__ volatile("dsb sy" ::: "memory"); /* all that core 0 wrote, before they run */
    for (unsigned core = 1; core < BOARD_CORES; core++) {
        (void)virt_cpu_on(core, (uintptr_t)board_reset);
    }
}

_Noreturn void virt_fault(uintptr_t what, uintptr_t pc)
{
    (void)what;
    (void)pc;
    board_puts("fault\n");
    board_exit(4);
}
