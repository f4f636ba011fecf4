// SPDX-License-Identifier: Apache-2.0
// This project's heap.
#ifndef STORM_ALLOC_OSHEAP_H
#define STORM_ALLOC_OSHEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>

#include "os/os_heap.h"

#define STORM_NAME "osheap"
#define STORM_HAS_REGION 1

// `region_bytes` 0: the platform's own region.
static inline bool storm_start(size_t region_bytes)
{
    if (region_bytes == 0) {
        return true;
    }
    void *region = mmap(NULL, region_bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return region != MAP_FAILED && os_heap_init(region, region_bytes) == 0;
}

// Which port is at work.
static inline const char *storm_identity(void)
{
    struct os_heap_stats stats;
    os_heap_stats(&stats);
    return stats.port;
}

static inline const char *storm_check_heap(void)
{
    return os_heap_check();
}

static inline void *storm_malloc(size_t size)
{
    return os_malloc(size);
}

static inline void storm_free(void *ptr)
{
    os_free(ptr);
}

static inline void *storm_realloc(void *ptr, size_t size)
{
    return os_realloc(ptr, size);
}

#endif
