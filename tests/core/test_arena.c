/* SPDX-License-Identifier: Apache-2.0 */
#include "crew.h"
#include "fresh_heap.h"
#include "os/os_heap.h"
#include "osh_arena.h"
#include "osh_slab.h"
#include "shadow.h"
#include "sizes.h"

#include <unistd.h>

#define PAGES 150
#define FAILED ((void *)-1)
#define PAGE ((ptrdiff_t)OSH_PAGE_BYTES)

static size_t in_use(void)
{
    return osh_load(&osh_arena.in_use);
}

static void highest_free_page_is_claimed_first(void)
{
    size_t top = osh_arena.pages;
    assert_int_equal(osh_arena_claim_run(0), top - 1);
    assert_int_equal(osh_arena_claim_run(0), top - 2);
    osh_arena_release_run(top - 1, 0);
    assert_int_equal(osh_arena_claim_run(0), top - 1);
    osh_arena_release_run(top - 1, 0);
    osh_arena_release_run(top - 2, 0);
    assert_int_equal(in_use(), 0);
}

static void every_page_is_claimed_exactly_once(void)
{
    shadow_start();
    for (size_t i = 0; i < osh_arena.pages; i++) {
        size_t page = osh_arena_claim_run(0);
        assert_true(page < osh_arena.pages);
        shadow_take((void *)osh_arena_address(page), OSH_PAGE_BYTES);
    }
    assert_int_equal(osh_arena_claim_run(0), OSH_NO_PAGE);
    for (size_t page = 0; page < osh_arena.pages; page++) {
        osh_arena_release_run(page, 0);
    }
}

static void runs_are_aligned_to_their_size_and_do_not_overlap(void)
{
    shadow_start();
    for (unsigned i = 0; i < 40; i++) {
        unsigned run = i % (OSH_RUN_LOG2 + 1);
        size_t page = osh_arena_claim_run(run);
        if (page != OSH_NO_PAGE) {
            assert_int_equal(page % ((size_t)1 << run), 0);
            shadow_take((void *)osh_arena_address(page), OSH_PAGE_BYTES << run);
        }
    }
    assert_int_equal(in_use(), shadow_owned() / OSH_PAGE_BYTES);
    osh_arena.in_use = 0;
    for (size_t word = 0; word < osh_arena.words - 1; word++) {
        osh_arena.claimed[word] = 0;
    }
    osh_arena.claimed[osh_arena.words - 1] =
        ~(((osh_word_t)1 << (osh_arena.pages % OSH_WORD_BITS)) - 1);
}

static void page_below_a_lowered_hint_is_found_after_release(void)
{
    while (osh_arena_claim_run(0) != OSH_NO_PAGE) {
    }
    osh_arena_release_run(osh_arena.pages - 1, 0);
    assert_int_equal(osh_arena_claim_run(0), osh_arena.pages - 1);
    osh_arena_release_run(0, 0);
    assert_int_equal(osh_arena_claim_run(0), 0);
    for (size_t page = 0; page < osh_arena.pages; page++) {
        osh_arena_release_run(page, 0);
    }
}

static void break_moves_up_contiguously(void)
{
    char *start = osh_arena_sbrk(0);
    assert_ptr_equal(start, osh_arena.base);
    assert_ptr_equal(osh_arena_sbrk(100), start);
    assert_int_equal(in_use(), 1);
    assert_ptr_equal(osh_arena_sbrk(PAGE), start + 100);
    assert_int_equal(in_use(), 2);
    assert_ptr_equal(osh_arena_sbrk(PAGE - 100), start + PAGE + 100);
    assert_int_equal(in_use(), 2);
    assert_ptr_equal(osh_arena_sbrk(0), start + 2 * PAGE);
    osh_arena_reset_break();
}

static void break_moves_down_and_gives_pages_back(void)
{
    char *start = osh_arena_sbrk(4 * PAGE);
    assert_ptr_equal(osh_arena_sbrk(-PAGE - 1), start + 4 * PAGE);
    assert_int_equal(in_use(), 3);
    assert_ptr_equal(osh_arena_sbrk(1 - 3 * PAGE), start + 3 * PAGE - 1);
    assert_ptr_equal(osh_arena_sbrk(0), start);
    assert_int_equal(in_use(), 0);
}

static void break_cannot_move_below_its_start(void)
{
    (void)osh_arena_sbrk(PAGE);
    assert_ptr_equal(osh_arena_sbrk(-PAGE - 1), FAILED);
    assert_int_equal(in_use(), 1);
    osh_arena_reset_break();
}

static void break_cannot_move_beyond_the_region(void)
{
    assert_ptr_equal(osh_arena_sbrk((ptrdiff_t)(osh_arena.pages + 1) * PAGE), FAILED);
    assert_ptr_equal(osh_arena_sbrk(PTRDIFF_MAX), FAILED);
    assert_int_equal(in_use(), 0);
    assert_ptr_equal(osh_arena_sbrk((ptrdiff_t)osh_arena.pages * PAGE), osh_arena.base);
    assert_ptr_equal(osh_arena_sbrk(1), FAILED);
    osh_arena_reset_break();
}

