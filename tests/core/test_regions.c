/* SPDX-License-Identifier: Apache-2.0 */
/* Several regions: which serves what, and that every call knows the blocks of each. */
#include "crew.h"
#include "fresh_heap.h"
#include "os/os_heap.h"
#include "osh_arena.h"
#include "osh_class.h"
#include "osh_guard.h"
#include "stamp.h"

#include <string.h>

#define PAGES 24
#define BYTES ((size_t)48 << 10)
#define DMA OS_HEAP_CAP_DMA
#define TCM OS_HEAP_CAP_TCM
#define DEFAULT OS_HEAP_CAP_DEFAULT

static unsigned char bank[4][BYTES] __attribute__((aligned(64)));

static void add(unsigned number, uint32_t caps)
{
    assert_int_equal(os_heap_add_region(bank[number], BYTES, caps), 0);
}

/* The number of the added region that holds the block; -1: the first region. */
static int region_of(const void *block)
{
    assert_non_null(block);
    for (int i = 0; i < 4; i++) {
        if ((uintptr_t)block - (uintptr_t)bank[i] < BYTES) {
            return i;
        }
    }
    assert_true(osh_arena_holds(block));
    return -1;
}

/* A chain of blocks, all that `caps` can have. Adds each region's number of blocks. */
static void *take_all(uint32_t caps, size_t size, size_t *count, int except)
{
    void *chain = NULL;
    void *block;
    while ((block = os_malloc_in(caps, size)) != NULL) {
        int region = region_of(block);
        assert_int_not_equal(region, except);
        assert_int_equal(caps & ~os_heap_caps(block), 0);
        count[region + 1]++;
        memset(block, 0x77, size);
        memcpy(block, &chain, sizeof(chain));
        chain = block;
    }
    return chain;
}

static void give_all(void *chain)
{
    while (chain != NULL) {
        void *next;
        memcpy(&next, chain, sizeof(next));
        os_free(chain);
        chain = next;
    }
}

static void everything_is_free_again(void)
{
    struct os_heap_stats stats;
    struct os_heap_gauge gauge;
    (void)os_heap_trim();
    os_heap_stats(&stats);
    assert_int_equal(stats.live, 0);
    assert_int_equal(stats.free, stats.region + stats.added);
    os_heap_gauge(&gauge);
    assert_int_equal(gauge.free, stats.free);
    assert_null(os_heap_check());
}

static void regions_fill_in_the_order_of_adding_and_none_is_left_out(void)
{
    const size_t sizes[] = {24, 200, 3000};
    add(0, DEFAULT);
    add(1, DEFAULT | DMA);
    for (unsigned i = 0; i < 3; i++) {
        size_t count[5] = {0};
        void *chain = take_all(DEFAULT, sizes[i], count, 2);
        struct os_heap_stats stats;
        os_heap_stats(&stats);
        assert_true(count[0] * sizes[i] > stats.region / 3);
        size_t padded = sizes[i] + OSH_TRAILER_BYTES;
        assert_true(count[1] >= (BYTES - 3000) / (padded + OSH_ALIGN) && count[2] == count[1]);
        assert_true(stats.out_of_memory > 0);
        /* In order: the last blocks are those of the last region. */
        assert_int_equal(region_of(chain), 1);
        assert_null(os_heap_check());
        give_all(chain);
        everything_is_free_again();
    }
}

/* What another core has cached comes last, and is not left out either. */
static void none_is_left_out_when_the_thread_moves(void)
{
    unsigned all = 0;
    add(0, DEFAULT);
    for (unsigned turn = 0; turn < 3; turn++) {
        unsigned taken = 0;
        void *chain = NULL;
        void *block;
        while ((block = os_malloc(40)) != NULL) {
            memcpy(block, &chain, sizeof(chain));
            chain = block;
            if (++taken % 50 == 0 && turn > 0) {
                pin_to_cpu(taken / 50);
            }
        }
        assert_true(taken >= all);
        all = taken;
        give_all(chain);
        everything_is_free_again();
    }
}

static void a_region_for_requests_only_is_taken_by_requests_only(void)
{
    add(0, TCM);
    size_t count[5] = {0};
    void *chain = take_all(DEFAULT, 100, count, 0);
    assert_null(os_malloc(100));
    assert_null(os_realloc(NULL, 3000));
    assert_null(os_calloc(1, 100));
    assert_null(os_aligned_alloc(64, 100));
    void *block = os_malloc_in(TCM, 100);
    assert_int_equal(region_of(block), 0);
    os_free(block);
    /* No demand: any region. */
    block = os_malloc_in(0, 100);
    assert_int_equal(region_of(block), 0);
    os_free(block);
    assert_true(count[0] > 0 && count[1] == 0);
    /* All of it, again and again. */
    size_t least = (BYTES - 3000) / (700 + OSH_TRAILER_BYTES + OSH_ALIGN);
    for (unsigned turn = 0; turn < 3; turn++) {
        size_t taken[5] = {0};
        void *all = take_all(TCM, 700, taken, -1);
        assert_true(taken[1] >= least);
        least = taken[1];
        give_all(all);
    }
    give_all(chain);
    everything_is_free_again();
}

