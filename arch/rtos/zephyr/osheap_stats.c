/* SPDX-License-Identifier: Apache-2.0 */
/* The heap's figures in the shape of Zephyr's. */
#include "os/os_heap.h"
#include "osheap_zephyr.h"

#include <errno.h>

int osheap_runtime_stats_get(struct sys_memory_stats *stats)
{
    if (stats == NULL) {
        return -EINVAL;
    }
    struct os_heap_stats heap;
    struct os_heap_gauge gauge;
    os_heap_stats(&heap);
    os_heap_gauge(&gauge);
    size_t bytes = heap.region + heap.added;
    size_t most = bytes - gauge.least_free;
    stats->allocated_bytes = heap.live;
    stats->free_bytes = bytes - heap.live;
    stats->max_allocated_bytes = most > heap.live ? most : heap.live;
    return 0;
}

int malloc_runtime_stats_get(struct sys_memory_stats *stats)
{
    return osheap_runtime_stats_get(stats);
}
