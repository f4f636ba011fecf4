/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks that are rows of pages of their own. */
#include "crew.h"
#include "fresh_heap.h"
#include "os/os_heap.h"
#include "osh_arena.h"
#include "resident.h"
#include "sizes.h"
#include "stamp.h"

#include <string.h>

/* The least row in a small region; where there are none, any size. */
#define UNIT ((size_t)(OSH_ROW_LEAST > 0 ? OSH_ROW_LEAST_SMALL : 65536))
#define ROOM (64 * UNIT / OSH_PAGE_BYTES) /* pages */
#define DOUBLE_FREE "freed already?"

static void only_where_there_are_rows(void)
{
    if (OSH_ROW_LEAST == 0) {
        skip_because("large blocks are newlib's in this configuration");
    }
    heap_option("region=0x40000000"); /* where the test takes the platform's */
}

static struct os_heap_stats now(void)
{
    struct os_heap_stats stats;
    os_heap_stats(&stats);
    return stats;
}

static bool is_row(const void *block)
{
    return osh_arena_row_pages(osh_arena_page(block)) > 0;
}

static void row_is_counted_and_given_back(void)
{
    only_where_there_are_rows();
    size_t free = now().free_pages;
    void *block = os_malloc(3 * UNIT);
    assert_true(is_row(block));
    assert_true(is_aligned(block, OSH_ALIGN));
    assert_true(os_malloc_usable_size(block) >= 3 * UNIT);
    assert_in_range(now().live, 3 * UNIT, 3 * UNIT + 2 * OSH_PAGE_BYTES);
    assert_in_range(free - now().free_pages, 3 * UNIT, 3 * UNIT + 2 * OSH_PAGE_BYTES);
    struct os_heap_gauge gauge;
    os_heap_gauge(&gauge);
    assert_in_range(gauge.free, now().region - 3 * UNIT - 2 * OSH_PAGE_BYTES,
                    now().region - 3 * UNIT);
    assert_null(os_heap_check());
    os_free(block);
    assert_int_equal(now().free_pages, free);
    assert_int_equal(now().live, 0);
}

static void row_is_cut_and_lengthened_in_place(void)
{
    only_where_there_are_rows();
    char *block = os_malloc(8 * UNIT);
    stamp_all(block, 8 * UNIT, 1);
    size_t free = now().free_pages;
    assert_ptr_equal(os_realloc(block, 2 * UNIT), block);
    assert_in_range(now().free_pages - free, 6 * UNIT - 2 * OSH_PAGE_BYTES, 6 * UNIT);
    assert_ptr_equal(os_realloc(block, 200000), block);
    assert_true(is_row(block));
    assert_ptr_equal(os_realloc(block, 8 * UNIT), block);
    assert_true(is_stamped_all(block, 200000, 1));
    assert_null(os_heap_check());
    memset(block, 0xff, 8 * UNIT);
    os_free(block);
    block = os_calloc(8, UNIT);
    assert_true(is_zero(block, 8 * UNIT));
    os_free(block);
}

static void row_that_cannot_grow_in_place_moves_with_its_contents(void)
{
    only_where_there_are_rows();
    for (size_t size = 2 * UNIT; size <= 8 * UNIT; size += 6 * UNIT) { /* copied, moved */
        char *block = os_malloc(size);
        stamp_all(block, size, size);
        void *behind = os_malloc(UNIT);
        char *moved = os_realloc(block, 2 * size);
        assert_non_null(moved);
        assert_ptr_not_equal(moved, block);
        assert_true(is_stamped_all(moved, size, size));
        memset(moved + size, 1, size);
        void *again = os_calloc(1, size - UNIT); /* where the row was */
        assert_true(is_zero(again, size - UNIT));
        assert_null(os_heap_check());
        os_free(again);
        os_free(behind);
        os_free(moved);
    }
}

static void row_becomes_small_and_large_again(void)
{
    only_where_there_are_rows();
    char *block = os_malloc(2 * UNIT);
    stamp_all(block, 100, 3);
    block = os_realloc(block, 100);
    assert_false(is_row(block));
    assert_true(is_stamped_all(block, 100, 3));
    block = os_realloc(block, 2 * UNIT);
    assert_true(is_row(block));
    assert_true(is_stamped_all(block, 100, 3));
    os_free(block);
    assert_int_equal(now().live, 0);
}

static void calloc_clears_what_a_row_has_left(void)
{
    only_where_there_are_rows();
    for (int round = 0; round < 3; round++) {
        void *block = os_malloc(5 * UNIT);
        memset(block, 0xff, 5 * UNIT);
        os_free(block);
        block = os_calloc(5, UNIT);
        assert_true(is_zero(block, 5 * UNIT));
        os_free(block);
    }
}

static void row_grows_over_pages_that_the_system_had(void)
{
    only_where_there_are_rows();
    void *above = os_malloc(UNIT);
    void *block = os_malloc(2 * UNIT);
    os_free(above);
    (void)os_heap_trim();
    assert_ptr_equal(os_realloc(block, 2 * UNIT + UNIT / 2), block);
    memset(block, 0xff, 2 * UNIT + UNIT / 2);
    os_free(block);
    block = os_calloc(1, 3 * UNIT);
    assert_true(is_zero(block, 3 * UNIT));
    os_free(block);
}

