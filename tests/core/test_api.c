/* SPDX-License-Identifier: Apache-2.0 */
#include "fresh_heap.h"
#include "os/os_heap.h"
#include "sizes.h"
#include "stamp.h"

#include <string.h>

static void block_of_size_0_is_unique_and_can_be_freed(void)
{
    void *one = os_malloc(0);
    void *other = os_malloc(0);
    assert_non_null(one);
    assert_non_null(other);
    assert_ptr_not_equal(one, other);
    os_free(one);
    os_free(other);
}

static void blocks_of_every_size_are_aligned_and_hold_what_is_written(void)
{
    FOR_EACH_BOUNDARY(size)
    {
        void *one = os_malloc(size);
        void *other = os_malloc(size);
        assert_non_null(one);
        assert_non_null(other);
        assert_true(is_aligned(one, alignment_for(size)));
        assert_true(is_aligned(other, alignment_for(size)));
        stamp_all(one, size, 1);
        stamp_all(other, size, 2);
        assert_true(is_stamped_all(one, size, 1));
        assert_true(is_stamped_all(other, size, 2));
        os_free(other);
        os_free(one);
    }
}

static void every_usable_byte_is_the_blocks_own(void)
{
    FOR_EACH_BOUNDARY(size)
    {
        void *blocks[3];
        for (unsigned i = 0; i < 3; i++) {
            blocks[i] = os_malloc(size);
            assert_non_null(blocks[i]);
            assert_true(os_malloc_usable_size(blocks[i]) >= size);
            stamp_all(blocks[i], os_malloc_usable_size(blocks[i]), i);
        }
        for (unsigned i = 0; i < 3; i++) {
            assert_true(is_stamped_all(blocks[i], os_malloc_usable_size(blocks[i]), i));
            os_free(blocks[i]);
        }
    }
}

static void usable_size_of_null_is_0(void)
{
    assert_int_equal(os_malloc_usable_size(NULL), 0);
}

static void freeing_null_is_a_no_op(void)
{
    os_free(NULL);
    os_free_sized(NULL, 16);
}

static void free_sized_frees_blocks_of_every_size(void)
{
    struct os_heap_stats stats;
    FOR_EACH_BOUNDARY(size)
    {
        os_free_sized(os_malloc(size), size);
    }
    os_heap_stats(&stats);
    assert_int_equal(stats.live, 0);
}

static void freed_block_is_handed_out_again(void)
{
    NOT_AT_LEVEL_2
    void *block = os_malloc(SMALL_SIZE);
    os_free(block);
    assert_ptr_equal(os_malloc(SMALL_SIZE), block);
}

static void dirty_the_heap(void)
{
    FOR_EACH_BOUNDARY(size)
    {
        void *block = os_malloc(size);
        memset(block, 0xa5, os_malloc_usable_size(block));
        os_free(block);
    }
}

static void calloc_zeroes_memory_that_was_dirty(void)
{
    dirty_the_heap();
    FOR_EACH_BOUNDARY(size)
    {
        void *block = os_calloc(1, size);
        assert_non_null(block);
        assert_true(is_zero(block, size));
        os_free(block);
    }
}

static void calloc_gives_the_product_of_count_and_size(void)
{
    unsigned char *block = os_calloc(12, 11);
    assert_true(os_malloc_usable_size(block) >= 132);
    assert_true(is_zero(block, 132));
    assert_non_null(os_calloc(0, 8));
    assert_non_null(os_calloc(8, 0));
}

static void calloc_refuses_a_product_that_overflows(void)
{
    assert_null(os_calloc(SIZE_MAX, 2));
    assert_null(os_calloc(2, SIZE_MAX));
    assert_null(os_calloc(SIZE_MAX / 8 + 2, 8));
}

