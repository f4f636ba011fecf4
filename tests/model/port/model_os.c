/* SPDX-License-Identifier: Apache-2.0 */
/* The OS half of arch/arch.h, for tasks on the machine. */
#include "arch.h"
#include "model_port.h"

/* 1 while somebody holds it. */
static osh_word_t mutexes[OSH_MUTEXES];
static void *the_region;
static size_t region_bytes;
static int os_started = 1;

void model_port_region(void *region, size_t bytes)
{
    the_region = region;
    region_bytes = bytes;
}

void model_port_os_started(int started)
{
    os_started = started;
}

bool osh_arch_in_interrupt(void)
{
    return machine_interrupt_depth() > 0;
}

bool osh_arch_os_started(void)
{
    return os_started != 0;
}

bool osh_arch_lock(enum osh_mutex mutex)
{
    osh_word_t unlocked = 0;
    if (machine_interrupt_depth() > 0) {
        machine_fail("an interrupt handler asks for a mutex");
    }
    if (!machine_may_wait()) {
        return osh_arch_try_lock(mutex);
    }
    while (!machine_cas(&mutexes[mutex], &unlocked, 1, MACHINE_ACQUIRE)) {
        machine_wait_for_zero(&mutexes[mutex]);
        unlocked = 0;
    }
    return true;
}

bool osh_arch_try_lock(enum osh_mutex mutex)
{
    osh_word_t unlocked = 0;
    return machine_cas(&mutexes[mutex], &unlocked, 1, MACHINE_ACQUIRE);
}

void osh_arch_unlock(enum osh_mutex mutex)
{
    machine_store(&mutexes[mutex], 0, MACHINE_RELEASE);
}

void osh_arch_yield(void)
{
    machine_yield();
}

void osh_arch_publish(void)
{
    machine_fence_all();
}

bool osh_arch_region(void **region, size_t *bytes)
{
    *region = the_region;
    *bytes = region_bytes;
    return the_region != NULL;
}

bool osh_arch_decommit(uintptr_t *from, uintptr_t *to)
{
    __builtin_memset((void *)*from, 0, *to - *from);
    return true;
}

/* The region is memory from the start: only the arena's marks are explored. */
bool osh_arch_open_tables(void *start, size_t bytes, size_t readable)
{
    return start != NULL && readable <= bytes;
}

bool osh_arch_open(void *start, size_t bytes)
{
    return start != NULL && bytes > 0;
}

uintptr_t osh_arch_secret(void)
{
    return 0x5bd1e995; /* the same in every execution, so that a replay meets the same links */
}

void osh_arch_fail(const char *reason, const void *address)
{
    machine_fail("the library stopped: %s (address %p)", reason, address);
}
