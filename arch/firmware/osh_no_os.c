/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hooks of a program without an OS: one thread on one core, and interrupts.
 * They are a library of their own (libosheap_noos.a): a default inside libosheap.a
 * would win over an RTOS port that is an archive too, without a message.
 */
#include "os/os_heap_port.h"

bool os_heap_port_started(void)
{
    return false;
}

/* Never called, because the OS never starts. */
void os_heap_port_lock(unsigned mutex)
{
    (void)mutex;
}

bool os_heap_port_try_lock(unsigned mutex)
{
    (void)mutex;
    return true;
}

void os_heap_port_unlock(unsigned mutex)
{
    (void)mutex;
}
