/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks of added regions: every call knows them, and reports their misuse. */
#include "osh_class.h"
#include "osh_guard.h"
#include "regions.h"
#include "stamp.h"

static void every_call_knows_blocks_of_every_region(void)
{
    add(0, DEFAULT);
    void *chain = NULL;
    void *block;
    while (region_of(block = os_malloc(8)) == -1) {
        memcpy(block, &chain, sizeof(chain));
        chain = block;
    }
    os_free_sized(block, 8);
    for (size_t alignment = 8; alignment <= 4096; alignment *= 2) {
        block = os_aligned_alloc(alignment, 900);
        assert_int_equal((uintptr_t)block % alignment, 0);
        os_free(block);
    }
    block = os_calloc(10, 333);
    assert_int_equal(region_of(block), 0);
    assert_true(is_zero(block, 3330));
    memset(block, 1, 3330);
    os_free_sized(block, 3330);
    block = os_calloc(10, 333);
    assert_true(is_zero(block, 3330));
    os_free(block);
    block = os_malloc(0);
    void *another = os_malloc(0);
    assert_ptr_not_equal(block, another);
    os_free(block);
    os_free(another);
    assert_null(os_malloc(SIZE_MAX));
    assert_null(os_malloc_in(0, SIZE_MAX));
    assert_null(os_malloc_in(DEFAULT, PTRDIFF_MAX));
    give_all(chain);
    everything_is_free_again();
}

static void figures_count_every_region(void)
{
    struct os_heap_stats before;
    struct os_heap_stats stats;
    struct os_heap_gauge gauge;
    os_heap_stats(&before);
    add(0, DMA);
    add(1, DMA);
    os_heap_stats(&stats);
    assert_in_range(stats.added, 2 * BYTES - 2 * BYTES / 20 - 512, 2 * BYTES);
    assert_true(stats.tables > before.tables);
    assert_int_equal(stats.added + stats.tables - before.tables, 2 * BYTES);
    assert_int_equal(stats.free, before.free + stats.added);
    void *block = os_malloc_in(DMA, 5000);
    os_heap_stats(&stats);
    size_t granules = (5000 + OSH_TRAILER_BYTES + OSH_ALIGN - 1) & ~(OSH_ALIGN - 1);
    assert_int_equal(stats.live, granules);
    os_heap_gauge(&gauge);
    assert_int_equal(gauge.free, stats.free);
    assert_int_equal(gauge.least_free, stats.free);
    assert_true(gauge.largest >= stats.added / 2 - OSH_TRAILER_BYTES);
    void *largest = os_malloc_in(0, gauge.largest);
    assert_non_null(largest);
    os_free(largest);
    largest = os_malloc_in(0, stats.largest_free);
    assert_non_null(largest);
    os_free(largest);
    os_free(block);
    os_heap_stats(&stats);
    assert_int_equal(stats.live, 0);
    (void)os_heap_trim();
    os_heap_gauge(&gauge);
    assert_true(gauge.least_free < gauge.free);
    everything_is_free_again();
}

static void an_impossible_region_is_refused(void)
{
    assert_int_equal(os_heap_add_region(NULL, 4096, 0), OS_HEAP_EINVAL);
    assert_int_equal(os_heap_add_region(bank[0], 0, 0), OS_HEAP_EINVAL);
    assert_int_equal(os_heap_add_region(bank[0], 40, 0), OS_HEAP_EINVAL);
    assert_int_equal(os_heap_add_region(bank[0], SIZE_MAX, 0), OS_HEAP_EINVAL);
    assert_int_equal(os_heap_add_region((void *)osh_arena.base, 4096, 0), OS_HEAP_EINVAL);
    assert_int_equal(os_heap_add_region((void *)osh_arena.tables, 1, 0), OS_HEAP_EINVAL);
    add(0, 0);
    assert_int_equal(os_heap_add_region(bank[0], BYTES, 0), OS_HEAP_EINVAL);
    assert_int_equal(os_heap_add_region(bank[0] + BYTES - 1, BYTES, 0), OS_HEAP_EINVAL);
    add(1, 0); /* begins where the other ends */
    void *block;
    while ((block = os_malloc_in(0, 3000)) != NULL) {
        int region = region_of(block);
        assert_int_equal(region_of((char *)block + 2999), region);
    }
}

