/* SPDX-License-Identifier: Apache-2.0 */
/* C23's and glibc's names that <stdlib.h> and <malloc.h> of this glibc may not declare. */
#ifndef OSH_MALLOC_H
#define OSH_MALLOC_H

#include <stddef.h>

void free_sized(void *ptr, size_t size);
void free_aligned_sized(void *ptr, size_t alignment, size_t size);
void cfree(void *ptr);

#endif
