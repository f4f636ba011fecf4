/* SPDX-License-Identifier: Apache-2.0 */
/* The OS part of the port contract. It calls the RTOS's hooks. */
#include "arch.h"
#include "os/os_heap_port.h"
#include "osh_config.h"

_Static_assert((unsigned)OSH_MUTEXES == OS_HEAP_PORT_MUTEXES, "as many as the header says");

/* Makes the linker take osh_libc.c with this file. Nothing reads it, so with --gc-sections it takes
 * no room. A program with its own malloc defines the symbol: -Wl,--defsym=osh_libc_routes=0. */
extern const char osh_libc_routes;
static const char *const route __attribute__((used)) = &osh_libc_routes;

#if OSH_SMALL_CODE && defined(OSH_CPU_TELLS_INTERRUPTS)
/* Does nothing, because the CPU knows when it is in a handler. */
void os_heap_interrupt_enter(void)
{
}

void os_heap_interrupt_leave(void)
{
}

__attribute__((weak)) bool os_heap_port_in_interrupt(void)
{
    return osh_cpu_in_interrupt();
}
#else
/* One per core. Only that core writes it, with interrupts masked. */
static unsigned nesting[OSH_CORES];

/* No program nests so deep: an interrupt entry is then without an exit. */
enum { DEEPEST = 255 };

static volatile unsigned *nesting_here(void)
{
    osh_arch_require_core();
    return &nesting[osh_cpu_core()];
}

/* A count that never returns to 0 would refuse every large request of the core, for ever. */
static void set_nesting(volatile unsigned *count, unsigned deep)
{
    if (OSH_UNLIKELY(deep > DEEPEST)) { /* below 0, too */
        osh_arch_fail(OSH_NAMED("bracket",
                                "os_heap_interrupt_enter and os_heap_interrupt_leave are "
                                "not called in pairs on this core"),
                      (const void *)(uintptr_t)deep);
    }
    *count = deep;
}

void os_heap_interrupt_enter(void)
{
    volatile unsigned *count = nesting_here();
    set_nesting(count, *count + 1);
}

void os_heap_interrupt_leave(void)
{
    volatile unsigned *count = nesting_here();
    set_nesting(count, *count - 1);
}

__attribute__((weak)) bool os_heap_port_in_interrupt(void)
{
    if (osh_cpu_in_interrupt()) {
        return true;
    }
    /* Masked, so that the task cannot migrate between reading the core's number and its word. It
     * would then read about another core's interrupts. */
    osh_word_t state = osh_cpu_mask();
    bool nested = *nesting_here() != 0;
    osh_cpu_unmask(state);
    return nested;
}
#endif

bool osh_arch_in_interrupt(void)
{
    return os_heap_port_in_interrupt();
}

/* Linkers print a function's section with what the function misses: this one is the cure. */
#define CALLS_A_HOOK \
    __attribute__((section(".text.define_this_hook_of_os_heap_port.h_or_link_osheap_noos")))

/* Before the start one core calls, because nothing is locked. */
static void require_lone_core(void)
{
#if OSH_CORES > 1 && OSH_HARDENING > 0
    static osh_word_t lone; /* the core's number, and 1; publishes nothing */
    osh_word_t here = osh_cpu_core() + 1u;
    osh_word_t before = osh_load(&lone);
    if (before == 0) {
        osh_store(&lone, here);
    } else if (OSH_UNLIKELY(before != here)) {
        osh_arch_fail(OSH_NAMED("started",
                                "two cores call the heap, but os_heap_port_started is "
                                "false: nothing is locked (osheap_noos is for one core)"),
                      (const void *)(uintptr_t)(here - 1u));
    }
#endif
}

CALLS_A_HOOK bool osh_arch_os_started(void)
{
    bool started = os_heap_port_started();
    if (!started) {
        require_lone_core();
    }
    return started;
}

/* A mutex that lets its holder in again would let a task into a heap that it has interrupted. */
static void require_refusal(enum osh_mutex mutex)
{
    static bool asked[OSH_MUTEXES]; /* each under its mutex */
    if (OSH_HARDENING > 0 && OSH_UNLIKELY(!asked[mutex])) {
        asked[mutex] = true;
        if (os_heap_port_try_lock(mutex)) {
            osh_arch_fail(OSH_NAMED("mutex", "os_heap_port_try_lock gives a mutex to its holder: "
                                             "it must refuse"),
                          NULL);
        }
    }
}

/* Asks whether the caller may wait only if it would have to, because some RTOSes take locks to
 * answer. A caller that has masked interrupts may not wait under any RTOS: no other task can run.
 */
CALLS_A_HOOK bool osh_arch_lock(enum osh_mutex mutex)
{
    if (os_heap_port_try_lock(mutex)) {
        require_refusal(mutex);
        return true;
    }
    if (osh_cpu_masked() || !os_heap_port_may_wait()) {
        return false;
    }
    os_heap_port_lock(mutex);
    require_refusal(mutex);
    return true;
}

CALLS_A_HOOK bool osh_arch_try_lock(enum osh_mutex mutex)
{
    return os_heap_port_try_lock(mutex);
}

CALLS_A_HOOK void osh_arch_unlock(enum osh_mutex mutex)
{
    os_heap_port_unlock(mutex);
}

void osh_arch_yield(void)
{
    os_heap_port_yield();
}

void osh_arch_publish(void)
{
    osh_fence();
    os_heap_port_sync_cores();
}

bool osh_arch_region(void **region, size_t *bytes)
{
    return os_heap_port_region(region, bytes);
}

/* The next four are not called: RAM cannot be given back (OSH_ARCH_DECOMMITS is 0). */

size_t osh_arch_idle_bytes(void)
{
    return SIZE_MAX;
}

size_t osh_arch_decay(void)
{
    return 0;
}

osh_word_t osh_arch_milliseconds(void)
{
    return 0;
}

bool osh_arch_decommit(uintptr_t *from, uintptr_t *to)
{
    *to = *from;
    return true;
}

uintptr_t osh_arch_secret(void)
{
    return os_heap_port_secret();
}

void osh_arch_fail(const char *reason, const void *address)
{
    os_heap_port_fail(reason, address);
}
