/* SPDX-License-Identifier: Apache-2.0 */
/* Several regions: which serves what. */
#include "crew.h"
#include "osh_class.h"
#include "osh_guard.h"
#include "regions.h"
#include "stamp.h"

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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
