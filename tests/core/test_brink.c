/* SPDX-License-Identifier: Apache-2.0 */
/* Memory is out: refusals are known and lists are stopped, until something comes free. */
#include "crew.h"
#include "fresh_heap.h"
#include "hoard.h"
#include "os/os_heap.h"
#include "osh_brink.h"
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
        in_fresh_heap(lists_serve_again_when_a_row_of_requests_was_served, ROOMY_HEAP),
        in_fresh_heap(lists_of_a_core_that_comes_late_take_nothing_while_memory_is_out, ROOMY_HEAP),
    };
    return cmocka_run_group_tests_name("core/brink", tests, NULL, NULL);
}
