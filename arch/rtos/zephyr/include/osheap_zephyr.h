/* SPDX-License-Identifier: Apache-2.0 */
/* What the Zephyr module has beside os/os_heap.h, malloc and k_malloc. */
#ifndef OSHEAP_ZEPHYR_H
#define OSHEAP_ZEPHYR_H

#include <stdbool.h>
#include <zephyr/sys/mem_stats.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Fills in Zephyr's three figures, in bytes. Allocated is what the program has. Free is the rest of
 * the regions, cached blocks included: a cache is given back before an allocation fails. The
 * maximum counts cached blocks as allocated, so it is an upper bound.
 * Contexts: thread, before the kernel runs. Complexity: as os_heap_stats.
 * Returns 0, or -EINVAL if `stats` is NULL.
 * Source: Zephyr's sys_heap_runtime_stats_get.
 */
int osheap_runtime_stats_get(struct sys_memory_stats *stats);

/**
 * The same under the name that Zephyr's common C library has for its malloc. Contexts, complexity,
 * result: as osheap_runtime_stats_get.
 */
int malloc_runtime_stats_get(struct sys_memory_stats *stats);

/**
 * Is this an address in the heap's region, or in one that os_heap_add_region has added with a
 * capability? Any context. O(regions).
 */
bool osheap_has(const void *address);

#ifdef __cplusplus
}
#endif

#endif
