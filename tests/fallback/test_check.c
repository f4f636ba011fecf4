/* SPDX-License-Identifier: Apache-2.0 */
/* newlib's chunks are spoiled one field at a time: os_heap_check must name it. */
#include "fresh_heap.h"
#include "named.h"
#include "os/os_heap.h"
#include "osh_arena.h"
#include "osh_newlib.h"
#include "osh_seal.h"
#include "sizes.h"

#define IN_USE_BEFORE ((size_t)1)

/* newlib's chunk header lies before the block. */
static size_t *size_of(void *block)
{
    return (size_t *)block - 1;
}

/* Three neighbours, the middle one free. */
static void *free_between_two(void)
{
    void *below = os_malloc(LARGE_SIZE(1));
    void *middle = os_malloc(LARGE_SIZE(1));
    void *above = os_malloc(LARGE_SIZE(1));
    assert_true(below < middle && middle < above);
    os_free(middle);
    return middle;
}

static void chunk_size_beyond_the_segment_is_named(void)
{
    void *block = os_malloc(LARGE_SIZE(1));
    is_named(size_of(block), (osh_arena.pages << OSH_PAGE_LOG2) | IN_USE_BEFORE,
             "newlib: a chunk's size is impossible");
}

static void chunk_size_of_0_is_named(void)
{
    void *block = os_malloc(LARGE_SIZE(1));
    is_named(size_of(block), IN_USE_BEFORE, "newlib: a chunk's size is impossible");
}

static void misaligned_chunk_size_is_named(void)
{
    void *block = os_malloc(LARGE_SIZE(1));
    is_named(size_of(block), *size_of(block) | 8, "newlib: a chunk's size is impossible");
}

static void in_use_bit_of_the_first_chunk_is_named(void)
{
    void *block = os_malloc(LARGE_SIZE(1));
    is_named(size_of(block), *size_of(block) & ~IN_USE_BEFORE,
             "newlib: a chunk's PREV_INUSE bit disagrees with its neighbour");
}

static void lost_block_is_named(void)
{
    void *below = os_malloc(LARGE_SIZE(1));
    void *above = os_malloc(LARGE_SIZE(1));
    size_t both = (*size_of(below) & ~IN_USE_BEFORE) + (*size_of(above) & ~IN_USE_BEFORE);
    size_t sound = *size_of(below);
    *size_of(below) = both | IN_USE_BEFORE;
    if (OSH_HARDENING > 0) {
        osh_seal_set(below, OSH_SEAL_LIVE);
    }
    check_names("newlib: the blocks in use are not those handed out");
    *size_of(below) = sound;
    if (OSH_HARDENING > 0) {
        osh_seal_set(above, OSH_SEAL_LIVE);
    }
}

static void broken_seal_is_named(void)
{
    size_t *below = os_malloc(LARGE_SIZE(1));
    size_t *seal = below + os_malloc_usable_size(below) / sizeof(size_t);
    if (OSH_HARDENING > 0) {
        is_named(seal, *seal ^ 65, "newlib: the seal at a block's end is broken");
    }
}

static void free_chunk_whose_size_is_not_repeated_is_named(void)
{
    size_t *middle = free_between_two();
    size_t chunk = *size_of(middle) & ~IN_USE_BEFORE;
    size_t *repeated = middle - 2 + chunk / sizeof(size_t);
    assert_int_equal(*repeated, chunk);
    is_named(repeated, chunk + 16, "newlib: a free chunk's size is not repeated at its end");
}

static void free_chunk_with_a_wrong_link_is_named(void)
{
    size_t *middle = free_between_two();
    is_named(&middle[0], (size_t)middle, "newlib: a free chunk is not linked into its bin");
    is_named(&middle[1], (size_t)middle, "newlib: a free chunk is not linked into its bin");
}

static void top_that_does_not_end_at_the_break_is_named(void)
{
    size_t *block = os_malloc(LARGE_SIZE(1));
    size_t *top_size = block - 1 + (*size_of(block) & ~IN_USE_BEFORE) / sizeof(size_t);
    is_named(top_size, *top_size + 16, "newlib: the top chunk does not end at the break");
    is_named(top_size, *top_size - 16, "newlib: the top chunk does not end at the break");
}

/* newlib's heap goes on elsewhere when 48 bytes are left of its top: less than a
 * chunk and the fenceposts that close a segment. */
static void two_words_left_of_an_old_top_are_nothing_wrong(void)
{
    struct os_heap_stats stats;
    size_t pages = LARGE_SIZE(1) / OSH_PAGE_BYTES + 1;
    void *below = os_malloc(pages * OSH_PAGE_BYTES - 48 - sizeof(size_t) - OSH_SEAL_BYTES);
    assert_true(osh_arena_claim_page(pages)); /* somebody else's, behind the break */
    void *above = os_malloc(LARGE_SIZE(2));
    assert_int_equal(osh_arena_page(above), pages + 1);
    osh_arena_release_run(pages, 0);
    assert_null(os_heap_check());
    os_heap_stats(&stats);
    assert_int_equal(stats.live, os_malloc_usable_size(below) + os_malloc_usable_size(above));
    os_free(below);
    assert_null(os_heap_check());
    os_free(above);
    os_heap_stats(&stats);
    assert_int_equal(stats.live, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(chunk_size_beyond_the_segment_is_named, ROOMY_HEAP),
        in_fresh_heap(chunk_size_of_0_is_named, ROOMY_HEAP),
        in_fresh_heap(misaligned_chunk_size_is_named, ROOMY_HEAP),
        in_fresh_heap(in_use_bit_of_the_first_chunk_is_named, ROOMY_HEAP),
        in_fresh_heap(lost_block_is_named, ROOMY_HEAP),
        in_fresh_heap(broken_seal_is_named, ROOMY_HEAP),
        in_fresh_heap(free_chunk_whose_size_is_not_repeated_is_named, ROOMY_HEAP),
        in_fresh_heap(free_chunk_with_a_wrong_link_is_named, ROOMY_HEAP),
        in_fresh_heap(top_that_does_not_end_at_the_break_is_named, ROOMY_HEAP),
        in_fresh_heap(two_words_left_of_an_old_top_are_nothing_wrong, ROOMY_HEAP),
    };
    return cmocka_run_group_tests_name("fallback/check", tests, NULL, NULL);
}
