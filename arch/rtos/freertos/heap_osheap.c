/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FreeRTOS's heap, in the place of heap_4.c or heap_5.c: the memory management of portable.h on
 * os/os_heap.h. osheap_hooks.c belongs to it. README.md has what differs.
 *
 * The region is ucHeap, of configTOTAL_HEAP_SIZE bytes, as in heap_4; without configTOTAL_HEAP_SIZE
 * it is what vPortDefineHeapRegions is given, as in heap_5: caches, slabs and newlib's heap lie in
 * the longest region, and the others are asked when that has no room.
 */
#include "os/os_heap.h"

#include <stdint.h>
#include <string.h>

#include "FreeRTOS.h"
#include "os/os_heap_port.h"
#include "osheap_cpu.h"
#include "osheap_freertos.h"
#include "task.h"

#if configSUPPORT_DYNAMIC_ALLOCATION != 1
#error "heap_osheap.c: leave it out if configSUPPORT_DYNAMIC_ALLOCATION is 0"
#endif

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
    const HeapRegion_t *longest = regions;
    for (const HeapRegion_t *region = regions; region->xSizeInBytes != 0; region++) {
        longest = region->xSizeInBytes > longest->xSizeInBytes ? region : longest;
    }
    int status = os_heap_init(longest->pucStartAddress, longest->xSizeInBytes);
    if (status == OS_HEAP_EALREADY) {
        os_heap_port_fail("heap: vPortDefineHeapRegions a second time, or after an allocation",
                          regions);
    } else if (status != 0) {
        os_heap_port_fail("heap: vPortDefineHeapRegions with a region that is NULL, or too small "
                          "for a page of the heap",
                          regions);
    }
    for (const HeapRegion_t *region = regions; region->xSizeInBytes != 0; region++) {
        if (region != longest && os_heap_add_region(region->pucStartAddress, region->xSizeInBytes,
                                                    OS_HEAP_CAP_DEFAULT) != 0) {
            os_heap_port_fail("heap: vPortDefineHeapRegions with a region that is NULL, too small, "
                              "or overlaps another",
                              region);
        }
    }
}
#endif

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
    stats->xSizeOfLargestFreeBlockInBytes = walk.largest_free;
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
    osheap_hooks_reset();
    os_heap_gauge_reset();
    memset(allocations, 0, sizeof(allocations));
    memset(frees, 0, sizeof(frees));
}
