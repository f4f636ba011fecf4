/* SPDX-License-Identifier: Apache-2.0 */
/* The hooks of a program whose OS has started: a mutex is a word. With RECURSIVE its holder takes
 * it again, as with an RTOS that counts the owner's locks. */
#include "os/os_heap_port.h"

#ifndef RECURSIVE
#define RECURSIVE 0
#endif

static unsigned locked[OS_HEAP_PORT_MUTEXES];

bool os_heap_port_started(void)
{
    return true;
}

bool os_heap_port_try_lock(unsigned mutex)
{
    if (locked[mutex] != 0 && !RECURSIVE) {
        return false;
    }
    locked[mutex]++;
    return true;
}

void os_heap_port_lock(unsigned mutex)
{
    (void)os_heap_port_try_lock(mutex);
}

#ifndef MISSPELT
void os_heap_port_unlock(unsigned mutex)
#else
void os_heap_port_unlok(unsigned mutex);
void os_heap_port_unlok(unsigned mutex)
#endif
{
    locked[mutex]--;
}