static void a_region_must_have_all_that_is_asked(void)
{
    add(0, DEFAULT | DMA);
    add(1, TCM | DMA);
    assert_int_equal(region_of(os_malloc_in(DMA, 50)), 0);
    assert_int_equal(region_of(os_malloc_in(DMA | TCM, 50)), 1);
    assert_int_equal(region_of(os_malloc_in(TCM, 50)), 1);
    assert_null(os_malloc_in(TCM | DEFAULT, 50));
    assert_null(os_malloc_in(OS_HEAP_CAP_EXTERNAL, 50));
    assert_int_equal(region_of(os_malloc_in(0, 50)), -1);
    size_t count[5] = {0};
    (void)take_all(DMA, 50, count, -1);
    assert_true(count[1] > 0 && count[2] > 0);
}

static void the_first_region_has_the_capabilities_that_it_is_given(void)
{
    os_heap_set_caps(DMA);
    add(0, DEFAULT);
    add(1, TCM | DMA);
    void *block = os_malloc_in(DMA, 60);
    assert_int_equal(region_of(block), -1);
    assert_int_equal(os_heap_caps(block), DMA | DEFAULT);
    assert_int_equal(os_heap_caps(bank[1] + 2000), TCM | DMA);
    assert_int_equal(os_heap_caps(&block), 0);
    size_t count[5] = {0};
    void *chain = take_all(DMA, 60, count, 0);
    assert_true(count[0] > 0 && count[2] > 0);
    os_free(block);
    give_all(chain);
    everything_is_free_again();
}

static void cached_blocks_come_back_before_a_request_with_capabilities_fails(void)
{
    NOT_AT_LEVEL_2
    os_heap_set_caps(DMA);
    add(0, DEFAULT);
    size_t count[5] = {0};
    void *chain = take_all(DMA, 64, count, 0);
    give_all(chain); /* magazines, depot */
    size_t again[5] = {0};
    chain = take_all(DMA, 200, again, 0);
    struct os_heap_stats stats;
    os_heap_stats(&stats);
    assert_true(again[0] * 200 > stats.region * 6 / 10);
    give_all(chain);
}

static void a_block_is_resized_in_regions_with_its_capabilities(void)
{
    os_heap_set_caps(DMA);
    add(0, DEFAULT);
    add(1, TCM);
    add(2, TCM | DMA);
    unsigned char *block = os_malloc_in(TCM, 100);
    for (size_t size = 100; size > 0; size = size > 9000 ? 7 : size == 7 ? 0 : size * 3) {
        stamp_all(block, 100 < size ? 100 : size, 5);
        size_t next = size > 9000 ? 7 : size * 3;
        block = os_realloc(block, next);
        assert_int_equal(region_of(block), 1);
        assert_true(is_stamped_all(block, size < next ? (size < 100 ? size : 100) : next, 5));
        assert_true(os_malloc_usable_size(block) >= next);
        assert_null(os_heap_check());
        if (next == 7) {
            break;
        }
    }
    /* It moves to the next region that has them, and no further. */
    size_t count[5] = {0};
    void *chain = NULL;
    void *other;
    while (region_of(other = os_malloc_in(TCM, 1000)) == 1) {
        memcpy(other, &chain, sizeof(chain));
        chain = other;
    }
    os_free(other);
    stamp_all(block, 7, 9);
    block = os_realloc(block, 5000);
    assert_int_equal(region_of(block), 2);
    assert_true(is_stamped_all(block, 7, 9));
    stamp_all(block, 5000, 9);
    assert_null(os_realloc(block, BYTES));
    assert_true(is_stamped_all(block, 5000, 9));
    os_free(block);
    give_all(chain);
    /* A block of the first region, which has DMA and is the default, moves to no other kind. */
    block = os_malloc(30);
    chain = take_all(DMA | DEFAULT, 500, count, 1); /* leaves region 0 as it is */
    stamp_all(block, 30, 3);
    assert_null(os_realloc(block, 3000)); /* region 2 serves only who asks for it */
    add(3, DMA | DEFAULT);
    other = os_realloc(block, 3000);
    assert_int_equal(region_of(other), 3);
    assert_true(is_stamped_all(other, 30, 3));
    assert_null(os_realloc(other, BYTES));
    os_free(other);
    give_all(chain);
    everything_is_free_again();
}

static void every_call_knows_blocks_of_every_region(void)
{
    add(0, DEFAULT);
    size_t count[5] = {0};
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
    (void)count;
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
    assert_true(gauge.largest >= stats.added / 2);
    void *largest = os_malloc_in(0, gauge.largest - OSH_TRAILER_BYTES);
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
        in_fresh_heap(regions_fill_in_the_order_of_adding_and_none_is_left_out, PAGES),
        in_fresh_heap(none_is_left_out_when_the_thread_moves, PAGES),
        in_fresh_heap(a_region_for_requests_only_is_taken_by_requests_only, PAGES),
        in_fresh_heap(a_region_must_have_all_that_is_asked, PAGES),
        in_fresh_heap(the_first_region_has_the_capabilities_that_it_is_given, PAGES),
        in_fresh_heap(cached_blocks_come_back_before_a_request_with_capabilities_fails, PAGES),
        in_fresh_heap(a_block_is_resized_in_regions_with_its_capabilities, PAGES),
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
