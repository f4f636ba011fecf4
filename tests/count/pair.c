/* SPDX-License-Identifier: Apache-2.0 */
/* Pairs that hit the core's cache, for a tool that counts instructions. */
#include "os/os_heap.h"

#include <stdlib.h>

static void pairs(unsigned count, size_t size)
{
    for (unsigned i = 0; i < count; i++) {
        os_free(os_malloc(size));
    }
}

int main(int argc, char **argv)
{
    unsigned count = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1000;
    size_t size = argc > 2 ? (size_t)strtoul(argv[2], NULL, 10) : 64;
    pairs(1, size); /* fills the cache */
    pairs(count, size);
    return 0;
}
