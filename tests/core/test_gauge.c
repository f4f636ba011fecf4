/* SPDX-License-Identifier: Apache-2.0 */
/* The four figures that a product watches, against the statistics that walk the whole heap. */
#include "crew.h"
#include "fresh_heap.h"
#include "hoard.h"
#include "os/os_heap.h"
#include "os/os_heap_linux.h"
#include "osh_arena.h"
#include "osh_slab_open.h"
#include "sizes.h"

#define KIB_64 ((size_t)65536 >> OSH_PAGE_LOG2)
#define PAGES (KIB_64 > 24 ? KIB_64 : 24)

#define WORDS_OF_PAGES (3 * OSH_WORD_BITS - 5) /* the bitmap's last word is not full */

static struct os_heap_stats stats(void)
{
    struct os_heap_stats now;
    os_heap_stats(&now);
    return now;
}

static struct os_heap_gauge gauge(void)
{
    struct os_heap_gauge now;
    os_heap_gauge(&now);
    return now;
}

static void free_is_what_the_statistics_find(void)
{
    void *small[40];
    void *large[10];
    for (unsigned i = 0; i < 40; i++) {
        small[i] = os_malloc(16 + 24 * i);
        assert_int_equal(gauge().free, stats().free);
    }
    for (unsigned i = 0; i < 10; i++) {
        large[i] = os_malloc(LARGE_SIZE(1 + i % 3));
        assert_int_equal(gauge().free, stats().free);
    }
    large[3] = os_realloc(large[3], LARGE_SIZE(6));
    large[4] = os_realloc(large[4], LARGE_SIZE(1) - 500);
    assert_int_equal(gauge().free, stats().free);
    for (unsigned i = 0; i < 40; i += 2) {
        os_free(small[i]);
        os_free(large[i / 4]);
        large[i / 4] = NULL;
        assert_int_equal(gauge().free, stats().free);
    }
    assert_null(os_heap_check());
}

static void least_free_is_the_least_that_ever_was(void)
{
    size_t least = gauge().free;
    for (unsigned i = 0; i < 200; i++) {
        void *block = os_malloc(i % 7 == 0 ? LARGE_SIZE(1) : 40 + 8 * (i % 20));
        size_t now = gauge().free;
        least = now < least ? now : least;
        assert_true(gauge().least_free <= least);
        if (i % 3 != 0) {
            os_free(block);
        }
    }
    assert_true(least - gauge().least_free <= LARGE_SIZE(1) + stats().page); /* cut since */
    struct hoard all = hoard_all(SMALL_SIZE);
    size_t full = gauge().least_free;
    assert_true(full < least);
    hoard_free(&all, 1);
    assert_int_equal(gauge().least_free, full);
}

static void least_free_begins_again_at_a_reset(void)
{
    void *block = os_malloc(LARGE_SIZE(4));
    os_free(block);
    (void)os_heap_trim();
    size_t least = gauge().least_free;
    assert_true(least < gauge().free);
    os_heap_gauge_reset();
    assert_int_equal(gauge().least_free, gauge().free);
    block = os_malloc(LARGE_SIZE(1));
    assert_true(gauge().least_free > least && gauge().least_free < stats().region);
    os_free(block);
}

/* Whatever the heap looks like, a block as large as that is had. */
static void largest_can_be_had(void)
{
    void *held[80] = {NULL}; /* two thirds of the region, more or less */
    uint32_t random = 1;
    unsigned had = 0;
    for (unsigned i = 0; i < 4000; i++) {
        random = random * 1664525 + 1013904223;
        unsigned slot = (random >> 8) % 80;
        os_free(held[slot]);
        held[slot] = os_malloc((size_t)16 << (random >> 20) % 8);
        if (i % 50 == 0) {
            size_t largest = gauge().largest;
            void *block = os_malloc(largest);
            assert_true(largest == 0 || block != NULL);
            os_free(block);
            had += largest > 0;
        }
    }
    assert_true(had > 10);
}

static void largest_is_most_of_a_region_that_is_empty(void)
{
    struct os_heap_gauge now = gauge();
    assert_int_equal(now.free, stats().region);
    assert_int_equal(now.least_free, now.free);
    assert_true(now.largest > now.free / 10 * 9);
    void *block = os_malloc(now.largest);
    assert_non_null(block);
    os_free(block);
    assert_null(os_malloc(now.free + 1));
    assert_int_equal(gauge().refused, 1);
}

static void all_of_it_in_an_interrupt(void)
{
    os_free(os_malloc(SMALL_SIZE));
    os_heap_signal_enter();
    assert_true(gauge().free > 0 && gauge().largest > 0 && gauge().least_free > 0);
    os_heap_signal_leave();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(free_is_what_the_statistics_find, ROOMY_HEAP),
        in_fresh_heap(least_free_is_the_least_that_ever_was, ROOMY_HEAP),
        in_fresh_heap(least_free_begins_again_at_a_reset, ROOMY_HEAP),
        in_fresh_heap(largest_can_be_had, PAGES),
        in_fresh_heap(largest_is_most_of_a_region_that_is_empty, PAGES),
        in_fresh_heap(largest_is_most_of_a_region_that_is_empty, WORDS_OF_PAGES),
        in_fresh_heap(all_of_it_in_an_interrupt, ROOMY_HEAP),
    };
    return cmocka_run_group_tests_name("core/gauge", tests, NULL, NULL);
}
