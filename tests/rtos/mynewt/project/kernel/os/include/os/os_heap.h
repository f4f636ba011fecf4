/* SPDX-License-Identifier: Apache-2.0 */
/* As kernel/os of Mynewt's core: three calls, under the guard that this heap's own header has. */
#ifndef H_OS_HEAP_
#define H_OS_HEAP_

#include <stddef.h>

void *os_malloc(size_t size);
void os_free(void *block);
void *os_realloc(void *block, size_t size);

#endif
