/* SPDX-License-Identifier: Apache-2.0 */
/* The heap's hooks (os/os_heap_port.h) on FreeRTOS's kernel. */
#include <stdint.h>
#include <string.h>

#include "FreeRTOS.h"
#include "os/os_heap_port.h"
#include "osheap_cpu.h"
#include "osheap_freertos.h"
#include "semphr.h"
#include "task.h"

#if configUSE_MUTEXES != 1
#error "osheap_hooks.c locks large blocks with FreeRTOS's mutexes: set configUSE_MUTEXES to 1"
#endif
#if configSUPPORT_STATIC_ALLOCATION != 1
#error \
    "osheap_hooks.c cannot take its mutexes from itself: set configSUPPORT_STATIC_ALLOCATION to 1"
#endif
#if INCLUDE_xTaskGetSchedulerState != 1
#error "osheap_hooks.c asks for the scheduler's state: set INCLUDE_xTaskGetSchedulerState to 1"
#endif

/*
 * A mutex of the heap is two things. `held` is the lock. `mutex`, the kernel's, is where tasks wait
 * with priority inheritance; whoever has it gets `held` soon. A caller that has masked interrupts
 * takes `held` alone: a kernel call would unmask them. It is not preempted while it has it.
 */
static struct lock {
    SemaphoreHandle_t mutex;
    StaticSemaphore_t memory;
    unsigned held;
    bool through_kernel; /* the holder has `mutex` as well; only the holder reads and writes it */
} locks[OS_HEAP_PORT_MUTEXES];

#if configNUMBER_OF_CORES > 1 && !defined(__GCC_HAVE_SYNC_COMPARE_AND_SWAP_4)
/* Of RP2040's spinlocks the kernel has two. A caller of the heap in a critical section holds them,
 * so the heap's must be another, and no other code's. */
#if defined(configSMP_SPINLOCK_0)
#if !defined(OSH_RP2040_SPINLOCK) || OSH_RP2040_SPINLOCK == configSMP_SPINLOCK_0 || \
    OSH_RP2040_SPINLOCK == configSMP_SPINLOCK_1
#error \
    "RP2040: set OSH_RP2040_SPINLOCK in FreeRTOSConfig.h to the number that the library was built with: 24 to 31, not one of the kernel's"
#endif
#define claim_spinlock() spin_lock_claim(OSH_RP2040_SPINLOCK)
#endif
unsigned osheap_wanted[2]; /* does the core want a word, or have one? */
unsigned osheap_turn;      /* the core that goes first if both do */
#endif

/* Has the scheduler started, and do the mutexes exist? */
static unsigned running;

static void make_mutexes(void)
{
    taskENTER_CRITICAL();
    for (unsigned i = 0; i < OS_HEAP_PORT_MUTEXES; i++) {
        if (locks[i].mutex == NULL) {
            locks[i].mutex = xSemaphoreCreateMutexStatic(&locks[i].memory);
        }
    }
    /* Publishes the mutexes; pairs with the load in os_heap_port_started(). */
    osheap_store(&running, 1);
    taskEXIT_CRITICAL();
}

/* The kernel is asked until it has started: on several cores its answer takes two spin locks. The
 * mutexes are made then, because a kernel call before that leaves interrupts masked. */
bool os_heap_port_started(void)
{
    /* Observes the mutexes; pairs with make_mutexes(). */
    if (osheap_load(&running) != 0) {
        return true;
    }
    if (xTaskGetSchedulerState() == taskSCHEDULER_NOT_STARTED) {
        return false;
    }
    if (!osheap_masked()) {
        make_mutexes();
    }
    return true;
}

#ifdef OSHEAP_IN_HANDLER
bool os_heap_port_in_interrupt(void)
{
    return OSHEAP_IN_HANDLER();
}
#endif

