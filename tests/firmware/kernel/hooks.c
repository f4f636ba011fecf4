/* SPDX-License-Identifier: Apache-2.0 */
/* The heap's RTOS hooks, as this kernel has them. */
#include "kernel.h"
#include "os/os_heap_port.h"
#include "spin.h"

static struct spin mutexes[OS_HEAP_PORT_MUTEXES];

#ifndef KERNEL_CHECKS /* none in the firmware storm, which counts what a mutex costs */
#define KERNEL_CHECKS 1
#endif

/* The heap is not told of critical sections: the CPU's mask shows them. */
bool os_heap_port_may_wait(void)
{
    return !kernel_suspended();
}

bool os_heap_port_started(void)
{
    return kernel_started();
}

bool os_heap_port_try_lock(unsigned mutex)
{
    uintptr_t state = board_mask();
    bool taken = spin_try(&mutexes[mutex]);
    board_unmask(state);
    return taken;
}

void os_heap_port_lock(unsigned mutex)
{
    if (KERNEL_CHECKS && (kernel_suspended() || kernel_in_section())) {
        board_puts("kernel: a task waits that may not\n");
        board_exit(4);
    }
    while (!os_heap_port_try_lock(mutex)) {
        kernel_yield();
    }
}

void os_heap_port_unlock(unsigned mutex)
{
    spin_unlock(&mutexes[mutex]);
}

void os_heap_port_yield(void)
{
    kernel_yield();
}

void os_heap_port_fail(const char *reason, const void *address)
{
    (void)address;
    board_puts("heap: ");
    board_puts(reason);
    board_puts("\n");
    board_exit(3);
}
