/* SPDX-License-Identifier: Apache-2.0 */
/* QEMU's RISC-V virt and icicle kit: harts in machine mode, CLINT timer and software interrupts. */
#include "kernel.h"

#ifndef BOARD_FIRST_HART /* the kernel's cores are this hart and the next ones */
#define BOARD_FIRST_HART 0u
#endif
#ifndef BOARD_TICK_NS /* of mtime */
#define BOARD_TICK_NS 100u
#endif

#define MSIP(hart) (((volatile uint32_t *)0x2000000)[hart])
#define MTIMECMP_LOW(hart) (((volatile uint32_t *)0x2004000)[2 * (hart)])
#define MTIMECMP_HIGH(hart) (((volatile uint32_t *)0x2004000)[2 * (hart) + 1])
#define MTIME_LOW (*(volatile uint32_t *)0x200bff8)
#define MTIME_HIGH (*(volatile uint32_t *)0x200bffc)

#define MIE 8u    /* of mstatus */
#define MPIE 128u /* of mstatus: interrupts on after mret */
#define MPP 0x1800u
#define MTIE 128u /* of mie */

unsigned board_core(void)
{
    uintptr_t hart;
    __asm__ volatile("csrr %0, mhartid" : "=r"(hart));
    return (unsigned)hart - BOARD_FIRST_HART;
}

void board_start_cores(void)
{
    __asm__ volatile("fence" ::: "memory"); /* all that the first hart wrote, before they run */
    for (unsigned core = 1; core < BOARD_CORES; core++) {
        MSIP(core + BOARD_FIRST_HART) = 1;
    }
}

void board_timer_arm(uint32_t nanoseconds)
{
    uint32_t high;
    uint32_t low;
    do {
        high = MTIME_HIGH;
        low = MTIME_LOW;
    } while (high != MTIME_HIGH);
    uint64_t when = ((uint64_t)high << 32 | low) + nanoseconds / BOARD_TICK_NS;
    unsigned hart = board_core() + BOARD_FIRST_HART;
    MTIMECMP_HIGH(hart) = 0xffffffffu; /* none in between */
    MTIMECMP_LOW(hart) = (uint32_t)when;
    MTIMECMP_HIGH(hart) = (uint32_t)(when >> 32);
    __asm__ volatile("csrs mie, %0" ::"r"(MTIE));
}

uintptr_t board_mask(void)
{
    uintptr_t state;
    __asm__ volatile("csrrci %0, mstatus, 8" : "=r"(state)::"memory");
    return state & MIE;
}

void board_unmask(uintptr_t state)
{
    __asm__ volatile("csrs mstatus, %0" ::"r"(state) : "memory");
}

void board_wait(void)
{
    __asm__ volatile("wfi" ::: "memory");
}

uintptr_t board_new_context(uintptr_t stack_top, void (*entry)(void))
{
    uintptr_t *frame = (uintptr_t *)stack_top - 34;
    for (unsigned i = 0; i < 34; i++) {
        frame[i] = 0;
    }
    frame[32] = (uintptr_t)entry;
    frame[33] = MPIE | MPP;
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

static void put_hex(uintptr_t value)
{
    char text[2 + 2 * sizeof(value)];
    char *p = &text[sizeof(text) - 1];
    *p = '\0';
    do {
        *--p = "0123456789abcdef"[value & 15];
        value >>= 4;
    } while (value != 0);
    board_puts(p);
}

_Noreturn void board_fault(uintptr_t cause, uintptr_t pc);
void board_fault(uintptr_t cause, uintptr_t pc)
{
    board_puts("fault ");
    put_hex(cause);
    board_puts(" at ");
    put_hex(pc);
    board_puts("\n");
    board_exit(4);
}