static void *elsewhere(void)
{
    add(0, DMA);
    return os_malloc_in(DMA, 100);
}

static void free_of_a_block_twice(void)
{
    void *block = elsewhere();
    os_free(block);
    os_free(block);
}

static void free_of_the_inside_of_a_block(void)
{
    os_free((char *)elsewhere() + 48);
}

static void free_of_an_odd_address(void)
{
    os_free((char *)elsewhere() + 1);
}

static void free_of_memory_that_never_was_a_block(void)
{
    (void)elsewhere();
    os_free(bank[0] + BYTES / 2);
}

static void free_of_a_regions_tables(void)
{
    (void)elsewhere();
    os_free(bank[0]);
}

static void free_of_the_byte_behind_a_region(void)
{
    (void)elsewhere();
    os_free(bank[0] + BYTES);
}

static void realloc_of_a_freed_block(void)
{
    void *block = elsewhere();
    os_free(block);
    (void)os_realloc(block, 10);
}

static void usable_size_of_the_inside_of_a_block(void)
{
    (void)os_malloc_usable_size((char *)elsewhere() + 64);
}

static void free_sized_with_a_wrong_size(void)
{
    os_free_sized(elsewhere(), 200);
}

static void free_sized_with_a_size_too_small(void)
{
    os_free_sized(elsewhere(), 20);
}

static void write_behind_the_size_asked_for(void)
{
    char *block = elsewhere();
    block[100] = 1;
    os_free(block);
}

static void write_to_a_freed_block(void)
{
    char *block = elsewhere();
    os_free(block);
    block[40] = 1;
    for (unsigned i = 0; i < 5000; i++) {
        os_free(os_malloc(50));
    }
}

#define TWICE REPORTED("twice", "double free: the block is free already")
#define INSIDE REPORTED("inside", "the pointer is not the start of a block")
#define FOREIGN REPORTED("foreign", "the pointer is not of this heap")
#define NO_PAGE REPORTED("no page", "the pointer is in a page that holds no blocks: freed already?")
#define WRONG_SIZE REPORTED("size", "the size is not the block's")
#define OVERRUN REPORTED("overrun", "something was written behind the end of the block")
#define USED REPORTED("used", "a free block was written to")

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(every_call_knows_blocks_of_every_region, PAGES),
        in_fresh_heap(figures_count_every_region, PAGES),
        in_fresh_heap(an_impossible_region_is_refused, PAGES),
        stopped_with(free_of_a_block_twice, PAGES, TWICE),
        stopped_with(free_of_the_inside_of_a_block, PAGES, INSIDE),
        stopped_with(free_of_an_odd_address, PAGES, INSIDE),
        stopped_with(free_of_memory_that_never_was_a_block, PAGES, NO_PAGE),
        stopped_with(free_of_a_regions_tables, PAGES, FOREIGN),
        stopped_with(free_of_the_byte_behind_a_region, PAGES, FOREIGN),
        stopped_with(realloc_of_a_freed_block, PAGES, TWICE),
        stopped_with(usable_size_of_the_inside_of_a_block, PAGES, INSIDE),
#if OSH_HARDENING > 0
        stopped_with(free_sized_with_a_wrong_size, PAGES, WRONG_SIZE),
        stopped_with(free_sized_with_a_size_too_small, PAGES, WRONG_SIZE),
#endif
#if OSH_HARDENING >= 2
        stopped_with(write_behind_the_size_asked_for, PAGES, OVERRUN),
        stopped_with(write_to_a_freed_block, PAGES, USED),
#endif
    };
    (void)free_sized_with_a_wrong_size;
    (void)free_sized_with_a_size_too_small;
    (void)write_behind_the_size_asked_for;
    (void)write_to_a_freed_block;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
