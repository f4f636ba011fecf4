/* SPDX-License-Identifier: Apache-2.0 */
#include "crew.h"
#include "fresh_heap.h"
#include "hoard.h"
#include "os/os_heap.h"
#include "os/os_heap_linux.h"
#include "osh_guard.h"
#include "osh_seal.h"
#include "sizes.h"
#include "stamp.h"

#define TINY_SIZE 16

static struct hoard tiny;
static void *large;

static struct os_heap_stats now(void)
{
    struct os_heap_stats stats;
    os_heap_stats(&stats);
    return stats;
}

static size_t most_of_the_region(void)
{
    return now().region / 10 * 9;
}

static void hoard_tiny(void)
{
    tiny = hoard_all(TINY_SIZE);
    assert_true(tiny.count * TINY_SIZE >= most_of_the_region());
}

static void hoard_and_free_tiny(void)
{
    hoard_tiny();
    hoard_free(&tiny, 1);
}

static void take_most_in_one_block(void)
{
    large = os_malloc(most_of_the_region());
    assert_non_null(large);
    stamp(large, most_of_the_region(), 1);
}

static void take_and_free_most_in_one_block(void)
{
    take_most_in_one_block();
    os_free(large);
}

static void region_of_tiny_blocks_becomes_one_block_on_another_core(void)
{
    NOT_AT_LEVEL_2
    run_on_cpu(0, hoard_and_free_tiny);
    run_on_cpu(1, take_most_in_one_block);
}

static void one_block_becomes_a_region_of_tiny_ones_on_another_core(void)
{
    NOT_AT_LEVEL_2
    run_on_cpu(0, take_and_free_most_in_one_block);
    run_on_cpu(1, hoard_tiny);
}

static void free_tiny(void)
{
    hoard_free(&tiny, 1);
}

static void blocks_freed_on_another_core_become_one_block(void)
{
    NOT_AT_LEVEL_2
    run_on_cpu(0, hoard_tiny);
    run_on_cpu(1, free_tiny);
    run_on_cpu(0, take_most_in_one_block);
}

static void large_block_finds_the_pages_below_another(void)
{
    tiny = hoard_all(TINY_SIZE);
    hoard_reverse(&tiny);
    for (size_t upper = tiny.count / 4; upper > 0; upper--) {
        os_free(hoard_take(&tiny));
    }
    void *high = os_malloc(now().region / 8);
    assert_non_null(high);
    hoard_free(&tiny, 1);
    large = os_malloc(now().region / 2);
    assert_non_null(large);
    assert_true((char *)large < (char *)high);
    os_free(large);
    os_free(high);
    take_and_free_most_in_one_block();
}

static void large_block_grows_over_memory_that_was_cached(void)
{
    large = os_malloc(now().region / 2);
    tiny = hoard_all(TINY_SIZE);
    hoard_reverse(&tiny);
    (void)os_heap_trim(); /* memory was out, and the lists go on by this */
    hoard_free(&tiny, 1);
    assert_true(now().cached > 0);
    large = os_realloc(large, most_of_the_region());
    assert_non_null(large);
    os_free(large);
}

static void every_class_can_use_the_memory_of_every_other(void)
{
    NOT_AT_LEVEL_2
    size_t before = 0;
    FOR_EACH_CLASS(cls)
    {
        struct hoard hoard = hoard_all(osh_class_bytes(cls));
        assert_true(hoard.count * osh_class_bytes(cls) >= now().region / 2);
        before = hoard.count;
        hoard_free(&hoard, 1);
    }
    assert_true(before > 0);
    take_and_free_most_in_one_block();
}

static void full_heap_serves_again_after_one_free(void)
{
    FOR_EACH_BOUNDARY(size)
    {
        size_t bytes = size < TINY_SIZE ? TINY_SIZE : size;
        struct hoard hoard = hoard_all(bytes);
        for (unsigned i = 0; i < 3; i++) {
            os_free(hoard_take(&hoard));
            void *block = os_malloc(bytes);
            assert_non_null(block);
            hoard_add(&hoard, block);
            assert_null(os_malloc(bytes));
        }
        hoard_free(&hoard, 1);
        assert_int_equal(now().live, 0);
    }
}

static void a_failing_call_leaves_every_block_as_it_was(void)
{
    void *small = os_malloc(SMALL_SIZE);
    large = os_malloc(LARGE_SIZE(2));
    stamp_all(small, SMALL_SIZE, 1);
    stamp_all(large, LARGE_SIZE(2), 2);
    struct hoard hoard = hoard_all(TINY_SIZE);
    size_t live = now().live;
    for (unsigned i = 0; i < 3; i++) {
        assert_null(os_malloc(TINY_SIZE));
        assert_null(os_malloc(OSH_SLAB_MAX));
        assert_null(os_malloc(LARGE_SIZE(3)));
        assert_null(os_calloc(3, LARGE_SIZE(1)));
        assert_null(os_aligned_alloc(OSH_PAGE_BYTES, 1));
        assert_null(os_realloc(NULL, TINY_SIZE));
        assert_null(os_realloc(small, 4 * SMALL_SIZE));
        assert_null(os_realloc(small, LARGE_SIZE(2)));
        assert_null(os_realloc(large, LARGE_SIZE(4)));
        assert_null(os_reallocarray(large, 4, LARGE_SIZE(1)));
    }
    assert_true(is_stamped_all(small, SMALL_SIZE, 1));
    assert_true(is_stamped_all(large, LARGE_SIZE(2), 2));
    assert_int_equal(now().live, live);
    assert_null(os_heap_check());
    hoard_free(&hoard, 1);
    os_free(small);
    os_free(large);
    assert_int_equal(now().live, 0);
}