static void sizes_beyond_the_region_give_null(void)
{
    struct os_heap_stats stats;
    os_heap_stats(&stats);
    assert_null(os_malloc(stats.region + 1));
    assert_null(os_malloc(SIZE_MAX));
    assert_null(os_malloc(SIZE_MAX - 8));
    assert_null(os_malloc(SIZE_MAX / 2));
    assert_null(os_calloc(1, SIZE_MAX));
    assert_null(os_aligned_alloc(64, SIZE_MAX - 32));
    assert_null(os_aligned_alloc(64, SIZE_MAX / 2));
}

static void aligned_block_is_aligned_and_can_be_resized_and_freed(void)
{
    for (size_t alignment = 1; alignment <= 4 * OSH_PAGE_BYTES; alignment *= 2) {
        FOR_EACH_BOUNDARY(size)
        {
            void *block = os_aligned_alloc(alignment, size);
            assert_non_null(block);
            assert_true(is_aligned(block, alignment));
            assert_true(is_aligned(block, alignment_for(size)));
            assert_true(os_malloc_usable_size(block) >= size);
            stamp_all(block, size, alignment);
            block = os_realloc(block, size + 100);
            assert_non_null(block);
            assert_true(is_stamped_all(block, size, alignment));
            os_free(block);
        }
    }
}

static void aligned_blocks_do_not_overlap(void)
{
    void *blocks[8];
    for (size_t alignment = 16; alignment <= OSH_PAGE_BYTES; alignment *= 4) {
        for (unsigned i = 0; i < 8; i++) {
            blocks[i] = os_aligned_alloc(alignment, SMALL_SIZE);
            assert_non_null(blocks[i]);
            stamp_all(blocks[i], os_malloc_usable_size(blocks[i]), i);
        }
        for (unsigned i = 0; i < 8; i++) {
            assert_true(is_stamped_all(blocks[i], os_malloc_usable_size(blocks[i]), i));
            os_free(blocks[i]);
        }
    }
}

static void alignment_that_is_no_power_of_two_gives_null(void)
{
    const size_t bad[] = {0, 3, 12, 24, 48, 100, OSH_PAGE_BYTES + 16, SIZE_MAX, SIZE_MAX / 2 + 2};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_null(os_aligned_alloc(bad[i], 64));
    }
}

static void alignment_beyond_the_region_gives_null(void)
{
    assert_null(os_aligned_alloc(SIZE_MAX / 2 + 1, 64));
    assert_null(os_aligned_alloc(SIZE_MAX / 8 + 1, 64));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(block_of_size_0_is_unique_and_can_be_freed, ROOMY_HEAP),
        in_fresh_heap(blocks_of_every_size_are_aligned_and_hold_what_is_written, ROOMY_HEAP),
        in_fresh_heap(every_usable_byte_is_the_blocks_own, ROOMY_HEAP),
        in_fresh_heap(usable_size_of_null_is_0, ROOMY_HEAP),
        in_fresh_heap(freeing_null_is_a_no_op, ROOMY_HEAP),
        in_fresh_heap(free_sized_frees_blocks_of_every_size, ROOMY_HEAP),
        in_fresh_heap(freed_block_is_handed_out_again, ROOMY_HEAP),
        in_fresh_heap(calloc_zeroes_memory_that_was_dirty, ROOMY_HEAP),
        in_fresh_heap(calloc_gives_the_product_of_count_and_size, ROOMY_HEAP),
        in_fresh_heap(calloc_refuses_a_product_that_overflows, ROOMY_HEAP),
        in_fresh_heap(sizes_beyond_the_region_give_null, ROOMY_HEAP),
        in_fresh_heap(aligned_block_is_aligned_and_can_be_resized_and_freed, ROOMY_HEAP),
        in_fresh_heap(aligned_blocks_do_not_overlap, ROOMY_HEAP),
        in_fresh_heap(alignment_that_is_no_power_of_two_gives_null, ROOMY_HEAP),
        in_fresh_heap(alignment_beyond_the_region_gives_null, ROOMY_HEAP),
    };
    return cmocka_run_group_tests_name("core/api", tests, NULL, NULL);
}
