/* SPDX-License-Identifier: Apache-2.0 */
/* A short life of a heap, for a configuration at one of its ends: sizes of every kind are
 * allocated, resized, freed, taken until there are no more and given back, twice. */
#include "os/os_heap.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REGION_BYTES ((size_t)24 << 20)
#define LEVELS_ADD ((size_t)24) /* bytes that hardening takes of a small block, at most */

static void require(bool holds, const char *what, size_t size)
{
    const char *wrong = holds ? os_heap_check() : NULL;
    if (!holds || wrong != NULL) {
        printf("%s, size %zu\n", wrong != NULL ? wrong : what, size);
        exit(1);
    }
}

/* Blocks that are linked by their first words, filled behind these. */
static size_t take_all(size_t size, size_t most, void **chain)
{
    size_t count = 0;
    void **block;
    while (count < most && (block = os_malloc(size)) != NULL) {
        memset(block, (int)(size % 251), size);
        *block = *chain;
        *chain = (void *)block;
        count++;
    }
    return count;
}

static void give_all(size_t size, void *chain)
{
    while (chain != NULL) {
        void *next = *(void **)chain;
        const unsigned char *bytes = chain;
        if (size > sizeof(void *) && bytes[size - 1] != size % 251) {
            require(false, "a block's last byte is not what was written", size);
        }
        os_free(chain);
        chain = next;
    }
}

static void live(size_t size, size_t most)
{
    void *chain = NULL;
    size_t count = take_all(size, most, &chain);
    require(count > 0, "no block at all", size);
    require(most != SIZE_MAX || count * (size + LEVELS_ADD) > REGION_BYTES / 3, "too few blocks",
            size);
    give_all(size, chain);
    require(true, "", size);
}

static void resize(size_t size)
{
    unsigned char *block = os_malloc(size);
    require(block != NULL, "no block to resize", size);
    memset(block, 0x77, size);
    for (size_t to = 1; to < 8 * size && to < REGION_BYTES / 8; to = to * 3 + 5) {
        block = os_realloc(block, to);
        require(block != NULL && block[0] == 0x77, "a resize lost the first byte", to);
    }
    os_free(block);
    block = os_aligned_alloc(256, size);
    require(block != NULL && (uintptr_t)block % 256 == 0, "an aligned block is not", size);
    os_free(block);
}

int main(void)
{
    void *region = malloc(REGION_BYTES);
    if (os_heap_init(region, REGION_BYTES) != 0) {
        puts("the region is refused");
        return 1;
    }
    for (size_t size = sizeof(void *); size <= 400000; size += size / 3 + 1) {
        live(size, 70);
        resize(size);
    }
    for (size_t size = 8; size <= 300000; size = size * 11 + 7) {
        live(size, SIZE_MAX);
        live(size, SIZE_MAX);
    }
    (void)os_heap_trim();
    struct os_heap_stats stats;
    os_heap_stats(&stats);
    require(stats.live == 0 && stats.cached == 0, "blocks live that were freed", stats.live);
    require(stats.free_pages == stats.region, "pages are not free", stats.free_pages);
    return 0;
}
