/* SPDX-License-Identifier: Apache-2.0 */
/* What the child of a fork finds of calls that other threads were in the middle of, made by
 * hand, and what it makes of that. */
#include "fresh_heap.h"
#include "os/os_heap.h"
#include "osh_arena.h"
#include "osh_slab.h"
#include "osh_slab_repair.h"
#include "osh_slab_table.h"
#include "sizes.h"

#define CLASS osh_class_of(SMALL_SIZE)
#define PAGES 150

static size_t slab_of(const void *block)
{
    return osh_class_slab(CLASS, osh_arena_page(block));
}

static void slab_that_is_on_no_map_is_found(void)
{
    if (OSH_SLAB_MAPS == 0) {
        skip_because("there are no maps");
    }
    size_t page = slab_of(osh_slab_get(CLASS, 1, true).head);
    osh_store(osh_slab_partial(page / OSH_WORD_BITS, CLASS), 0);
    osh_slab_repair();
    assert_true(osh_slab_is_listed(page, CLASS));
}

static void slab_whose_last_object_came_back_is_given_back(void)
{
    struct osh_chain chain = osh_slab_get(CLASS, 1, true);
    size_t page = slab_of(chain.head);
    unsigned object = osh_class_index(CLASS, (uintptr_t)chain.head - osh_arena_address(page));
    /* As if the thread had not come to look whether it was the last. */
    (void)osh_slab_set_bits(page, CLASS, object / OSH_WORD_BITS,
                            (osh_word_t)1 << (object % OSH_WORD_BITS));
    assert_true(osh_arena_is_claimed(page));
    osh_slab_repair();
    assert_false(osh_arena_is_claimed(page));
    assert_int_equal(osh_arena.page_class[page], 0);
}

static void page_that_was_claimed_for_a_slab_goes_back(void)
{
    size_t page = osh_arena_claim_run(0);
    assert_true(page != OSH_NO_PAGE);
    osh_slab_repair();
    assert_false(osh_arena_is_claimed(page));
    /* Of a run of pages not all have the class yet. */
    page = osh_arena_claim_run(OSH_RUN_LOG2);
    osh_slab_set_class(page, OSH_CLASS_MAX, OSH_CLASS_MAX);
    osh_store_byte(&osh_arena.page_class[page + ((size_t)1 << osh_class_run(OSH_CLASS_MAX)) - 1],
                   0);
    osh_slab_repair();
    assert_int_equal(osh_load(&osh_arena.in_use), 0);
    assert_null(os_heap_check());
}

static void pages_of_newlibs_stay(void)
{
    void *block = os_malloc(LARGE_SIZE(1));
    size_t page = osh_arena_page(block);
    osh_slab_repair();
    assert_true(osh_arena_is_claimed(page));
    os_free(block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(slab_that_is_on_no_map_is_found, PAGES),
        in_fresh_heap(slab_whose_last_object_came_back_is_given_back, PAGES),
        in_fresh_heap(page_that_was_claimed_for_a_slab_goes_back, PAGES),
        in_fresh_heap(pages_of_newlibs_stay, PAGES),
    };
    return cmocka_run_group_tests_name("slab/repair", tests, NULL, NULL);
}
