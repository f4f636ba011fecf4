/* SPDX-License-Identifier: Apache-2.0 */
#include "fresh_heap.h"
#include "os/os_heap.h"
#include "sizes.h"
#include "stamp.h"

static size_t live_bytes(void)
{
    struct os_heap_stats stats;
    os_heap_stats(&stats);
    return stats.live;
}

static void realloc_of_null_allocates(void)
{
    FOR_EACH_BOUNDARY(size)
    {
        void *block = os_realloc(NULL, size);
        assert_non_null(block);
        assert_true(os_malloc_usable_size(block) >= size);
        os_free(block);
    }
}

static void realloc_to_0_frees_and_gives_null(void)
{
    FOR_EACH_BOUNDARY(size)
    {
        assert_null(os_realloc(os_malloc(size), 0));
    }
    assert_int_equal(live_bytes(), 0);
}

static void contents_survive_growth_through_every_boundary(void)
{
    size_t held = 1;
    void *block = os_malloc(held);
    stamp_all(block, held, 7);
    FOR_EACH_BOUNDARY(size)
    {
        if (size > held) {
            block = os_realloc(block, size);
            assert_non_null(block);
            assert_true(is_stamped_all(block, held, 7));
            held = size;
            stamp_all(block, held, 7);
        }
    }
    os_free(block);
    assert_int_equal(live_bytes(), 0);
}

static void contents_survive_cuts_to_every_boundary(void)
{
    FOR_EACH_BOUNDARY(size)
    {
        if (size != 0) {
            void *block = os_malloc(LARGE_SIZE(2) + 3 * OSH_PAGE_BYTES);
            stamp_all(block, size, size);
            block = os_realloc(block, size);
            assert_non_null(block);
            assert_true(is_stamped_all(block, size, size));
            assert_true(os_malloc_usable_size(block) >= size);
            os_free(block);
        }
    }
    assert_int_equal(live_bytes(), 0);
}

static void a_size_within_the_usable_one_stays_in_place(void)
{
    NOT_AT_LEVEL_2
    FOR_EACH_BOUNDARY(size)
    {
        void *block = os_malloc(size);
        size_t usable = os_malloc_usable_size(block);
        assert_ptr_equal(os_realloc(block, usable), block);
        assert_ptr_equal(os_realloc(block, usable - usable / 4), block);
        os_free(block);
    }
}

static void a_deep_cut_gives_memory_back(void)
{
    void *block = os_malloc(OSH_SLAB_MAX);
    block = os_realloc(block, SMALL_SIZE);
    assert_in_range(os_malloc_usable_size(block), SMALL_SIZE, 2 * SMALL_SIZE);
    void *large = os_malloc(8 * OSH_PAGE_BYTES);
    large = os_realloc(large, LARGE_SIZE(1));
    assert_in_range(os_malloc_usable_size(large), LARGE_SIZE(1), 2 * LARGE_SIZE(1));
}

static void growth_that_fails_leaves_the_block_as_it_was(void)
{
    FOR_EACH_BOUNDARY(size)
    {
        void *block = os_malloc(size);
        stamp_all(block, size, 3);
        assert_null(os_realloc(block, SIZE_MAX));
        assert_null(os_realloc(block, SIZE_MAX / 2));
        assert_null(os_realloc(block, (ROOMY_HEAP + 2) * OSH_PAGE_BYTES));
        assert_true(is_stamped_all(block, size, 3));
        os_free(block);
    }
    assert_int_equal(live_bytes(), 0);
}

static void reallocarray_gives_the_product_and_keeps_contents(void)
{
    void *block = os_reallocarray(NULL, 10, 10);
    stamp_all(block, 100, 5);
    block = os_reallocarray(block, 30, 11);
    assert_true(os_malloc_usable_size(block) >= 330);
    assert_true(is_stamped_all(block, 100, 5));
    assert_null(os_reallocarray(block, 0, 11));
    assert_int_equal(live_bytes(), 0);
}

static void reallocarray_that_overflows_leaves_the_block_as_it_was(void)
{
    void *block = os_malloc(SMALL_SIZE);
    stamp_all(block, SMALL_SIZE, 5);
    assert_null(os_reallocarray(block, SIZE_MAX, 2));
    assert_null(os_reallocarray(block, SIZE_MAX / 16 + 1, 16));
    assert_null(os_reallocarray(NULL, SIZE_MAX, SIZE_MAX));
    assert_true(is_stamped_all(block, SMALL_SIZE, 5));
    assert_true(live_bytes() >= SMALL_SIZE);
    os_free(block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(realloc_of_null_allocates, ROOMY_HEAP),
        in_fresh_heap(realloc_to_0_frees_and_gives_null, ROOMY_HEAP),
        in_fresh_heap(contents_survive_growth_through_every_boundary, ROOMY_HEAP),
        in_fresh_heap(contents_survive_cuts_to_every_boundary, ROOMY_HEAP),
        in_fresh_heap(a_size_within_the_usable_one_stays_in_place, ROOMY_HEAP),
        in_fresh_heap(a_deep_cut_gives_memory_back, ROOMY_HEAP),
        in_fresh_heap(growth_that_fails_leaves_the_block_as_it_was, ROOMY_HEAP),
        in_fresh_heap(reallocarray_gives_the_product_and_keeps_contents, ROOMY_HEAP),
        in_fresh_heap(reallocarray_that_overflows_leaves_the_block_as_it_was, ROOMY_HEAP),
    };
    return cmocka_run_group_tests_name("core/realloc", tests, NULL, NULL);
}
