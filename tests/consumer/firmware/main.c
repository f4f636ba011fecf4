/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A user's image for a Cortex-M4 without the project's test boards: its own vectors and start, exit
 * by semihosting. Status 0 if its blocks, and those of libc, are of the heap's region.
 */
#include "os/os_heap.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

extern char stack_top[], bss_start[], bss_end[], __osh_heap_start[], __osh_heap_end[];
/* Only the port in port.c has this. */
extern int port_asked __attribute__((weak));

static _Noreturn void leave(unsigned status)
{
    const uint32_t block[2] = {0x20026,
                               status}; /* SYS_EXIT_EXTENDED, ADP_Stopped_ApplicationExit */
    register unsigned operation __asm__("r0") = 0x20;
    register const uint32_t *argument __asm__("r1") = block;
    __asm__ volatile("bkpt 0xab" : : "r"(operation), "r"(argument) : "memory");
    for (;;) {
    }
}

static _Bool is_of_the_region(const void *block)
{
    return (uintptr_t)block >= (uintptr_t)__osh_heap_start &&
           (uintptr_t)block < (uintptr_t)__osh_heap_end;
}

static void reset(void)
{
    memset(bss_start, 0, (size_t)(bss_end - bss_start));
    char *copy = strdup("by newlib's own call");
    void *blocks[] = {copy, os_malloc(100), malloc(5000)};
    for (unsigned i = 0; i < 3; i++) {
        if (!is_of_the_region(blocks[i])) {
            leave(10 + i);
        }
    }
    if (&port_asked != NULL && port_asked == 0) {
        leave(20);
    }
    for (unsigned i = 0; i < 3; i++) {
        os_free(blocks[i]);
    }
    leave(os_heap_check() == NULL ? 0 : 30);
}

static void fault(void)
{
    leave(40);
}

__attribute__((section(".vectors"), used)) static const void *const vectors[] = {stack_top, reset,
                                                                                 fault, fault};
