/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FreeRTOS's heap, in the place of heap_4.c or heap_5.c: the memory management of portable.h on
 * os/os_heap.h, and the hooks of os/os_heap_port.h on the kernel. README.md has what differs.
 *
 * The region is ucHeap, of configTOTAL_HEAP_SIZE bytes, as in heap_4; without configTOTAL_HEAP_SIZE
 * it is what vPortDefineHeapRegions is given, as in heap_5.
 */
#include "os/os_heap.h"

#include <stdint.h>
#include <string.h>

#include "FreeRTOS.h"
#include "os/os_heap_port.h"
#include "osheap_cpu.h"
#include "osheap_freertos.h"
#include "semphr.h"
#include "task.h"

#if configSUPPORT_DYNAMIC_ALLOCATION != 1
#error "heap_osheap.c: leave it out if configSUPPORT_DYNAMIC_ALLOCATION is 0"
#endif
#if configUSE_MUTEXES != 1
#error "heap_osheap.c locks large blocks with FreeRTOS's mutexes: set configUSE_MUTEXES to 1"
#endif
#if configSUPPORT_STATIC_ALLOCATION != 1
#error "heap_osheap.c cannot take its mutexes from itself: set configSUPPORT_STATIC_ALLOCATION to 1"
#endif
#if INCLUDE_xTaskGetSchedulerState != 1
#error "heap_osheap.c asks for the scheduler's state: set INCLUDE_xTaskGetSchedulerState to 1"
#endif

/* --- The hooks. --- */

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
void os_heap_port_sync_cores(void)
{
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

/* --- The region. --- */

#ifdef configTOTAL_HEAP_SIZE
#if configAPPLICATION_ALLOCATED_HEAP == 1
extern uint8_t ucHeap[configTOTAL_HEAP_SIZE];
#else
PRIVILEGED_DATA static uint8_t ucHeap[configTOTAL_HEAP_SIZE];
#endif

bool os_heap_port_region(void **region, size_t *bytes)
{
    *region = ucHeap;
    *bytes = configTOTAL_HEAP_SIZE;
    return true;
}

void vPortDefineHeapRegions(const HeapRegion_t *const regions)
{
    os_heap_port_fail("heap: vPortDefineHeapRegions beside a heap of configTOTAL_HEAP_SIZE: leave "
                      "configTOTAL_HEAP_SIZE undefined",
                      regions);
}
#else
bool os_heap_port_region(void **region, size_t *bytes)
{
    (void)region;
    (void)bytes;
    os_heap_port_fail("heap: no region: define configTOTAL_HEAP_SIZE, or call "
                      "vPortDefineHeapRegions before the first allocation",
                      NULL);
}

void vPortDefineHeapRegions(const HeapRegion_t *const regions)
{
    if (regions[0].xSizeInBytes == 0) {
        os_heap_port_fail("heap: vPortDefineHeapRegions without a region", regions);
    }
    if (regions[1].xSizeInBytes != 0) {
        os_heap_port_fail("heap: vPortDefineHeapRegions with more than one region", regions);
    }
    int status = os_heap_init(regions[0].pucStartAddress, regions[0].xSizeInBytes);
    if (status == OS_HEAP_EALREADY) {
        os_heap_port_fail("heap: vPortDefineHeapRegions a second time, or after an allocation",
                          regions);
    } else if (status != 0) {
        os_heap_port_fail("heap: vPortDefineHeapRegions with a region that is NULL, or too small "
                          "for a page of the heap",
                          regions);
    }
}
#endif

/* --- FreeRTOS's calls. --- */

/* A word a core, so that cores do not write to one line. */
static size_t allocations[configNUMBER_OF_CORES];
static size_t frees[configNUMBER_OF_CORES];

static size_t sum(const size_t *counters)
{
    size_t total = 0;
    for (unsigned core = 0; core < configNUMBER_OF_CORES; core++) {
        total += counters[core];
    }
    return total;
}

/* os_malloc aligns for any C object of the size. */
static void *aligned(size_t size)
{
    if (portBYTE_ALIGNMENT > _Alignof(max_align_t)) {
        return os_aligned_alloc(portBYTE_ALIGNMENT, size);
    }
    return os_malloc(size < portBYTE_ALIGNMENT ? portBYTE_ALIGNMENT : size);
}

void *pvPortMalloc(size_t size)
{
    void *block = size > 0 ? aligned(size) : NULL;
    if (block != NULL) {
        osheap_count(allocations);
    }
    traceMALLOC(block, block != NULL ? os_malloc_usable_size(block) : 0);
#if configUSE_MALLOC_FAILED_HOOK == 1
    if (block == NULL) {
        vApplicationMallocFailedHook();
    }
#endif
    configASSERT(((uintptr_t)block & (portBYTE_ALIGNMENT - 1)) == 0);
    return block;
}

void *pvPortCalloc(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        return NULL;
    }
    void *block = pvPortMalloc(bytes);
    return block != NULL ? memset(block, 0, bytes) : NULL;
}

void vPortFree(void *block)
{
    if (block == NULL) {
        return;
    }
#if configHEAP_CLEAR_MEMORY_ON_FREE == 1
    (void)memset(block, 0, os_malloc_usable_size(block));
#endif
    traceFREE(block, os_malloc_usable_size(block));
    osheap_count(frees);
    os_free(block);
}

size_t xPortGetFreeHeapSize(void)
{
    struct os_heap_gauge gauge;
    os_heap_gauge(&gauge);
    return gauge.free;
}

size_t xPortGetMinimumEverFreeHeapSize(void)
{
    struct os_heap_gauge gauge;
    os_heap_gauge(&gauge);
    return gauge.least_free;
}

void xPortResetHeapMinimumEverFreeHeapSize(void)
{
    os_heap_gauge_reset();
}

/* In a critical section, and while the scheduler is suspended, newlib's heap is left out if another
 * task has its mutex. */
void vPortGetHeapStats(HeapStats_t *stats)
{
    struct os_heap_gauge gauge;
    struct os_heap_stats walk;
    os_heap_stats(&walk);
    os_heap_gauge(&gauge);
    stats->xAvailableHeapSpaceInBytes = gauge.free;
    stats->xSizeOfLargestFreeBlockInBytes = gauge.largest;
    stats->xSizeOfSmallestFreeBlockInBytes = walk.free_blocks > 0 ? walk.smallest_free : SIZE_MAX;
    stats->xNumberOfFreeBlocks = walk.free_blocks;
    stats->xMinimumEverFreeBytesRemaining = gauge.least_free;
    stats->xNumberOfSuccessfulAllocations = sum(allocations);
    stats->xNumberOfSuccessfulFrees = sum(frees);
}

void vPortInitialiseBlocks(void)
{
}

/* Blocks stay with their owners: see README.md. */
void vPortHeapResetState(void)
{
    osheap_store(&running, 0); /* one task runs: pairs with nothing */
    memset(locks, 0, sizeof(locks));
    memset(allocations, 0, sizeof(allocations));
    memset(frees, 0, sizeof(frees));
}
