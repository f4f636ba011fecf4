// SPDX-License-Identifier: Apache-2.0
// An allocator with a fault: once in a while it changes one bit inside the block
// before. Only a test uses it, to show that verify mode would notice.
#ifndef STORM_ALLOC_BROKEN_H
#define STORM_ALLOC_BROKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#define STORM_NAME "broken"
#define STORM_HAS_REGION 0

enum { BROKEN_EVERY = 1000, BROKEN_AT_MOST = 40 };

static inline bool storm_start(size_t region_bytes)
{
    return region_bytes == 0;
}

static inline const char *storm_identity(void)
{
    return "broken on purpose";
}

static inline const char *storm_check_heap(void)
{
    return NULL;
}

static inline void *storm_malloc(size_t size)
{
    static _Thread_local char *before;
    static _Thread_local size_t before_size;
    static _Thread_local unsigned calls;
    char *ptr = malloc(size);
    if (++calls % BROKEN_EVERY == 0 && before != NULL) {
        before[before_size / 2 < BROKEN_AT_MOST ? before_size / 2 : BROKEN_AT_MOST] ^= 1;
    }
    before = ptr;
    before_size = size;
    return ptr;
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
