/* SPDX-License-Identifier: Apache-2.0 */
/* What a running heap says of a region of so many bytes, as JSON. */
#include "os/os_heap.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define ALIGNMENT ((size_t)65536)

int main(int argc, char **argv)
{
    size_t bytes = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    char *region =
        mmap(NULL, bytes + ALIGNMENT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (bytes == 0 || region == MAP_FAILED) {
        (void)fprintf(stderr, "usage: %s BYTES\n", argv[0]);
        return 2;
    }
    region += ALIGNMENT - (size_t)region % ALIGNMENT;
    if (os_heap_init(region, bytes) != 0) {
        return 1;
    }
    struct os_heap_stats stats;
    os_heap_stats(&stats);
    (void)printf("{\"region\": %zu, \"tables\": %zu, \"page\": %zu, \"cores\": %zu, "
                 "\"cached_bound\": %zu}\n",
                 stats.region, stats.tables, stats.page, (size_t)stats.cores, stats.cached_bound);
    return 0;
}
