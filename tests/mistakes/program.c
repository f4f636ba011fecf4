/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs that each make one mistake with the heap, on two cores and without a kernel. MISTAKE is
 * the function that makes it; the program's hooks are in hooks.c, unless the mistake is there.
 */
#include "board.h"
#include "kernel.h"
#include "os/os_heap.h"
#include "os/os_heap_port.h"
#include "osh_config.h"

#define UNUSED __attribute__((unused))
#define LARGE (2u * OSH_SLAB_MAX)
#ifndef SIZE /* what a core asks for */
#define SIZE 20u
#endif

static unsigned char memory[600];
static volatile unsigned turns; /* of core 1 */

UNUSED static void allocate(void)
{
    (void)os_malloc(SIZE);
}

UNUSED static void ignore_the_result_of_init(void)
{
    (void)os_heap_init(memory, sizeof(memory));
    (void)os_malloc(20);
}

/* Core 1 makes its call when core 0 has made one. */
UNUSED static void allocate_on_both_cores(void)
{
    (void)os_malloc(SIZE);
    board_start_cores();
    while (turns == 0) {
    }
}

UNUSED static void leave_and_not_enter(void)
{
    os_heap_interrupt_leave();
}

UNUSED static void enter_and_not_leave(void)
{
    for (unsigned interrupts = 0; interrupts < 1000; interrupts++) {
        os_heap_interrupt_enter();
    }
}

UNUSED static void free_twice(void)
{
    void *block = os_malloc(20);
    os_free(block);
    os_free(block);
}

UNUSED static void free_foreign(void)
{
    (void)os_malloc(20);
    os_free(memory);
}

void kernel_enter(void)
{
    (void)os_malloc(SIZE);
    turns = 1;
    for (;;) {
    }
}

uintptr_t kernel_tick(uintptr_t context, uintptr_t pc)
{
    (void)pc;
    return context;
}

_Noreturn void os_heap_port_fail(const char *reason, const void *address)
{
    (void)address;
    board_puts("osheap: ");
    board_puts(reason);
    board_puts("\n");
    board_exit(3);
}

int main(void)
{
    MISTAKE();
    return 0;
}
