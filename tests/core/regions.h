/* SPDX-License-Identifier: Apache-2.0 */
/* Memory to add as regions, and which of them has a block. */
#ifndef REGIONS_H
#define REGIONS_H

#include "fresh_heap.h"
#include "os/os_heap.h"
#include "osh_arena.h"

#include <string.h>

#define PAGES 24
#define BYTES ((size_t)48 << 10)
#define DMA OS_HEAP_CAP_DMA
#define TCM OS_HEAP_CAP_TCM
#define DEFAULT OS_HEAP_CAP_DEFAULT

static unsigned char bank[4][BYTES] __attribute__((aligned(64)));

static inline void add(unsigned number, uint32_t caps)
{
    assert_int_equal(os_heap_add_region(bank[number], BYTES, caps), 0);
}

/* The number of the added region that holds the block; -1: the first region. */
static inline int region_of(const void *block)
{
    assert_non_null(block);
    for (int i = 0; i < 4; i++) {
        if ((uintptr_t)block - (uintptr_t)bank[i] < BYTES) {
            return i;
        }
    }
    assert_true(osh_arena_holds(block));
    return -1;
}

/* Frees a chain: each block begins with the address of the next. */
static inline void give_all(void *chain)
{
    while (chain != NULL) {
        void *next;
        memcpy(&next, chain, sizeof(next));
        os_free(chain);
        chain = next;
    }
}

static inline void everything_is_free_again(void)
{
    struct os_heap_stats stats;
    struct os_heap_gauge gauge;
    (void)os_heap_trim();
    os_heap_stats(&stats);
    assert_int_equal(stats.live, 0);
    assert_int_equal(stats.free, stats.region + stats.added);
    os_heap_gauge(&gauge);
    assert_int_equal(gauge.free, stats.free);
    assert_null(os_heap_check());
}

#endif
