// SPDX-License-Identifier: Apache-2.0
// The harness's own memory: mapped, never taken from the allocator under test.
#ifndef STORM_MEMORY_H
#define STORM_MEMORY_H

#include <stddef.h>
#include <stdint.h>

// Zeroed memory, present from the start so that the base RSS contains it. Dies
// when the system has none.
void *storm_map(size_t bytes);

// The same, but a page appears only when it is touched.
void *storm_map_lazy(size_t bytes);

uint64_t storm_rss_bytes(void);
uint64_t storm_peak_rss_bytes(void);

#endif
