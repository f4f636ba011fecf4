// SPDX-License-Identifier: Apache-2.0
// What Mynewt does today: a mutex around newlib's malloc.
#ifndef STORM_ALLOC_SEED_H
#define STORM_ALLOC_SEED_H

#include <stdbool.h>
#include <stddef.h>

#define STORM_NAME "seed"
#define STORM_HAS_REGION 1

// The range sbrk may use; 0 takes one that no scenario fills.
bool storm_start(size_t region_bytes);

static inline const char *storm_identity(void)
{
    return "newlib mallocr.c behind a pthread mutex";
}

// The first invariant of the heap that does not hold; NULL: none known broken.
static inline const char *storm_check_heap(void)
{
    return NULL;
}

void *storm_malloc(size_t size);
void storm_free(void *ptr);
void *storm_realloc(void *ptr, size_t size);

#endif
