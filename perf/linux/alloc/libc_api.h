// SPDX-License-Identifier: Apache-2.0
// The C library's names, for allocators that take them over by being linked.
#ifndef STORM_ALLOC_LIBC_API_H
#define STORM_ALLOC_LIBC_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#define STORM_HAS_REGION 0

static inline bool storm_start(size_t region_bytes)
{
    return region_bytes == 0;
}

// The file malloc comes from: shows which allocator is really under test.
const char *storm_identity(void);

// The first invariant of the heap that does not hold; NULL: none known broken.
static inline const char *storm_check_heap(void)
{
    return NULL;
}

static inline void *storm_malloc(size_t size)
{
    return malloc(size);
}

static inline void storm_free(void *ptr)
{
    free(ptr);
}

static inline void *storm_realloc(void *ptr, size_t size)
{
    return realloc(ptr, size);
}

#endif
