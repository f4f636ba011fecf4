/* SPDX-License-Identifier: Apache-2.0 */
/* The heap's hooks (os/os_heap_port.h) on Apache Mynewt's kernel. */
#include "os/mynewt.h"
#include "os/os_heap_port.h"

void os_heap_mynewt_init(void);

/* The BSP's linker script. Weak, so that a BSP without them is reported when it runs. */
extern char __HeapBase[] __attribute__((weak));
extern char __HeapLimit[] __attribute__((weak));

/* All bits zero is an initialised mutex: blocks are taken before sysinit. */
static struct os_mutex mutexes[OS_HEAP_PORT_MUTEXES];

/* Takes all that os_heap.c of kernel/os defines from this package, before that one is searched. */
static const void *const in_its_place[] __attribute__((used)) = {
    (const void *)os_malloc, (const void *)os_free, (const void *)os_realloc};

bool os_heap_port_started(void)
{
    return os_started() != 0;
}

/* Nothing else tells that the scheduler is suspended. A task that waits then would stay in the
 * mutex's list without sleeping. */
bool os_heap_port_may_wait(void)
{
    os_sched_suspend();
    return os_sched_resume() == 0;
}

void os_heap_port_lock(unsigned mutex)
{
    (void)os_mutex_pend(&mutexes[mutex], OS_TIMEOUT_NEVER);
}

/* os_mutex counts its owner's locks; the heap wants a refusal. */
bool os_heap_port_try_lock(unsigned mutex)
{
    return mutexes[mutex].mu_owner != os_sched_get_current_task() &&
           os_mutex_pend(&mutexes[mutex], 0) == OS_OK;
}

void os_heap_port_unlock(unsigned mutex)
{
    (void)os_mutex_release(&mutexes[mutex]);
}

void os_heap_port_fail(const char *reason, const void *address)
{
    (void)address;
    __assert_func(reason, 0, NULL, NULL); /* does not return */
    for (;;) {
    }
}

bool os_heap_port_region(void **region, size_t *bytes)
{
    *region = __HeapBase;
    *bytes = (size_t)((uintptr_t)__HeapLimit - (uintptr_t)__HeapBase);
    if (*bytes == 0) {
        os_heap_port_fail("osheap: no RAM between __HeapBase and __HeapLimit of the linker script",
                          NULL);
    }
    return true;
}

/* Starts the heap, if nothing has, so that a wrong region is reported now. */
void os_heap_mynewt_init(void)
{
    SYSINIT_ASSERT_ACTIVE();
    void *block = os_malloc(1);
    if (block == NULL) {
        os_heap_port_fail("osheap: too little RAM for one page of the heap", __HeapBase);
    }
    os_free(block);
}