static void freed_memory_goes_back_to_the_system_by_itself(void)
{
    only_where_there_are_rows();
    if (thread_sanitizer_watches()) {
        skip_because("ThreadSanitizer's own memory grows with what is written to");
    }
    void *blocks[10];
    size_t before = resident();
    for (unsigned i = 0; i < 10; i++) {
        blocks[i] = os_malloc(4 * UNIT);
        memset(blocks[i], 1, 4 * UNIT);
    }
    assert_true(resident() >= before + 39 * UNIT);
    for (unsigned i = 0; i < 10; i++) {
        os_free(blocks[i]);
    }
    assert_true(resident() <= before + OSH_IDLE_BYTES + 4 * UNIT);
}

static void rows_fill_the_region_and_a_free_serves_again(void)
{
    only_where_there_are_rows();
    void *blocks[64];
    unsigned count = 0;
    while (count < 64 && (blocks[count] = os_malloc(3 * UNIT / 2)) != NULL) {
        count++;
    }
    assert_in_range(count, 20, 42);
    os_free(blocks[count / 2]);
    blocks[count / 2] = os_malloc(3 * UNIT / 2);
    assert_non_null(blocks[count / 2]);
    assert_null(os_realloc(blocks[0], 60 * UNIT));
    while (count > 0) {
        os_free(blocks[--count]);
    }
    assert_int_equal(now().live, 0);
    os_free(os_malloc(40 * UNIT));
}

#if OSH_ROW_LEAST > 0
static void free_of_a_row_twice(void)
{
    void *block = os_malloc(2 * UNIT);
    os_free(block);
    os_free(block);
}

#if OSH_HARDENING >= 2
static void free_of_a_row_that_was_overrun(void)
{
    char *block = os_malloc(2 * UNIT);
    memset(block, 1, 2 * UNIT + 1);
    os_free(block);
}
#elif OSH_HARDENING == 1
static void free_inside_a_row(void)
{
    char *block = os_malloc(2 * UNIT);
    memset(block, 0, 2 * UNIT);
    os_free(block + UNIT);
}
#endif
#endif

#define SLOTS 4
static void work(unsigned member, void *unused)
{
    void *block[SLOTS] = {NULL};
    size_t size[SLOTS] = {0};
    uint64_t seed = member + 1;
    (void)unused;
    for (unsigned i = rounds(600); i-- > 0;) {
        size_t slot = random_below(&seed, SLOTS);
        if (block[slot] != NULL) {
            assert_true(is_stamped(block[slot], size[slot], member));
        }
        size_t next = 1 + random_below(&seed, 3 * UNIT);
        if (random_below(&seed, 2) == 0 && block[slot] != NULL) {
            void *resized = os_realloc(block[slot], next);
            next = resized != NULL ? next : size[slot];
            block[slot] = resized != NULL ? resized : block[slot];
        } else {
            os_free(block[slot]);
            block[slot] = os_malloc(next);
        }
        size[slot] = next;
        if (block[slot] != NULL) {
            stamp(block[slot], next, member);
        }
    }
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        os_free(block[slot]);
    }
}

static void threads_share_the_region(void)
{
    only_where_there_are_rows();
    os_free(os_malloc(1)); /* ThreadSanitizer does not see what a start's membarrier orders */
    run_crew(8, work, NULL);
    (void)os_heap_trim();
    assert_int_equal(now().live, 0);
    assert_int_equal(now().free_pages, now().region);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(row_is_counted_and_given_back, ROOM),
        in_fresh_heap(row_is_cut_and_lengthened_in_place, PLATFORM_REGION),
        in_fresh_heap(row_that_cannot_grow_in_place_moves_with_its_contents, PLATFORM_REGION),
        in_fresh_heap(row_becomes_small_and_large_again, ROOM),
        in_fresh_heap(calloc_clears_what_a_row_has_left, PLATFORM_REGION),
        in_fresh_heap(calloc_clears_what_a_row_has_left, ROOM),
        in_fresh_heap(row_grows_over_pages_that_the_system_had, PLATFORM_REGION),
        in_fresh_heap(freed_memory_goes_back_to_the_system_by_itself, PLATFORM_REGION),
        in_fresh_heap(rows_fill_the_region_and_a_free_serves_again, ROOM),
#if OSH_ROW_LEAST > 0
        stopped_with(free_of_a_row_twice, ROOM, DOUBLE_FREE),
#if OSH_HARDENING >= 2
        stopped_with(free_of_a_row_that_was_overrun, ROOM, "written behind the end of the block"),
#elif OSH_HARDENING == 1
        stopped_with(free_inside_a_row, ROOM, "not the start of a block"),
#endif
#endif
        in_fresh_heap(threads_share_the_region, ROOM),
        in_fresh_heap(threads_share_the_region, PLATFORM_REGION),
    };
    return cmocka_run_group_tests_name("core/rows", tests, NULL, NULL);
}
