/* SPDX-License-Identifier: Apache-2.0 */
/* Large blocks that are kept for the next request of their size. */
#include "arch.h"
#include "fresh_heap.h"
#include "os/os_heap.h"
#include "os/os_heap_linux.h"
#include "osh_arena.h"
#include "osh_fallback.h"
#include "osh_kept.h"
#include "osh_newlib.h"
#include "sizes.h"

/* A size that is kept, a step above the least. */
#define SIZE (((size_t)5 << OSH_KEPT_LEAST_LOG2) / 4 + 100)
#define ENOUGH (8 * SIZE)
#define PAGES (64 + 16 * SIZE / OSH_PAGE_BYTES)

static void only_where_blocks_are_kept(size_t bytes)
{
    if (OSH_KEPT_BYTES == 0) {
        skip_because("nothing is kept at this level, or compiled for size");
    }
    osh_kept_start(8 * bytes);
}

/* From newlib, whatever its size. */
static void *large(size_t size)
{
    return osh_fallback_memalign(OSH_ALIGN, size);
}

static void block_freed_is_had_again_while_somebody_has_the_mutex(void)
{
    only_where_blocks_are_kept(ENOUGH);
    void *block = large(SIZE);
    size_t usable = os_malloc_usable_size(block);
    assert_true(osh_arch_try_lock(OSH_MUTEX_FALLBACK));
    os_free(block);
    assert_ptr_equal(osh_fallback_kept(SIZE), block);
    assert_null(osh_fallback_kept(SIZE));
    assert_int_equal(os_malloc_usable_size(block), usable);
    os_free(block);
    osh_arch_unlock(OSH_MUTEX_FALLBACK);
    assert_int_equal(osh_kept_bytes(), usable);
}

static void larger_one_serves_if_it_is_not_much_larger(void)
{
    only_where_blocks_are_kept(ENOUGH);
    void *block = large(SIZE);
    size_t usable = os_malloc_usable_size(block);
    os_free(block);
    assert_null(osh_fallback_kept(usable / 2));
    assert_null(osh_fallback_kept(usable + 1));
    assert_ptr_equal(osh_fallback_kept(usable - 8), block);
}

static void so_many_bytes_are_kept_and_no_more(void)
{
    only_where_blocks_are_kept(2 * SIZE);
    void *blocks[4];
    for (unsigned i = 0; i < 4; i++) {
        blocks[i] = large(SIZE + i * SIZE / 4);
    }
    for (unsigned i = 0; i < 4; i++) {
        os_free(blocks[i]);
        assert_true(osh_kept_bytes() <= 2 * SIZE);
    }
    assert_true(osh_kept_bytes() >= SIZE);
}

static void one_that_is_refused_for_want_of_room_makes_room(void)
{
    if (OSH_VIRTUAL) {
        skip_because("large blocks are rows of pages");
    }
    only_where_blocks_are_kept(SIZE + SIZE / 4);
    os_free(large(SIZE));
    assert_int_not_equal(osh_kept_bytes(), 0);
    void *kept = NULL;
    for (unsigned i = 0; kept == NULL && i < 100; i++) { /* a few slots are looked at each time */
        os_free(large(SIZE / 2));
        kept = osh_fallback_kept(SIZE / 2);
    }
    assert_non_null(kept);
    assert_int_equal(osh_kept_bytes(), 0);
}

static void take_until_memory_is_short(void)
{
    while (osh_arena_free_pages() * OSH_PAGE_BYTES > 3 * SIZE) {
        assert_non_null(large(SIZE));
    }
    assert_non_null(large(1)); /* which looks at what is free now */
}

static void none_is_kept_that_is_longer_than_a_quarter_of_what_is_free(void)
{
    only_where_blocks_are_kept(ENOUGH);
    void *block = large(SIZE);
    take_until_memory_is_short();
    os_free(block);
    assert_int_equal(osh_kept_bytes(), 0);
}

static void much_larger_one_serves_only_while_there_is_plenty(void)
{
    if (OSH_CLASS_STEPS_LOG2 < 3) {
        skip_because("a step is a quarter");
    }
    only_where_blocks_are_kept(ENOUGH);
    void *block = large(SIZE);
    size_t two_steps_less = os_malloc_usable_size(block) - ((size_t)1 << OSH_KEPT_LEAST_LOG2) / 2;
    os_free(block);
    assert_ptr_equal(osh_fallback_kept(two_steps_less), block);
    os_free(block);
    assert_int_not_equal(osh_kept_bytes(), 0);
    take_until_memory_is_short();
    assert_null(osh_fallback_kept(two_steps_less));
}

static void what_is_kept_is_cached_and_comes_back_before_memory_is_out(void)
{
    only_where_blocks_are_kept(ENOUGH);
    struct os_heap_stats stats;
    void *block = large(SIZE);
    size_t usable = os_malloc_usable_size(block);
    os_heap_stats(&stats);
    assert_int_equal(stats.live, usable);
    os_free(block);
    os_heap_stats(&stats);
    assert_int_equal(stats.live, 0);
    assert_true(stats.cached >= usable && stats.cached <= stats.cached_bound);
    while (large(2 * SIZE) != NULL) { /* so none is found among what is kept */
    }
    assert_null(os_malloc(stats.region / 2));
    assert_int_equal(osh_kept_bytes(), 0);
}

static void interrupt_may_free_one_and_gets_none(void)
{
    only_where_blocks_are_kept(ENOUGH);
    void *block = large(SIZE);
    os_heap_signal_enter();
    os_free(block);
    assert_null(osh_fallback_kept(SIZE));
    os_heap_signal_leave();
    assert_ptr_equal(osh_fallback_kept(SIZE), block);
}

static void one_that_is_kept_is_freed_again(void)
{
    if (OSH_HARDENING == 0) {
        skip_because("large blocks have no seals");
    }
    only_where_blocks_are_kept(ENOUGH);
    void *block = large(SIZE);
    os_free(block);
    os_free(block);
}

/* The next owner's free reports it: getting a kept block does not write its seal anew. */
static void seal_is_overwritten_while_the_block_is_kept(void)
{
    if (OSH_HARDENING == 0) {
        skip_because("large blocks have no seals");
    }
    only_where_blocks_are_kept(ENOUGH);
    void *block = large(SIZE);
    os_free(block);
    size_t size;
    *osh_newlib_seal(block, &size) ^= 0xff00;
    assert_ptr_equal(osh_fallback_kept(SIZE), block);
    os_free(block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(block_freed_is_had_again_while_somebody_has_the_mutex, PAGES),
        in_fresh_heap(larger_one_serves_if_it_is_not_much_larger, PAGES),
        in_fresh_heap(so_many_bytes_are_kept_and_no_more, PAGES),
        in_fresh_heap(one_that_is_refused_for_want_of_room_makes_room, PAGES),
        in_fresh_heap(none_is_kept_that_is_longer_than_a_quarter_of_what_is_free, PAGES),
        in_fresh_heap(much_larger_one_serves_only_while_there_is_plenty, PAGES),
        in_fresh_heap(what_is_kept_is_cached_and_comes_back_before_memory_is_out, PAGES),
        in_fresh_heap(interrupt_may_free_one_and_gets_none, PAGES),
        stopped_with(one_that_is_kept_is_freed_again, PAGES,
                     REPORTED("twice", "double free: the block is free already")),
        stopped_with(seal_is_overwritten_while_the_block_is_kept, PAGES,
                     REPORTED("header", "the header before a large block, or the word behind it, "
                                        "was overwritten")),
    };
    return cmocka_run_group_tests_name("fallback/kept", tests, NULL, NULL);
}
