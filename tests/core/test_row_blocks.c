/* SPDX-License-Identifier: Apache-2.0 */
/* Large blocks that are rows of pages: which are, their alignment, their seal, and what is kept. */
#include "fresh_heap.h"
#include "os/os_heap.h"
#include "osh_arena.h"
#include "osh_kept.h"
#include "sizes.h"
#include "stamp.h"

#if OSH_ROW_LEAST > 0

#define PAGES 9000 /* fewer than those from which on all large blocks are rows */
#define SMALL ((size_t)OSH_ROW_LEAST)

static bool is_row(const void *block)
{
    return osh_arena_is_row(osh_arena_page(block));
}

static void all_large_blocks_of_a_large_region_are_rows(void)
{
    heap_option("region=0x40000000");
    void *block[64];
    for (size_t i = 0; i < 64; i++) {
        size_t size = SMALL + i * 20001;
        block[i] = os_malloc(size);
        assert_true(is_row(block[i]));
        stamp_all(block[i], size, i);
    }
    for (size_t i = 0; i < 64; i++) {
        assert_true(is_stamped_all(block[i], SMALL + i * 20001, i));
    }
    assert_null(os_heap_check());
    for (size_t i = 0; i < 64; i++) {
        os_free(block[i]);
    }
    struct os_heap_stats stats;
    os_heap_stats(&stats);
    assert_int_equal(stats.live, 0);
    assert_int_equal(stats.cached > 0, OSH_KEPT_BYTES > 0 || OSH_HARDENING >= 2);
}

static void aligned_rows_are_aligned_and_freed(void)
{
    heap_option("region=0x40000000");
    os_free(os_malloc(1));
    (void)os_heap_trim();
    struct os_heap_stats before;
    os_heap_stats(&before);
    for (size_t alignment = 32; alignment <= 4 * SMALL; alignment *= 2) {
        char *one = os_aligned_alloc(alignment, SMALL + 5);
        char *two = os_aligned_alloc(alignment, 3 * SMALL);
        assert_true(is_row(one) && is_row(two));
        assert_true(is_aligned(one, alignment) && is_aligned(two, alignment));
        assert_true(os_malloc_usable_size(one) >= SMALL + 5);
        stamp_all(one, SMALL + 5, alignment);
        stamp_all(two, 3 * SMALL, alignment + 1);
        one = os_realloc(one, 2 * SMALL);
        assert_true(is_stamped_all(one, SMALL + 5, alignment));
        two = os_realloc(two, SMALL);
        assert_true(is_stamped_all(two, SMALL, alignment + 1));
        assert_null(os_heap_check());
        os_free(one);
        os_free(two);
    }
    (void)os_heap_trim();
    struct os_heap_stats after;
    os_heap_stats(&after);
    assert_int_equal(after.live, 0);
    assert_int_equal(after.free_pages, before.free_pages);
}

static void seal_of_a_row_lies_behind_its_bytes(void)
{
    NOT_AT_LEVEL_2
    heap_option("region=0x40000000");
    void *block = os_malloc(SMALL + 100);
    assert_in_range(os_malloc_usable_size(block), SMALL + 100, SMALL + 115);
    /* It may grow to the end of its last page. */
    size_t more = (SMALL + OSH_PAGE_BYTES) / OSH_PAGE_BYTES * OSH_PAGE_BYTES - 32;
    assert_ptr_equal(os_realloc(block, more), block);
    assert_true(os_malloc_usable_size(block) >= more);
    os_free(block);
}

static void row_is_kept_for_the_next_request_of_its_size(void)
{
    if (OSH_KEPT_BYTES == 0) {
        skip_because("nothing is kept at this level");
    }
    heap_option("region=0x40000000");
    void *block = os_malloc(SMALL + 100);
    os_free(block);
    assert_in_range(osh_kept_bytes(), SMALL, SMALL + 2 * OSH_PAGE_BYTES);
    assert_ptr_equal(os_malloc(SMALL + 100), block);
    assert_int_equal(osh_kept_bytes(), 0);
    os_free(block);
    (void)os_heap_trim();
    assert_int_equal(osh_kept_bytes(), 0);
    assert_false(is_row(block));
    assert_null(os_heap_check());
}

static void small_region_has_no_small_rows(void)
{
    assert_false(is_row(os_malloc(SMALL)));
    assert_true(is_row(os_malloc(OSH_ROW_LEAST_SMALL)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(all_large_blocks_of_a_large_region_are_rows, PLATFORM_REGION),
        in_fresh_heap(aligned_rows_are_aligned_and_freed, PLATFORM_REGION),
        in_fresh_heap(seal_of_a_row_lies_behind_its_bytes, PLATFORM_REGION),
        in_fresh_heap(row_is_kept_for_the_next_request_of_its_size, PLATFORM_REGION),
        in_fresh_heap(small_region_has_no_small_rows, PAGES),
    };
    return cmocka_run_group_tests_name("core/row_blocks", tests, NULL, NULL);
}

#else

int main(void)
{
    return 77; /* there are no rows of pages: skipped */
}

#endif
