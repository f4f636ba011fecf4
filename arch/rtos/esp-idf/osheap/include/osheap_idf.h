/* SPDX-License-Identifier: Apache-2.0 */
/* The heap beside ESP-IDF's. */
#ifndef OSHEAP_IDF_H
#define OSHEAP_IDF_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Is this an address in the heap's region, or in one that os_heap_add_region has added with a
 * capability: os_free's to give back, not free's? Any context. O(regions).
 */
bool osheap_has(const void *address);

#ifdef __cplusplus
}
#endif

#endif
