/* SPDX-License-Identifier: Apache-2.0 */
/* One access of the kind its argument names, or only right ones: see asan.sh. */
#include "os/os_heap.h"

#include <stdio.h>
#include <string.h>

static volatile char seen;

static char *block_of(size_t size)
{
    char *block = os_malloc(size);
    memset(block, 1, size);
    return block;
}

/* All sizes, all calls, every byte that was asked for. */
static void clean(void)
{
    for (size_t size = 1; size < 600000; size += size / 3 + 1) {
        char *block = block_of(size);
        block = os_realloc(block, size * 2);
        memset(block, 2, size * 2);
        block = os_realloc(block, size / 3 + 1);
        seen = block[size / 3];
        os_free(block);
        block = os_calloc(3, size);
        memset(block, 3, 3 * size);
        os_free(block);
        block = os_aligned_alloc(64, size);
        memset(block, 4, os_malloc_usable_size(block));
        os_free_sized(block, size);
    }
    (void)os_heap_trim();
    const char *wrong = os_heap_check();
    (void)puts(wrong != NULL ? wrong : "clean");
}

int main(int argc, char **argv)
{
    const char *kind = argc > 1 ? argv[1] : "clean";
    size_t size = strstr(kind, "large") != NULL ? 300000 : 100;
    if (strcmp(kind, "clean") == 0) {
        clean();
        return 0;
    }
    char *block = block_of(size);
    if (strstr(kind, "write-behind") != NULL) {
        ((volatile char *)block)[size] = 1;
    } else if (strstr(kind, "read-behind") != NULL) {
        seen = block[size];
    } else if (strstr(kind, "after-free") != NULL) {
        os_free(block);
        seen = *(volatile char *)(block + 5);
    } else if (strstr(kind, "after-realloc") != NULL) {
        (void)os_realloc(block, 20 * size);
        seen = *(volatile char *)(block + 5);
    }
    return 0;
}
