/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The heap's hooks in the Pico SDK. Two cores, interrupts, and no scheduler: a mutex of the SDK is
 * owned by a core, and the other core sleeps until it is given back.
 */
#include "os/os_heap.h"
#include "os/os_heap_port.h"

#include <stdlib.h>

#include "pico.h"
#include "pico/malloc.h"
#include "pico/mutex.h"
#include "pico/runtime_init.h"

#if PICO_MUTEX_ENABLE_SDK120_COMPATIBILITY
#error \
    "osheap: PICO_MUTEX_ENABLE_SDK120_COMPATIBILITY makes mutexes recursive; the heap needs them plain"
#endif

/* Between the program's data and the end of RAM, as the SDK's sbrk has it. */
extern char __end__[];
extern char __StackLimit[];

_Static_assert(OS_HEAP_PORT_MUTEXES == 2, "one auto_init_mutex for each");
auto_init_mutex(osheap_mutex_0);
auto_init_mutex(osheap_mutex_1);

static bool started;

static mutex_t *mutex_of(unsigned mutex)
{
    return mutex == 0 ? &osheap_mutex_0 : &osheap_mutex_1;
}

bool os_heap_port_started(void)
{
    return started;
}

/* On RISC-V the default would know no handler. The timer's and the software interrupt have no
 * number there; their handlers run masked, and the heap never waits when masked. */
bool os_heap_port_in_interrupt(void)
{
    return __get_current_exception() != 0;
}

void os_heap_port_lock(unsigned mutex)
{
    mutex_enter_blocking(mutex_of(mutex));
}

/* Refuses the core that has it: mutexes are not recursive. */
bool os_heap_port_try_lock(unsigned mutex)
{
    return mutex_try_enter(mutex_of(mutex), NULL);
}

void os_heap_port_unlock(unsigned mutex)
{
    mutex_exit(mutex_of(mutex));
}

void os_heap_port_fail(const char *reason, const void *address)
{
    panic("osheap: %s: %p", reason, address);
}

bool os_heap_port_region(void **region, size_t *bytes)
{
    *region = __end__;
    *bytes = (size_t)((uintptr_t)__StackLimit - (uintptr_t)__end__);
    return true;
}

/* Core 1 does not run yet. Behind PICO_RUNTIME_INIT_MUTEX, "01100", which sets the mutexes up, and
 * ahead of static constructors. */
static void start(void)
{
    void *region;
    size_t bytes;
    (void)os_heap_port_region(&region, &bytes);
    if (os_heap_init(region, bytes) == OS_HEAP_EINVAL) {
        panic("osheap: %u bytes between the program's data and the end of RAM: too few",
              (unsigned)bytes);
    }
    started = true;
}
PICO_RUNTIME_INIT_FUNC_RUNTIME(start, "01101");

/* The SDK's malloc panics when memory is out, unless PICO_MALLOC_PANIC is 0. The linker's --wrap
 * turns the program's calls here, as the SDK's own does; the real ones are this heap's. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *ptr, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *ptr, size_t size);

static void *or_panic(void *block)
{
#if PICO_MALLOC_PANIC
    if (block == NULL) {
        panic("Out of memory");
    }
#endif
    return block;
}

void *__wrap_malloc(size_t size)
{
    return or_panic(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return or_panic(__real_calloc(count, size));
}

void *__wrap_realloc(void *ptr, size_t size)
{
    void *block = __real_realloc(ptr, size);
    return size == 0 && ptr != NULL ? block : or_panic(block);
}
