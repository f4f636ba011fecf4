/* SPDX-License-Identifier: Apache-2.0 */
/* Memory is out: refusals are known and lists are stopped, until something comes free. */
#include "crew.h"
#include "fresh_heap.h"
#include "hoard.h"
#include "os/os_heap.h"
#include "osh_arena.h"
#include "osh_brink.h"
#include "osh_deferred.h"
#include "sizes.h"

#define TINY_SIZE 16

static struct os_heap_stats now(void)
{
    struct os_heap_stats stats;
    os_heap_stats(&stats);
    return stats;
}

/* A refusal is known, and yet nothing that comes free is missed: a free, or a cut. */
static void what_was_refused_is_had_when_something_comes_free(void)
{
    void *large = os_malloc(LARGE_SIZE(2));
    void *cut = os_malloc(LARGE_SIZE(4));
    struct hoard hoard = hoard_all(TINY_SIZE);
    assert_null(os_malloc(LARGE_SIZE(1)));
    os_free(large);
    large = os_malloc(LARGE_SIZE(1));
    assert_non_null(large);
    assert_null(os_malloc(LARGE_SIZE(4)));
    assert_null(os_malloc(LARGE_SIZE(3)));
    assert_ptr_equal(os_realloc(cut, LARGE_SIZE(1)), cut);
    void *rest = os_malloc(LARGE_SIZE(2));
    assert_non_null(rest);
    os_free(rest);
    os_free(cut);
    os_free(large);
    hoard_free(&hoard, 1);
    assert_int_equal(now().live, 0);
}

static void lists_serve_again_when_a_row_of_requests_was_served(void)
{
    NOT_AT_LEVEL_2
    struct hoard hoard = hoard_all(SMALL_SIZE);
    hoard_free(&hoard, 1);
    assert_true(!OSH_BRINK_STOPS || now().cached == 0);
    for (unsigned i = 0; i < 100; i++) {
        os_free(os_malloc(SMALL_SIZE));
    }
    assert_true(now().cached > 0);
}

static bool free_waits(void *block)
{
    os_free(block);
    return osh_deferred_pending();
}

/* Four at most, of which none is large; a request frees them all. */
static void free_leaves_large_blocks_to_the_next_request(void)
{
    if (OSH_VIRTUAL || !OSH_BRINK_STOPS) {
        skip_because("every free takes the mutex");
    }
    enum { BLOCKS = 8 };
    void *blocks[BLOCKS];
    size_t size = OSH_SLAB_MAX + 1;
    for (unsigned i = 0; i < BLOCKS; i++) {
        blocks[i] = os_malloc(size);
    }
    void *too_large = os_malloc(LARGE_SIZE(1) + (osh_arena.pages << OSH_PAGE_LOG2) / 32);
    struct hoard hoard = hoard_all(TINY_SIZE);
    assert_null(os_malloc(size));
    assert_false(free_waits(too_large));
    for (unsigned i = 0; i < 4; i++) {
        assert_true(free_waits(blocks[i]));
    }
    assert_false(free_waits(blocks[4]));
    assert_true(free_waits(blocks[5]));
    assert_non_null(os_malloc(size));
    assert_false(osh_deferred_pending());
    for (unsigned i = 6; i < BLOCKS; i++) {
        os_free(blocks[i]);
    }
    hoard_free(&hoard, 1);
}

static void *last;

static void free_last(void)
{
    os_free(last);
}

/* Where the lists of a core begin with its first call. */
static void lists_of_a_core_that_comes_late_take_nothing_while_memory_is_out(void)
{
    NOT_AT_LEVEL_2
    struct hoard hoard = hoard_all(SMALL_SIZE);
    last = hoard_take(&hoard);
    run_on_cpu(1, free_last);
    assert_true(!OSH_BRINK_STOPS || now().cached == 0);
    hoard_free(&hoard, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(what_was_refused_is_had_when_something_comes_free, ROOMY_HEAP),
        in_fresh_heap(free_leaves_large_blocks_to_the_next_request, ROOMY_HEAP),
        in_fresh_heap(lists_serve_again_when_a_row_of_requests_was_served, ROOMY_HEAP),
        in_fresh_heap(lists_of_a_core_that_comes_late_take_nothing_while_memory_is_out, ROOMY_HEAP),
    };
    return cmocka_run_group_tests_name("core/brink", tests, NULL, NULL);
}
