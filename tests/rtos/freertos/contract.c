/* SPDX-License-Identifier: Apache-2.0 */
/* What FreeRTOS's manual and portable.h say of each call, tried before the scheduler starts and in
 * a task. */
#include "check.h"
#include "freertos_test.h"
#include "kernel.h"
#include "os/os_heap.h"

#include <string.h>

#define SIZES 60u
#define LARGE 5000u
#define REPEATED 3000u
#define LINKS 32u /* bytes at a free block's ends that are the heap's */

static HeapStats_t stats(void)
{
    HeapStats_t now;
    memset(&now, 0xa5, sizeof(now));
    vPortGetHeapStats(&now);
    return now;
}

static void nothing_is_free_before_the_first_allocation(void)
{
    CHECK(xPortGetFreeHeapSize() == 0);
    CHECK(xPortGetMinimumEverFreeHeapSize() == 0);
}

static void a_block_is_aligned_and_its_own(void)
{
    static unsigned char *blocks[SIZES];
    for (unsigned i = 0; i < SIZES; i++) {
        blocks[i] = pvPortMalloc(1 + i * i * 3);
        CHECK(blocks[i] != NULL && (uintptr_t)blocks[i] % portBYTE_ALIGNMENT == 0);
        memset(blocks[i], (int)i, 1 + i * i * 3);
    }
    for (unsigned i = 0; i < SIZES; i++) {
        for (unsigned j = 0; j < 1 + i * i * 3; j++) {
            CHECK(blocks[i][j] == (unsigned char)i);
        }
        vPortFree(blocks[i]);
    }
}

static void no_bytes_are_no_block_and_null_is_no_block_to_free(void)
{
    struct test_traces before = test_traces;
    CHECK(pvPortMalloc(0) == NULL);
    CHECK(test_traces.failures == before.failures + 1);
    vPortFree(NULL);
    CHECK(test_traces.frees == before.frees);
}

static void what_cannot_be_had_is_null_and_calls_the_hook_once(void)
{
    unsigned failures = test_traces.failures;
    CHECK(pvPortMalloc(configTOTAL_HEAP_SIZE + 1) == NULL);
    CHECK(pvPortMalloc(SIZE_MAX) == NULL);
    CHECK(test_traces.failures == failures + 2);
    CHECK(pvPortCalloc(SIZE_MAX / 2, 3) == NULL);
    CHECK(test_traces.failures == failures + 2);
    CHECK(pvPortCalloc(configTOTAL_HEAP_SIZE, 2) == NULL);
    CHECK(test_traces.failures == failures + 3);
}

static void calloc_is_zero(void)
{
    for (size_t size = 1; size < LARGE; size = size * 2 + 1) {
        unsigned char *block = pvPortMalloc(size);
        CHECK(block != NULL);
        memset(block, 0xa5, size);
        vPortFree(block);
        block = pvPortCalloc(size, 1);
        CHECK(block != NULL);
        for (size_t i = 0; i < size; i++) {
            CHECK(block[i] == 0);
        }
        vPortFree(block);
    }
}

/* configHEAP_CLEAR_MEMORY_ON_FREE. */
static void a_freed_block_is_cleared(void)
{
    for (size_t size = 4 * LINKS; size < LARGE; size *= 2) {
        volatile unsigned char *block = pvPortMalloc(size);
        CHECK(block != NULL);
        memset((void *)(uintptr_t)block, 0xa5, size);
        vPortFree((void *)(uintptr_t)block);
        for (size_t i = LINKS; i < size - LINKS; i++) {
            CHECK(block[i] == 0);
        }
    }
}

static void trace_macros_get_the_block_and_its_size(void)
{
    struct test_traces before = test_traces;
    void *block = pvPortMalloc(100);
    CHECK(test_traces.mallocs == before.mallocs + 1);
    CHECK(test_traces.block == block && test_traces.size == os_malloc_usable_size(block));
    vPortFree(block);
    CHECK(test_traces.frees == before.frees + 1);
    CHECK(test_traces.block == block && test_traces.size >= 100);
    CHECK(pvPortMalloc(SIZE_MAX) == NULL);
    CHECK(test_traces.block == NULL && test_traces.size == 0);
}

static void statistics_count_calls_that_succeeded(void)
{
    HeapStats_t before = stats();
    void *blocks[10];
    for (unsigned i = 0; i < 10; i++) {
        blocks[i] = i % 2 == 0 ? pvPortMalloc(40 * i + 1) : pvPortCalloc(2, i);
    }
    (void)pvPortMalloc(SIZE_MAX);
    for (unsigned i = 0; i < 7; i++) {
        vPortFree(blocks[i]);
    }
    vPortFree(NULL);
    HeapStats_t after = stats();
    CHECK(after.xNumberOfSuccessfulAllocations == before.xNumberOfSuccessfulAllocations + 10);
    CHECK(after.xNumberOfSuccessfulFrees == before.xNumberOfSuccessfulFrees + 7);
    for (unsigned i = 7; i < 10; i++) {
        vPortFree(blocks[i]);
    }
}