static size_t claim_page_number(size_t wanted)
{
    size_t page;
    while ((page = osh_arena_claim_run(0)) != wanted) {
    }
    for (size_t above = wanted + 1; above < osh_arena.pages; above++) {
        osh_arena_release_run(above, 0);
    }
    return page;
}

static void break_goes_on_above_a_taken_page(void)
{
    size_t taken = claim_page_number(3);
    char *start = osh_arena_sbrk(2 * PAGE);
    char *above = osh_arena_sbrk(4 * PAGE);
    assert_ptr_equal(above, osh_arena_address(taken + 1));
    assert_int_equal(in_use(), 7);
    assert_ptr_equal(osh_arena_sbrk(-4 * PAGE), above + 4 * PAGE);
    assert_ptr_equal(osh_arena_sbrk(-1), FAILED);
    assert_ptr_equal(osh_arena_sbrk(0), above);
    assert_ptr_equal(start, osh_arena.base);
    osh_arena_reset_break();
    osh_arena_release_run(taken, 0);
    assert_int_equal(in_use(), 0);
}

static void break_goes_on_below_where_there_is_room(void)
{
    size_t taken = claim_page_number(3);
    assert_ptr_equal(osh_arena_sbrk(4 * PAGE), osh_arena_address(4));
    size_t second = claim_page_number(8);
    assert_ptr_equal(osh_arena_sbrk(2 * PAGE), osh_arena_address(0));
    assert_ptr_equal(osh_arena_sbrk(1), osh_arena_address(2));
    assert_ptr_equal(osh_arena_sbrk(PAGE),
                     osh_arena_address(9)); /* what is left there is too little */
    osh_arena_reset_break();
    osh_arena_release_run(taken, 0);
    osh_arena_release_run(second, 0);
    assert_int_equal(in_use(), 0);
}

static void row_that_meets_a_taken_page_is_given_back(void)
{
    size_t taken = claim_page_number(osh_arena.pages / 2);
    assert_ptr_equal(osh_arena_sbrk((ptrdiff_t)(osh_arena.pages - 1) * PAGE), FAILED);
    assert_int_equal(in_use(), 1);
    osh_arena_release_run(taken, 0);
}

static void reset_gives_every_segment_back(void)
{
    size_t taken = claim_page_number(5);
    assert_ptr_not_equal(osh_arena_sbrk(3 * PAGE), FAILED);
    assert_ptr_not_equal(osh_arena_sbrk(8 * PAGE), FAILED);
    osh_arena_reset_break();
    assert_int_equal(in_use(), 1);
    assert_ptr_equal(osh_arena_sbrk(0), osh_arena.base);
    osh_arena_release_run(taken, 0);
}

static void page_given_up_by_a_slab_serves_the_break_and_back(void)
{
    struct osh_chain chain = osh_slab_get(1, 1, true);
    size_t page = osh_class_slab(1, osh_arena_page(chain.head));
    assert_ptr_equal(osh_arena_sbrk((ptrdiff_t)(page + 1) * PAGE), FAILED);
    osh_slab_put(1, chain);
    assert_ptr_equal(osh_arena_sbrk((ptrdiff_t)(page + 1) * PAGE), osh_arena.base);
    assert_null(osh_slab_get(OSH_CLASS_MAX, 1, true).head);
    osh_arena_reset_break();
    chain = osh_slab_get(1, 1, true);
    assert_int_equal(osh_class_slab(1, osh_arena_page(chain.head)), page);
    osh_slab_put(1, chain);
}

static void decommit_hands_out_only_pages_that_were_used(void)
{
    if (OSH_PAGE_BYTES < (size_t)sysconf(_SC_PAGESIZE)) {
        skip_because("the system's pages are longer than the heap's");
    }
    size_t page = osh_arena_claim_run(0);
    assert_int_equal(osh_arena_decommit(), 0);
    osh_arena_release_run(page, 0);
    assert_int_equal(osh_arena_decommit(), OSH_PAGE_BYTES);
    assert_int_equal(osh_arena_decommit(), 0);
    assert_int_equal(in_use(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(highest_free_page_is_claimed_first, PAGES),
        in_fresh_heap(every_page_is_claimed_exactly_once, PAGES),
        in_fresh_heap(runs_are_aligned_to_their_size_and_do_not_overlap, PAGES),
        in_fresh_heap(page_below_a_lowered_hint_is_found_after_release, PAGES),
        in_fresh_heap(break_moves_up_contiguously, PAGES),
        in_fresh_heap(break_moves_down_and_gives_pages_back, PAGES),
        in_fresh_heap(break_cannot_move_below_its_start, PAGES),
        in_fresh_heap(break_cannot_move_beyond_the_region, PAGES),
        in_fresh_heap(break_goes_on_above_a_taken_page, PAGES),
        in_fresh_heap(break_goes_on_below_where_there_is_room, PAGES),
        in_fresh_heap(row_that_meets_a_taken_page_is_given_back, PAGES),
        in_fresh_heap(reset_gives_every_segment_back, PAGES),
        in_fresh_heap(page_given_up_by_a_slab_serves_the_break_and_back, PAGES),
        in_fresh_heap(decommit_hands_out_only_pages_that_were_used, PAGES),
    };
    return cmocka_run_group_tests_name("core/arena", tests, NULL, NULL);
}