static void a_cut_in_a_full_heap_succeeds_and_is_no_failure(void)
{
    void *small = os_malloc(8 * SMALL_SIZE);
    large = os_malloc(LARGE_SIZE(2));
    stamp_all(small, SMALL_SIZE, 1);
    stamp_all(large, SMALL_SIZE, 2);
    struct hoard hoard = hoard_all(TINY_SIZE);
    size_t failures = now().out_of_memory;
    small = os_realloc(small, SMALL_SIZE);
    large = os_realloc(large, SMALL_SIZE);
    assert_true(is_stamped_all(small, SMALL_SIZE, 1));
    assert_true(is_stamped_all(large, SMALL_SIZE, 2));
    assert_int_equal(now().out_of_memory, failures);
    hoard_free(&hoard, 1);
}

static void last_resort_are_free_objects_of_larger_classes(void)
{
    size_t larger = 8 * SMALL_SIZE;
    struct hoard hoard = hoard_all(larger);
    size_t blocks = hoard.count;
    hoard_free(&hoard, 2);
    size_t freed = blocks - hoard.count;
    struct hoard smaller = hoard_all(SMALL_SIZE);
    assert_true(smaller.count >= freed);
    assert_true(os_malloc_usable_size(smaller.head) >= SMALL_SIZE);
    hoard_free(&smaller, 1);
    hoard_free(&hoard, 1);
    take_and_free_most_in_one_block();
}

static void last_resort_keeps_the_alignment_asked_for(void)
{
    /* Objects of the class of 1 KiB, which are all aligned to 256. */
    struct hoard hoard = hoard_all(1024 - OSH_TRAILER_BYTES);
    hoard_free(&hoard, 2);
    void *block;
    size_t served = 0;
    while ((block = os_aligned_alloc(256, 100)) != NULL) {
        assert_true(is_aligned(block, 256));
        served++;
    }
    assert_true(served >= hoard.count - 1);
}

static void small_blocks_are_served_from_the_newlib_heap_when_it_holds_all_that_is_free(void)
{
    NOT_AT_LEVEL_2
    size_t size = now().region / 8;
    void *blocks[4];
    for (unsigned i = 0; i < 4; i++) {
        blocks[i] = os_malloc(size);
        assert_non_null(blocks[i]);
    }
    struct hoard rest = hoard_all(TINY_SIZE);
    os_free(blocks[1]);
    struct hoard more = hoard_all(TINY_SIZE);
    assert_true(more.count * (2 * OSH_ALIGN + OSH_SEAL_BYTES) >= size / 10 * 9);
    assert_null(os_heap_check());
    hoard_free(&more, 1);
    hoard_free(&rest, 1);
}

static void null_in_an_interrupt_leaves_the_heap_as_it_was(void)
{
    struct hoard hoard = hoard_all(SMALL_SIZE);
    size_t live = now().live;
    os_heap_signal_enter();
    assert_null(os_malloc(SMALL_SIZE));
    assert_null(os_malloc(LARGE_SIZE(1)));
    assert_null(os_realloc(hoard.head, LARGE_SIZE(1)));
    assert_null(os_calloc(1, SMALL_SIZE));
    assert_null(os_aligned_alloc(64, SMALL_SIZE));
    assert_int_equal(os_heap_trim(), 0);
    os_heap_signal_leave();
    assert_int_equal(now().live, live);
    hoard_free(&hoard, 1);
}

static void heap_filled_in_an_interrupt_serves_there_again_after_one_free(void)
{
    os_heap_signal_enter();
    struct hoard hoard = hoard_all(SMALL_SIZE);
    assert_true(hoard.count * SMALL_SIZE >= ROOMY_HEAP * OSH_PAGE_BYTES / 2);
    os_free(hoard_take(&hoard));
    void *block = os_malloc(SMALL_SIZE);
    assert_non_null(block);
    hoard_add(&hoard, block);
    hoard_free(&hoard, 1);
    os_heap_signal_leave();
    assert_int_equal(now().live, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(region_of_tiny_blocks_becomes_one_block_on_another_core, ROOMY_HEAP),
        in_fresh_heap(one_block_becomes_a_region_of_tiny_ones_on_another_core, ROOMY_HEAP),
        in_fresh_heap(blocks_freed_on_another_core_become_one_block, ROOMY_HEAP),
        in_fresh_heap(large_block_finds_the_pages_below_another, ROOMY_HEAP),
        in_fresh_heap(large_block_grows_over_memory_that_was_cached, ROOMY_HEAP),
        in_fresh_heap(every_class_can_use_the_memory_of_every_other, ROOMY_HEAP),
        in_fresh_heap(full_heap_serves_again_after_one_free, ROOMY_HEAP),
        in_fresh_heap(a_failing_call_leaves_every_block_as_it_was, ROOMY_HEAP),
        in_fresh_heap(a_cut_in_a_full_heap_succeeds_and_is_no_failure, ROOMY_HEAP),
        in_fresh_heap(last_resort_are_free_objects_of_larger_classes, ROOMY_HEAP),
        in_fresh_heap(last_resort_keeps_the_alignment_asked_for, ROOMY_HEAP),
        in_fresh_heap(small_blocks_are_served_from_the_newlib_heap_when_it_holds_all_that_is_free,
                      ROOMY_HEAP),
        in_fresh_heap(null_in_an_interrupt_leaves_the_heap_as_it_was, ROOMY_HEAP),
        in_fresh_heap(heap_filled_in_an_interrupt_serves_there_again_after_one_free, ROOMY_HEAP),
    };
    return cmocka_run_group_tests_name("core/exhaustion", tests, NULL, NULL);
}