static void free_bytes_fall_and_come_back(void)
{
    (void)os_heap_trim();
    size_t before = xPortGetFreeHeapSize();
    CHECK(before > configTOTAL_HEAP_SIZE / 10 * 8 && before < configTOTAL_HEAP_SIZE);
    void *block = pvPortMalloc(LARGE);
    size_t with = xPortGetFreeHeapSize();
    CHECK(with + LARGE <= before && with + LARGE + LARGE / 4 >= before);
    CHECK(xPortGetMinimumEverFreeHeapSize() <= with);
    CHECK(stats().xAvailableHeapSpaceInBytes == with);
    vPortFree(block);
    (void)os_heap_trim(); /* what is cached counts as used */
    CHECK(xPortGetFreeHeapSize() == before);
}

static void the_least_free_stays_until_it_is_reset(void)
{
    void *block = pvPortMalloc(20 * LARGE);
    CHECK(block != NULL);
    size_t with = xPortGetFreeHeapSize();
    vPortFree(block);
    (void)os_heap_trim();
    CHECK(xPortGetMinimumEverFreeHeapSize() <= with);
    CHECK(stats().xMinimumEverFreeBytesRemaining == xPortGetMinimumEverFreeHeapSize());
    xPortResetHeapMinimumEverFreeHeapSize();
    CHECK(xPortGetMinimumEverFreeHeapSize() == xPortGetFreeHeapSize());
    CHECK(xPortGetMinimumEverFreeHeapSize() > with);
}

static void statistics_describe_what_is_free(void)
{
    (void)os_heap_trim();
    HeapStats_t empty = stats();
    CHECK(empty.xNumberOfFreeBlocks >= 1);
    CHECK(empty.xSizeOfSmallestFreeBlockInBytes <= empty.xSizeOfLargestFreeBlockInBytes ||
          empty.xNumberOfFreeBlocks == 1);
    CHECK(empty.xSizeOfLargestFreeBlockInBytes <= empty.xAvailableHeapSpaceInBytes);
    void *largest = pvPortMalloc(empty.xSizeOfLargestFreeBlockInBytes);
    CHECK(largest != NULL);
    vPortFree(largest);
    /* Every second of a row: as many holes. */
    void *row[20];
    for (unsigned i = 0; i < 20; i++) {
        row[i] = pvPortMalloc(LARGE);
        CHECK(row[i] != NULL);
    }
    (void)os_heap_trim();
    size_t before = stats().xNumberOfFreeBlocks;
    for (unsigned i = 1; i < 18; i += 2) {
        vPortFree(row[i]);
    }
    (void)os_heap_trim();
    HeapStats_t cut = stats();
    CHECK(cut.xNumberOfFreeBlocks == before + 9);
    CHECK(cut.xSizeOfSmallestFreeBlockInBytes < LARGE + LARGE / 4);
    for (unsigned i = 0; i < 20; i += i == 18 ? 1 : 2) {
        vPortFree(row[i]);
    }
}

/* A hole between blocks, longer than all that is free elsewhere. */
static void the_largest_free_block_is_the_largest(void)
{
    void *chain = NULL;
    void *hole = pvPortMalloc(20 * LARGE);
    void *behind = pvPortMalloc(LARGE);
    for (void *block; (block = pvPortMalloc(2 * LARGE)) != NULL; chain = block) {
        *(void **)block = chain;
    }
    vPortFree(hole);
    (void)os_heap_trim();
    size_t largest = stats().xSizeOfLargestFreeBlockInBytes;
    CHECK(largest >= 20 * LARGE && pvPortMalloc(largest + LARGE) == NULL);
    hole = pvPortMalloc(largest);
    CHECK(hole != NULL);
    vPortFree(hole);
    vPortFree(behind);
    while (chain != NULL) {
        void *next = *(void **)chain;
        vPortFree(chain);
        chain = next;
    }
}

static void all_of_it_can_be_taken_and_is_there_again(void)
{
    (void)os_heap_trim();
    size_t before = xPortGetFreeHeapSize();
    for (size_t size = 16; size < 2 * LARGE; size *= 5) {
        void *chain = NULL;
        void *block;
        unsigned failures = test_traces.failures;
        while ((block = pvPortMalloc(size)) != NULL) {
            *(void **)block = chain;
            chain = block;
        }
        CHECK(test_traces.failures == failures + 1);
        CHECK(xPortGetFreeHeapSize() < before / 4);
        while (chain != NULL) {
            void *next = *(void **)chain;
            vPortFree(chain);
            chain = next;
        }
        (void)os_heap_trim();
        CHECK(xPortGetFreeHeapSize() == before);
    }
}

