/* SPDX-License-Identifier: Apache-2.0 */
/* The heap's hooks in Zephyr, and its region. */
#include "osheap_zephyr.h"

#include "os/os_heap.h"
#include "os/os_heap_port.h"

#include <errno.h>
#include <zephyr/init.h>
#include <zephyr/kernel.h>
#include <zephyr/sys/printk.h>

#ifdef CONFIG_COMMON_LIBC_MALLOC
#error "osheap is malloc: set CONFIG_COMMON_LIBC_MALLOC=n in prj.conf"
#endif

static unsigned char region[CONFIG_OSHEAP_REGION_BYTES] __noinit __aligned(16);

BUILD_ASSERT(OS_HEAP_PORT_MUTEXES == 2, "one K_MUTEX_DEFINE for each");
K_MUTEX_DEFINE(osheap_mutex_0);
K_MUTEX_DEFINE(osheap_mutex_1);

static struct k_mutex *mutex_of(unsigned mutex)
{
    return mutex == 0 ? &osheap_mutex_0 : &osheap_mutex_1;
}

bool osheap_has(const void *address)
{
    return (uintptr_t)address - (uintptr_t)region < sizeof(region) || os_heap_caps(address) != 0;
}

/* A flag of the kernel's. Threads other than the first begin at the level POST_KERNEL, other CPUs
 * later. */
bool os_heap_port_started(void)
{
    return !k_is_pre_kernel();
}

bool os_heap_port_in_interrupt(void)
{
    return k_is_in_isr();
}

/* The kernel would let a thread wait that has locked the scheduler: it runs others meanwhile. Who
 * locks it does not want that. The heap itself sees irq_lock and spinlocks, which mask interrupts.
 */
bool os_heap_port_may_wait(void)
{
    return k_can_yield() && k_current_get()->base.sched_locked == 0;
}

void os_heap_port_lock(unsigned mutex)
{
    (void)k_mutex_lock(mutex_of(mutex), K_FOREVER);
}

/* A k_mutex counts its owner's locks; the heap wants a refusal. Only the caller itself makes the
 * owner the caller, so the comparison cannot be overtaken. */
bool os_heap_port_try_lock(unsigned mutex)
{
    struct k_mutex *m = mutex_of(mutex);
    return m->owner != k_current_get() && k_mutex_lock(m, K_NO_WAIT) == 0;
}

void os_heap_port_unlock(unsigned mutex)
{
    (void)k_mutex_unlock(mutex_of(mutex));
}

void os_heap_port_fail(const char *reason, const void *address)
{
    printk("osheap: %s: %p\n", reason, address);
    k_panic();
    for (;;) { /* k_panic returns if the program's own handler does */
    }
}

bool os_heap_port_region(void **start, size_t *bytes)
{
    *start = region;
    *bytes = sizeof(region);
    return true;
}

#if !defined(CONFIG_NEWLIB_LIBC)
/* The library was compiled with newlib's headers, whose errno is a call. Zephyr has the call for
 * newlib alone. */
int *__errno(void);
__weak int *__errno(void)
{
    return &errno;
}
#endif

/* The heap starts on the first CPU, while it is alone. */
static int start(void)
{
    if (os_heap_init(region, sizeof(region)) == OS_HEAP_EINVAL) {
        os_heap_port_fail("CONFIG_OSHEAP_REGION_BYTES is too small", region);
    }
    return 0;
}

SYS_INIT(start, PRE_KERNEL_1, 0);
