/* SPDX-License-Identifier: Apache-2.0 */
/* Without configTOTAL_HEAP_SIZE, as heap_5: vPortDefineHeapRegions gives the regions. */
#include "check.h"
#include "freertos_test.h"
#include "kernel.h"
#include "os/os_heap.h"

#define BYTES (64 * 1024u)

static uint8_t memory[BYTES];
static const HeapRegion_t none[] = {{NULL, 0}};
static const HeapRegion_t tiny[] = {{memory, 8}, {NULL, 0}};
/* The second is the longest; nothing lies between the first two. */
#define GAP 1024u
static const HeapRegion_t three[] = {{memory, BYTES / 4},
                                     {memory + BYTES / 4, BYTES / 2},
                                     {memory + BYTES / 4 * 3 + GAP, BYTES / 4 - GAP},
                                     {NULL, 0}};
static const HeapRegion_t *regions;

static void define(void)
{
    vPortDefineHeapRegions(regions);
}

static bool define_asserts(const HeapRegion_t *array)
{
    regions = array;
    return test_asserts(define);
}

static void allocate(void)
{
    (void)pvPortMalloc(40);
}

static bool is_in(const HeapRegion_t *region, const uint8_t *block, size_t bytes)
{
    return block >= region->pucStartAddress &&
           block + bytes <= region->pucStartAddress + region->xSizeInBytes;
}

/* Each block lies in one region, and each region serves. */
static void fill(void)
{
    enum { SIZE = 1000, MOST = BYTES / SIZE };
    static uint8_t *blocks[MOST];
    unsigned in[3] = {0, 0, 0};
    unsigned count = 0;
    while ((blocks[count] = pvPortMalloc(SIZE)) != NULL) {
        unsigned regions_of_it = 0;
        for (unsigned i = 0; i < 3; i++) {
            if (is_in(&three[i], blocks[count], SIZE)) {
                in[i]++;
                regions_of_it++;
            }
        }
        CHECK(regions_of_it == 1);
        count++;
    }
    CHECK(in[0] >= 12 && in[1] >= 25 && in[2] >= 11);
    while (count > 0) {
        vPortFree(blocks[--count]);
    }
}

static HeapStats_t stats(void)
{
    HeapStats_t now;
    vPortGetHeapStats(&now);
    return now;
}

/* Where the longest region has no room, the free block of another is the largest. */
static void statistics_see_all_regions(void)
{
    HeapStats_t empty = stats();
    CHECK(empty.xNumberOfFreeBlocks == 3);
    CHECK(empty.xSizeOfSmallestFreeBlockInBytes < BYTES / 4);
    void *most = pvPortMalloc(empty.xSizeOfLargestFreeBlockInBytes);
    CHECK(most != NULL);
    size_t largest = stats().xSizeOfLargestFreeBlockInBytes;
    CHECK(largest > BYTES / 4 - GAP && largest < BYTES / 4);
    void *second = pvPortMalloc(largest);
    CHECK(second != NULL && stats().xNumberOfFreeBlocks <= empty.xNumberOfFreeBlocks);
    vPortFree(second);
    vPortFree(most);
}

int main(void)
{
    CHECK(xPortGetFreeHeapSize() == 0);
    CHECK(define_asserts(none));
    CHECK(define_asserts(tiny));
    CHECK(!define_asserts(three));
    CHECK(define_asserts(three)); /* a second time */
    size_t free_bytes = xPortGetFreeHeapSize();
    CHECK(free_bytes > BYTES / 10 * 8 && free_bytes < BYTES);
    uint8_t *block = pvPortMalloc(100);
    CHECK(is_in(&three[1], block, 100));
    vPortFree(block);
    (void)os_heap_trim();
    statistics_see_all_regions();
    fill();
    (void)os_heap_trim(); /* what is cached counts as used */
    CHECK(xPortGetFreeHeapSize() == free_bytes);
    CHECK(pvPortMalloc(BYTES) == NULL);
    CHECK(!test_asserts(allocate));
    passed();
}