static void all_calls(void)
{
    a_block_is_aligned_and_its_own();
    no_bytes_are_no_block_and_null_is_no_block_to_free();
    what_cannot_be_had_is_null_and_calls_the_hook_once();
    calloc_is_zero();
    a_freed_block_is_cleared();
    trace_macros_get_the_block_and_its_size();
    statistics_count_calls_that_succeeded();
    free_bytes_fall_and_come_back();
    the_least_free_stays_until_it_is_reset();
    statistics_describe_what_is_free();
    the_largest_free_block_is_the_largest();
    all_of_it_can_be_taken_and_is_there_again();
}

static void define_regions(void)
{
    static const HeapRegion_t regions[] = {{(uint8_t *)0x1000, 0x1000}, {NULL, 0}};
    vPortDefineHeapRegions(regions);
}

static void *volatile for_handler;
static volatile unsigned handled;

/* More than heap_4 allows. */
static void handler(void)
{
    void *small = pvPortMalloc(40);
    CHECK(pvPortMalloc(LARGE) == NULL); /* nobody has the mutex */
    CHECK(small != NULL);
    vPortFree(small);
    if (board_core() == 0) {
        vPortFree(for_handler);
        for_handler = NULL;
    }
    handled++;
}

static void a_handler_has_small_blocks_and_frees_any(void)
{
    for_handler = pvPortMalloc(LARGE);
    CHECK(for_handler != NULL);
    kernel_on_tick(handler);
    while (handled < 20 || for_handler != NULL) {
        kernel_yield();
    }
    kernel_on_tick(NULL);
}

/* One of about the same size is kept: neither call asks the kernel. */
static void a_repeated_large_pair_takes_no_lock(void)
{
    (void)os_heap_trim();
    vPortFree(pvPortMalloc(REPEATED));
    unsigned before = test_kernel_calls;
    for (unsigned i = 0; i < 100; i++) {
        void *block = pvPortMalloc(REPEATED);
        CHECK(block != NULL);
        vPortFree(block);
    }
    CHECK(test_kernel_calls == before);
}

/* The kernel's locks are this core's then. Nobody has the heap's mutex. */
static void a_critical_section_has_large_blocks(void)
{
    taskENTER_CRITICAL();
    unsigned calls = test_kernel_calls;
    void *block = pvPortMalloc(4 * LARGE);
    vPortFree(block);
    bool asked = test_kernel_calls != calls;
    taskEXIT_CRITICAL();
    CHECK(block != NULL && !asked);
}

#ifdef portICCPMR_PRIORITY_MASK_REGISTER
/* As taskDISABLE_INTERRUPTS of Armv7-A does. The kernel refuses a call that would lower the mask.
 */
static void interrupts_masked_by_the_controller_stay_so(void)
{
    void *before = pvPortMalloc(20 * LARGE);
    portICCPMR_PRIORITY_MASK_REGISTER = configMAX_API_CALL_INTERRUPT_PRIORITY;
    unsigned calls = test_kernel_calls;
    void *large = pvPortMalloc(4 * LARGE);
    vPortFree(before);
    vPortFree(large);
    CHECK(test_kernel_calls == calls);
    CHECK(portICCPMR_PRIORITY_MASK_REGISTER == configMAX_API_CALL_INTERRUPT_PRIORITY);
    portICCPMR_PRIORITY_MASK_REGISTER = 0xff;
    CHECK(before != NULL && large != NULL);
}
#else
#define interrupts_masked_by_the_controller_stay_so() ((void)0)
#endif

static void task(unsigned number)
{
    (void)number;
    all_calls();
    a_repeated_large_pair_takes_no_lock();
    a_critical_section_has_large_blocks();
    interrupts_masked_by_the_controller_stay_so();
    a_handler_has_small_blocks_and_frees_any();
}

/* Before the scheduler is started again. Blocks stay. */
static void a_reset_forgets_counts_and_keeps_blocks(void)
{
    void *block = pvPortMalloc(LARGE);
    vPortHeapResetState();
    CHECK(xPortGetMinimumEverFreeHeapSize() == xPortGetFreeHeapSize());
    CHECK(stats().xNumberOfSuccessfulAllocations == 0 && stats().xNumberOfSuccessfulFrees == 0);
    vPortFree(block);
    CHECK(stats().xNumberOfSuccessfulFrees == 1);
}

static void done(void)
{
    a_reset_forgets_counts_and_keeps_blocks();
    report("kernel_calls", test_kernel_calls);
    passed();
}

int main(void)
{
    nothing_is_free_before_the_first_allocation();
    vPortInitialiseBlocks();
    all_calls();
    CHECK(test_asserts(define_regions)); /* beside configTOTAL_HEAP_SIZE */
    CHECK(test_kernel_calls == 0);       /* they would leave interrupts masked */
    kernel_task(task, 0);
    kernel_run(done);
}
