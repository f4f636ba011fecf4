/* SPDX-License-Identifier: Apache-2.0 */
/* As kernel/os of Mynewt's core: another os_malloc, which must not be linked. */
#include <stdlib.h>

void *os_malloc(size_t size);
void os_free(void *block);
void *os_realloc(void *block, size_t size);

void *os_malloc(size_t size)
{
    return malloc(size);
}

void os_free(void *block)
{
    free(block);
}

void *os_realloc(void *block, size_t size)
{
    return realloc(block, size);
}