#if INCLUDE_xTaskGetIdleTaskHandle == 1
/* An idle task must not block. */
static bool is_idle_task(void)
{
#if configNUMBER_OF_CORES > 1
    for (BaseType_t core = 0; core < configNUMBER_OF_CORES; core++) {
        if (xTaskGetIdleTaskHandleForCore(core) == xTaskGetCurrentTaskHandle()) {
            return true;
        }
    }
    return false;
#else
    return xTaskGetIdleTaskHandle() == xTaskGetCurrentTaskHandle();
#endif
}
#else
#define is_idle_task() false
#endif

bool os_heap_port_may_wait(void)
{
    return !osheap_masked() && xTaskGetSchedulerState() == taskSCHEDULER_RUNNING && !is_idle_task();
}

/* Waits for `held` only while a caller with masked interrupts has it on another core. */
void os_heap_port_lock(unsigned mutex)
{
    struct lock *lock = &locks[mutex];
    (void)xSemaphoreTake(lock->mutex, portMAX_DELAY);
    while (osheap_swap(&lock->held, 1) != 0) {
    }
    lock->through_kernel = true;
}

bool os_heap_port_try_lock(unsigned mutex)
{
    struct lock *lock = &locks[mutex];
    bool through_kernel = !osheap_masked();
    if (through_kernel && xSemaphoreTake(lock->mutex, 0) != pdTRUE) {
        return false;
    }
    if (osheap_swap(&lock->held, 1) != 0) {
        if (through_kernel) {
            (void)xSemaphoreGive(lock->mutex);
        }
        return false;
    }
    lock->through_kernel = through_kernel;
    return true;
}

void os_heap_port_unlock(unsigned mutex)
{
    struct lock *lock = &locks[mutex];
    bool through_kernel = lock->through_kernel;
    /* Publishes what was written under the lock; pairs with osheap_swap(). */
    osheap_store(&lock->held, 0);
    if (through_kernel) {
        (void)xSemaphoreGive(lock->mutex);
    }
}

/* Another task, perhaps of lower priority, is starting the heap. */
void os_heap_port_yield(void)
{
#if INCLUDE_vTaskDelay == 1
    if (os_heap_port_may_wait()) {
        vTaskDelay(1);
    }
#endif
}

/* A report hook (os_heap_set_report_hook) learns more. */
void os_heap_port_fail(const char *reason, const void *address)
{
    (void)address;
    (void)reason;
    configASSERT(reason == NULL);
    taskDISABLE_INTERRUPTS();
    for (;;) {
    }
}

#if configNUMBER_OF_CORES > 1
#ifndef claim_spinlock
#define claim_spinlock() ((void)0)
#endif

/* The heap starts, once. */
void os_heap_port_sync_cores(void)
{
    claim_spinlock();
    if (xTaskGetSchedulerState() != taskSCHEDULER_NOT_STARTED) {
        os_heap_port_fail("heap: on several cores, allocate or call vPortDefineHeapRegions before "
                          "vTaskStartScheduler",
                          NULL);
    }
}
#endif

#if configENABLE_HEAP_PROTECTOR == 1
extern void vApplicationGetRandomHeapCanary(portPOINTER_SIZE_TYPE *canary);

uintptr_t os_heap_port_secret(void)
{
    portPOINTER_SIZE_TYPE canary = 0;
    vApplicationGetRandomHeapCanary(&canary);
    return (uintptr_t)canary;
}
#endif

#if INCLUDE_xSemaphoreGetMutexHolder == 1
void os_heap_task_deleted(void *task)
{
    for (unsigned i = 0; i < OS_HEAP_PORT_MUTEXES; i++) {
        if (locks[i].mutex != NULL && xSemaphoreGetMutexHolder(locks[i].mutex) == task) {
            os_heap_port_fail("heap: a task is deleted inside a call of the heap", task);
        }
    }
}
#endif

void osheap_hooks_reset(void)
{
    osheap_store(&running, 0); /* one task runs: pairs with nothing */
    memset(locks, 0, sizeof(locks));
}
