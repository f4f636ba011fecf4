/* SPDX-License-Identifier: Apache-2.0 */
/* Every call of the heap's API, on the one thread before the OS starts. */
#include "check.h"
#include "os/os_heap.h"
#include "osh_config.h"

#include <string.h>

static void every_size_is_served_aligned_and_separate(void)
{
    static struct stamped blocks[200];
    for (size_t i = 0; i < 200; i++) {
        CHECK(stamped_new(&blocks[i], i * 13 % (2 * OSH_SLAB_MAX)));
    }
    for (size_t i = 0; i < 200; i++) {
        stamped_free(&blocks[(i * 7) % 200]);
    }
    CHECK(os_heap_check() == NULL);
}

static void zero_bytes_are_a_block_and_null_is_no_op(void)
{
    void *a = os_malloc(0);
    void *b = os_malloc(0);
    CHECK(a != NULL && b != NULL && a != b);
    os_free(a);
    os_free(b);
    os_free(NULL);
    CHECK(os_malloc_usable_size(NULL) == 0);
}

static void resizing_keeps_contents_across_the_boundary(void)
{
    struct stamped s;
    struct rng rng = {7};
    CHECK(stamped_new(&s, 10));
    for (unsigned i = 0; i < 300; i++) {
        CHECK(stamped_resize(&s, 1 + rng_size(&rng, 4)));
    }
    CHECK(stamped_resize(&s, 0) && s.block == NULL);
    CHECK(os_realloc(NULL, 5) != NULL);
}

static void calloc_is_zero_and_knows_overflow(void)
{
    for (size_t size = 1; size < 3 * OSH_SLAB_MAX; size = size * 2 + 3) {
        unsigned char *block = os_malloc(size);
        CHECK(block != NULL);
        memset(block, 0xa5, size);
        os_free(block);
        block = os_calloc(1, size);
        CHECK(block != NULL);
        for (size_t i = 0; i < size; i++) {
            CHECK(block[i] == 0);
        }
        os_free(block);
    }
    CHECK(os_calloc(SIZE_MAX / 2, 3) == NULL);
    CHECK(os_reallocarray(NULL, SIZE_MAX / 2, 3) == NULL);
}

static void aligned_blocks_are_aligned(void)
{
    for (size_t alignment = 1; alignment <= OSH_PAGE_BYTES; alignment *= 2) {
        for (size_t size = 0; size <= 3 * OSH_SLAB_MAX; size = size * 3 + 1) {
            void *block = os_aligned_alloc(alignment, size);
            CHECK(block != NULL && (uintptr_t)block % alignment == 0);
            memset(block, 0x5a, size);
            os_free(block);
        }
    }
    CHECK(os_aligned_alloc(24, 8) == NULL);
    CHECK(os_heap_check() == NULL);
}

/* P6, P8: everything can be taken, and is there again afterwards. */
static void exhaustion_fails_softly_and_recovers(void)
{
    struct os_heap_stats before;
    struct os_heap_stats full;
    (void)os_heap_trim();
    os_heap_stats(&before);
    for (size_t size = 8; size <= 4 * OSH_SLAB_MAX; size *= 4) {
        void *chain = NULL;
        void *block;
        size_t got = 0;
        while ((block = os_malloc(size)) != NULL) {
            *(void **)block = chain;
            chain = block;
            got += size > OSH_BLOCK_MIN ? size : OSH_BLOCK_MIN;
        }
        CHECK(got > before.free / 2);
        os_heap_stats(&full);
        CHECK(full.out_of_memory > 0);
        while (chain != NULL) {
            void *next = *(void **)chain;
            os_free(chain);
            chain = next;
        }
        CHECK(os_heap_check() == NULL);
    }
    (void)os_heap_trim();
    os_heap_stats(&full);
    CHECK(full.live == before.live);
    CHECK(full.free_pages == before.free_pages);
    /* All pages are one again. */
    void *large = os_malloc(full.free_pages - 64);
    CHECK(large != NULL);
    os_free(large);
}

int main(void)
{
    every_size_is_served_aligned_and_separate();
    zero_bytes_are_a_block_and_null_is_no_op();
    resizing_keeps_contents_across_the_boundary();
    calloc_is_zero_and_knows_overflow();
    aligned_blocks_are_aligned();
    exhaustion_fails_softly_and_recovers();
    passed();
}
