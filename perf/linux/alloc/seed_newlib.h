// SPDX-License-Identifier: Apache-2.0
// Included before newlib's mallocr.c: the break it grows, and the names it gets.
#ifndef STORM_ALLOC_SEED_NEWLIB_H
#define STORM_ALLOC_SEED_NEWLIB_H

#include <stddef.h>

void *seed_sbrk(ptrdiff_t increment);
void *seed_newlib_malloc(size_t size);
void seed_newlib_free(void *ptr);
void *seed_newlib_realloc(void *ptr, size_t size);

#endif
