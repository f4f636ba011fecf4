/* SPDX-License-Identifier: Apache-2.0 */
/* C23's and glibc's names that <stdlib.h> and <malloc.h> of this glibc may not declare. */
#ifndef OSH_MALLOC_H
#define OSH_MALLOC_H

#include "osh_compiler.h"

#include <stddef.h>

/* A symbol of osh_malloc_decay.c, for files that need its constructor. */
OSH_SHARED const char osh_malloc_decay_loads;

void free_sized(void *ptr, size_t size);
void free_aligned_sized(void *ptr, size_t alignment, size_t size);
void cfree(void *ptr);

#endif
