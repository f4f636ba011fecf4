/* SPDX-License-Identifier: Apache-2.0 */
/* A user's port: hooks that have no default, and one that replaces a weak default. */
#include "os/os_heap_port.h"

extern int port_asked;
int port_asked;

bool os_heap_port_started(void)
{
    return false;
}

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

uintptr_t os_heap_port_secret(void)
{
    port_asked++;
    return 0x5eed;
}
