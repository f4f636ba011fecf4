/* SPDX-License-Identifier: Apache-2.0 */
/* A whole program without an operating system: one Cortex-M4, its reset code, a timer whose handler
 * allocates, and main. It prints and ends by semihosting. */
#include "os/os_heap.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

extern char __data_load[], __data_start[], __data_end[], __bss_start[], __bss_end[], __stack_top[];

void reset(void);
void on_tick(void);
int main(void);

static volatile unsigned ticks;
static void *volatile from_handler;

__attribute__((used, section(".vectors"))) static const void *const vectors[16] = {
    [0] = __stack_top, [1] = (const void *)reset, [15] = (const void *)on_tick};

static uintptr_t semihost(uintptr_t operation, uintptr_t parameter)
{
    register uintptr_t r0 __asm__("r0") = operation;
    register uintptr_t r1 __asm__("r1") = parameter;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

/* SysTick: once a block is taken by main, gives another. */
void on_tick(void)
{
    if (from_handler == NULL) {
        from_handler = malloc(40);
    }
    ticks++;
}

int main(void)
{
    *(volatile uint32_t *)0xe000e014u = 9999; /* SysTick's reload */
    *(volatile uint32_t *)0xe000e010u = 7;    /* its clock, interrupt and enable */

    unsigned taken = 0;
    while (taken < 100) {
        void *block = malloc(16 + taken % 50 * 100);
        void *other = from_handler;
        if (other != NULL) {
            from_handler = NULL;
            taken++;
            free(other);
        }
        free(block);
    }
    *(volatile uint32_t *)0xe000e010u = 0;
    free(from_handler);

    struct os_heap_stats stats;
    os_heap_stats(&stats);
    bool well = os_heap_check() == NULL && stats.live == 0 && taken == 100;
    (void)semihost(0x04,
                   (uintptr_t)(well ? "osheap: all is well\n" : "osheap: something is wrong\n"));
    return well ? 0 : 1;
}

void reset(void)
{
    memcpy(__data_start, __data_load, (size_t)(__data_end - __data_start));
    memset(__bss_start, 0, (size_t)(__bss_end - __bss_start));
    uintptr_t end[2] = {0x20026, (uintptr_t)main()}; /* SYS_EXIT_EXTENDED */
    for (;;) {
        (void)semihost(0x20, (uintptr_t)end);
    }
}
