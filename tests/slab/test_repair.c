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
#define PAGES 40

static size_t slab_of(const void *block)
{
    return osh_class_slab(CLASS, osh_arena_page(block));
}

static unsigned free_in(size_t page)
{
    return osh_slab_state(page).free;
}

/* As if somebody had reserved objects, or set bits of some, and not gone on. */
static void set_count(size_t page, unsigned free)
{
    osh_store(osh_slab_state_word(page), osh_state(CLASS, free));
}

static void count_follows_the_bits(void)
{
    size_t page = slab_of(osh_slab_get(CLASS, 1).head);
    unsigned free = free_in(page);
    set_count(page, free - 1);
    osh_slab_repair();
    assert_int_equal(free_in(page), free);
    set_count(page, 0);
    osh_slab_repair();
    assert_int_equal(free_in(page), free);
    assert_int_equal(osh_slab_get(CLASS, free).count, free);
}

static void slab_whose_last_object_came_back_is_given_back(void)
{
    struct osh_chain chain = osh_slab_get(CLASS, 1);
    size_t page = slab_of(chain.head);
    osh_slab_put(CLASS, chain);
    osh_slab_release_kept();
    assert_false(osh_arena_is_claimed(page));
    /* Again, and nobody has kept or released it yet. */
    chain = osh_slab_get(CLASS, 1);
    page = slab_of(chain.head);
    osh_slab_put(CLASS, chain);
    if (OSH_KEEP_SLABS) {
        osh_store(&osh_slabs.kept[CLASS], 0);
    }
    osh_slab_repair();
    assert_false(osh_arena_is_claimed(page));
}

static void slab_that_is_kept_stays(void)
{
    struct osh_chain chain = osh_slab_get(CLASS, 1);
    size_t page = slab_of(chain.head);
    osh_slab_put(CLASS, chain);
    osh_slab_repair();
    assert_int_equal(osh_arena_is_claimed(page), OSH_KEEP_SLABS != 0);
}

static void page_that_was_claimed_for_a_slab_goes_back(void)
{
    size_t page = osh_arena_claim_run(0);
    assert_true(page != OSH_NO_PAGE);
    osh_slab_repair();
    assert_false(osh_arena_is_claimed(page));
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
        in_fresh_heap(count_follows_the_bits, PAGES),
        in_fresh_heap(slab_whose_last_object_came_back_is_given_back, PAGES),
        in_fresh_heap(slab_that_is_kept_stays, PAGES),
        in_fresh_heap(page_that_was_claimed_for_a_slab_goes_back, PAGES),
        in_fresh_heap(pages_of_newlibs_stay, PAGES),
    };
    return cmocka_run_group_tests_name("slab/repair", tests, NULL, NULL);
}
