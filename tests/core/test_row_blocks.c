/* SPDX-License-Identifier: Apache-2.0 */
/* Large blocks that are rows of pages: which are, their alignment, their bytes, and what is kept.
 */
#include "fresh_heap.h"
#include "os/os_heap.h"
#include "osh_arena.h"
#include "osh_kept.h"
#include "sizes.h"
#include "stamp.h"

#include <string.h>
#include <sys/mman.h>

#if OSH_ROW_LEAST > 0

#define PAGES 9000 /* fewer than those from which on all large blocks are rows */
#define SMALL ((size_t)OSH_ROW_LEAST)

static bool is_row(const void *block)
{
    return osh_arena_row_pages(osh_arena_page(block)) > 0;
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

static void all_bytes_of_its_pages_are_the_programs(void)
{
    NOT_AT_LEVEL_2
    heap_option("region=0x40000000");
    char *block = os_malloc(SMALL + 100);
    size_t usable = os_malloc_usable_size(block);
    assert_true(is_aligned(block, OSH_PAGE_BYTES));
    assert_int_equal(usable, (SMALL + 100 + OSH_PAGE_BYTES - 1) / OSH_PAGE_BYTES * OSH_PAGE_BYTES);
    char *next = os_malloc(usable); /* needs no page more */
    assert_int_equal(os_malloc_usable_size(next), usable);
    stamp_all(next, usable, 1);
    stamp_all(block, usable, 2);
    assert_ptr_equal(os_realloc(block, usable), block);
    assert_true(is_stamped_all(next, usable, 1));
    assert_null(os_heap_check());
    os_free(block);
    os_free(next);
}

static bool is_touched(void *block, size_t bytes)
{
    unsigned char pages[64 * SMALL / 4096];
    assert_int_equal(mincore(block, bytes, pages), 0);
    for (size_t i = 0; i < bytes / 4096; i++) {
        if ((pages[i] & 1) != 0) {
            return true;
        }
    }
    return false;
}

static void heap_touches_no_page_of_a_row(void)
{
    NOT_AT_LEVEL_2
    heap_option("region=0x40000000");
    for (size_t size = SMALL; size <= 32 * SMALL; size += SMALL / 3) {
        void *block = os_malloc(size);
        size_t usable = os_malloc_usable_size(block);
        assert_false(is_touched(block, usable));
        block = os_realloc(block, size / 2 + SMALL / 2 + 1); /* cuts most of them */
        assert_false(is_touched(block, os_malloc_usable_size(block)));
        os_free(block);
        assert_false(is_touched(block, usable));
    }
}

static void write_beside_a_row_misleads_nobody(void)
{
    NOT_AT_LEVEL_2
    heap_option("region=0x40000000");
    char *block[3];
    for (size_t i = 0; i < 3; i++) {
        block[i] = os_malloc(2 * SMALL);
    }
    size_t usable = os_malloc_usable_size(block[1]);
    memset(block[1] - usable, 0xff, 3 * usable); /* they lie side by side */
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(os_malloc_usable_size(block[i]), usable);
        os_free(block[i]);
    }
    assert_null(os_heap_check());
}

/* A process that has so much that rows are kept; it learns that by freeing one. */
static void *have_much(void)
{
    heap_option("region=0x40000000");
    void *much = os_malloc(128 * SMALL);
    os_free(os_malloc(SMALL));
    return much;
}

static void row_is_kept_for_the_next_request_of_its_size(void)
{
    if (OSH_KEPT_BYTES == 0) {
        skip_because("nothing is kept at this level");
    }
    (void)have_much();
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

static void what_is_kept_follows_what_is_in_use(void)
{
    if (OSH_KEPT_BYTES == 0) {
        skip_because("nothing is kept at this level");
    }
    void *much = have_much();
    void *block[8];
    for (size_t i = 0; i < 8; i++) {
        block[i] = os_malloc(SMALL + i * 3 * OSH_PAGE_BYTES);
    }
    for (size_t i = 0; i < 8; i++) {
        os_free(block[i]);
    }
    assert_in_range(osh_kept_bytes(), 8 * SMALL, 128 * SMALL / 8);
    os_free(much);
    assert_int_equal(osh_kept_bytes(), 0);  /* an eighth of little is less than a row */
    os_free(os_aligned_alloc(65536, 1000)); /* newlib's: that there is much room is not much use */
    os_free(os_malloc(SMALL));
    assert_int_equal(osh_kept_bytes(), 0);
    assert_null(os_heap_check());
}

/* newlib opened pages from the bottom up and gave them back; a row begins there and ends where
 * nothing was opened yet. */
static void row_that_begins_in_open_pages_is_all_open(void)
{
    heap_option("region=100000000");
    void *block[40];
    for (unsigned i = 0; i < 40; i++) {
        block[i] = os_malloc((size_t)1 << 20);
        assert_non_null(block[i]);
        memset(block[i], 1, (size_t)1 << 20);
    }
    for (unsigned i = 0; i < 40; i++) {
        os_free(block[i]);
    }
    size_t size = (size_t)48 << 20;
    char *row = os_malloc(size);
    assert_non_null(row);
    assert_true(is_row(row));
    memset(row, 2, size);
    os_free(row);
    assert_null(os_heap_check());
}

/* There newlib has the others, and says itself how many of its blocks are kept. */
static void row_of_a_small_region_does_not_say_what_is_kept(void)
{
    if (OSH_KEPT_BYTES == 0) {
        skip_because("nothing is kept at this level");
    }
    osh_kept_start((size_t)PAGES * OSH_PAGE_BYTES); /* in a fresh heap nothing is kept */
    void *row = os_malloc(OSH_ROW_LEAST_SMALL);
    void *block = os_malloc(2 * SMALL);
    assert_true(is_row(row) && !is_row(block));
    os_free(row);
    os_free(block);
    assert_true(osh_kept_bytes() >= 2 * SMALL);
}

#if OSH_HARDENING == 1
static void free_of_a_kept_row_twice(void)
{
    (void)have_much();
    void *block = os_malloc(SMALL);
    os_free(block);
    os_free(block);
}

static void realloc_of_a_kept_row(void)
{
    (void)have_much();
    void *block = os_malloc(SMALL);
    os_free(block);
    (void)os_realloc(block, 2 * SMALL);
}
#endif

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
        in_fresh_heap(all_bytes_of_its_pages_are_the_programs, PLATFORM_REGION),
        in_fresh_heap(heap_touches_no_page_of_a_row, PLATFORM_REGION),
        in_fresh_heap(write_beside_a_row_misleads_nobody, PLATFORM_REGION),
#if OSH_HARDENING == 1
        stopped_with(free_of_a_kept_row_twice, PLATFORM_REGION, "double free"),
        stopped_with(realloc_of_a_kept_row, PLATFORM_REGION, "double free"),
#endif
        in_fresh_heap(row_is_kept_for_the_next_request_of_its_size, PLATFORM_REGION),
        in_fresh_heap(what_is_kept_follows_what_is_in_use, PLATFORM_REGION),
        in_fresh_heap(row_that_begins_in_open_pages_is_all_open, PLATFORM_REGION),
        in_fresh_heap(row_of_a_small_region_does_not_say_what_is_kept, PAGES),
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
