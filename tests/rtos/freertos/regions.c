/* SPDX-License-Identifier: Apache-2.0 */
/* Without configTOTAL_HEAP_SIZE, as heap_5: vPortDefineHeapRegions gives the region. */
#include "check.h"
#include "freertos_test.h"
#include "kernel.h"
#include "os/os_heap.h"

#define BYTES (64 * 1024u)

static uint8_t memory[BYTES];
static const HeapRegion_t none[] = {{NULL, 0}};
static const HeapRegion_t tiny[] = {{memory, 8}, {NULL, 0}};
static const HeapRegion_t two[] = {{memory, BYTES / 2}, {memory + BYTES / 2, BYTES / 2}, {NULL, 0}};
static const HeapRegion_t one[] = {{memory, BYTES}, {NULL, 0}};
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

int main(void)
{
    CHECK(xPortGetFreeHeapSize() == 0);
    CHECK(define_asserts(none));
    CHECK(define_asserts(two));
    CHECK(define_asserts(tiny));
    CHECK(!define_asserts(one));
    CHECK(define_asserts(one)); /* a second time */
    CHECK(xPortGetFreeHeapSize() > BYTES / 10 * 8 && xPortGetFreeHeapSize() < BYTES);
    uint8_t *block = pvPortMalloc(100);
    CHECK(block >= memory && block + 100 <= memory + BYTES);
    vPortFree(block);
    CHECK(pvPortMalloc(BYTES) == NULL);
    CHECK(!test_asserts(allocate));
    passed();
}
