/* SPDX-License-Identifier: Apache-2.0 */
/* A shared object with the heap in it. */
#include "os/os_heap.h"

void *module_malloc(size_t size);
void module_free(void *block);

__attribute__((visibility("default"))) void *module_malloc(size_t size)
{
    return os_malloc(size);
}

__attribute__((visibility("default"))) void module_free(void *block)
{
    os_free(block);
}
