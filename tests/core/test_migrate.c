/* SPDX-License-Identifier: Apache-2.0 */
#include "fresh_heap.h"
#include "os/os_heap.h"
#include "osh_arena.h"
#include "sizes.h"
#include "stamp.h"

#define LARGEST_SMALL ((size_t)OSH_SLAB_MAX)
#define SMALLEST_LARGE ((size_t)OSH_SLAB_MAX + 1)

static bool in_a_slab(const void *block)
{
    return osh_arena.page_class[osh_arena_page(block)] != 0;
}

static void small_blocks_are_in_slabs_and_large_ones_are_not(void)
{
    NOT_AT_LEVEL_2
    void *small = os_malloc(LARGEST_SMALL);
    void *large = os_malloc(SMALLEST_LARGE);
    assert_true(in_a_slab(small));
    assert_false(in_a_slab(large));
    os_free(small);
    os_free(large);
}

static void growth_beyond_the_slabs_migrates_with_contents(void)
{
    FOR_EACH_CLASS(cls)
    {
        size_t bytes = osh_class_bytes(cls);
        void *block = os_malloc(bytes);
        stamp_all(block, bytes, cls);
        block = os_realloc(block, SMALLEST_LARGE);
        assert_false(in_a_slab(block));
        assert_true(is_stamped_all(block, bytes, cls));
        os_free(block);
    }
}

static void deep_cut_migrates_into_the_slabs_with_contents(void)
{
    NOT_AT_LEVEL_2
    FOR_EACH_CLASS(cls)
    {
        size_t bytes = osh_class_bytes(cls);
        if (bytes <= LARGEST_SMALL / 2) {
            void *block = os_malloc(LARGE_SIZE(3));
            stamp_all(block, bytes, cls);
            block = os_realloc(block, bytes);
            assert_true(in_a_slab(block));
            assert_int_equal(os_malloc_usable_size(block), bytes);
            assert_true(is_stamped_all(block, bytes, cls));
            os_free(block);
        }
    }
}

static void contents_survive_the_way_up_down_and_up_again(void)
{
    void *block = os_malloc(SMALL_SIZE);
    stamp_all(block, SMALL_SIZE, 9);
    for (unsigned i = 0; i < 50; i++) {
        block = os_realloc(block, LARGE_SIZE(1 + i % 3));
        assert_false(in_a_slab(block));
        assert_true(is_stamped_all(block, SMALL_SIZE, 9));
        /* At most half of OSH_SLAB_MAX: it migrates. */
        block = os_realloc(block, SMALL_SIZE + i % (OSH_SLAB_MAX / 4));
        assert_true(in_a_slab(block));
        assert_true(is_stamped_all(block, SMALL_SIZE, 9));
    }
    os_free(block);
}

static void size_that_hovers_around_the_boundary_does_not_bounce(void)
{
    void *block = os_malloc(LARGEST_SMALL);
    block = os_realloc(block, SMALLEST_LARGE);
    void *settled = block;
    for (unsigned i = 0; i < 100; i++) {
        block = os_realloc(block, LARGEST_SMALL - i % 8);
        assert_ptr_equal(block, settled);
        block = os_realloc(block, SMALLEST_LARGE + i % 8);
        assert_false(in_a_slab(block));
        settled = block;
    }
    os_free(block);
}

static void size_that_hovers_around_a_class_does_not_bounce(void)
{
    FOR_EACH_CLASS(cls)
    {
        size_t bytes = osh_class_bytes(cls);
        void *block = os_malloc(bytes + 1);
        for (unsigned i = 0; i < 10; i++) {
            assert_ptr_equal(os_realloc(block, bytes), block);
            assert_ptr_equal(os_realloc(block, bytes + 1), block);
        }
        os_free(block);
    }
}

static void migration_frees_the_old_block(void)
{
    NOT_AT_LEVEL_2
    struct os_heap_stats stats;
    void *block = os_malloc(LARGEST_SMALL);
    block = os_realloc(block, LARGE_SIZE(2));
    os_heap_stats(&stats);
    assert_int_equal(stats.live, os_malloc_usable_size(block));
    block = os_realloc(block, LARGEST_SMALL / 2);
    os_heap_stats(&stats);
    assert_int_equal(stats.live, os_malloc_usable_size(block));
    os_free(block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(small_blocks_are_in_slabs_and_large_ones_are_not, ROOMY_HEAP),
        in_fresh_heap(growth_beyond_the_slabs_migrates_with_contents, ROOMY_HEAP),
        in_fresh_heap(deep_cut_migrates_into_the_slabs_with_contents, ROOMY_HEAP),
        in_fresh_heap(contents_survive_the_way_up_down_and_up_again, ROOMY_HEAP),
        in_fresh_heap(size_that_hovers_around_the_boundary_does_not_bounce, ROOMY_HEAP),
        in_fresh_heap(size_that_hovers_around_a_class_does_not_bounce, ROOMY_HEAP),
        in_fresh_heap(migration_frees_the_old_block, ROOMY_HEAP),
    };
    return cmocka_run_group_tests_name("core/migrate", tests, NULL, NULL);
}
