/* SPDX-License-Identifier: Apache-2.0 */
/* The weak defaults of os/os_heap_port.h. */
#include "arch.h"
#include "os/os_heap_port.h"

#define WEAK __attribute__((weak))

/* Weak: if you call os_heap_init with a region, these symbols are not needed. */
extern char __osh_heap_start[] WEAK;
extern char __osh_heap_end[] WEAK;

WEAK bool os_heap_port_may_wait(void)
{
    return true;
}

WEAK void os_heap_port_yield(void)
{
    osh_relax();
}

WEAK void os_heap_port_sync_cores(void)
{
}

WEAK uintptr_t os_heap_port_secret(void)
{
    return (uintptr_t)0x5bd1e995u;
}

WEAK void os_heap_port_fail(const char *reason, const void *address)
{
    (void)reason;
    (void)address;
    __builtin_trap();
}

WEAK bool os_heap_port_region(void **region, size_t *bytes)
{
    *region = __osh_heap_start;
    *bytes = (size_t)((uintptr_t)__osh_heap_end - (uintptr_t)__osh_heap_start);
    return (uintptr_t)__osh_heap_end > (uintptr_t)__osh_heap_start; /* not if one is missing */
}
