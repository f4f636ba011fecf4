/* SPDX-License-Identifier: Apache-2.0 */
/* The depot's parts, one a core: whose magazines they are, how they grow and shrink. */
#include "depot.h"

#include "crew.h"
#include "os/os_heap.h"
#include "os/os_heap_linux.h"
#include "osh_arena.h"

#define MORE_PAGES ((size_t)8 * PAGES)

/* Fills this core's part until it refuses, by magazines of one block. Returns how many it has. */
static unsigned fill(unsigned cls)
{
    unsigned count = 0;
    struct osh_chain chain;
    while (osh_depot_put(cls, chain = osh_slab_get(cls, 1, true))) {
        assert_int_equal(chain.count, 1);
        count++;
    }
    osh_slab_put(cls, chain);
    return count;
}

/* Empties it, until it says that it has none. */
static void drain(unsigned cls)
{
    struct osh_chain chain;
    while ((chain = osh_depot_get(cls)).count > 0) {
        osh_slab_put(cls, chain);
    }
}

static void need_parts(unsigned cpus)
{
    if (usable_cpus() < cpus) {
        skip_because("there are not so many CPUs");
    }
    pin_to_cpu(0);
    os_free(os_malloc(1)); /* starts the heap */
    osh_depot_start(cpus);
}

static void core_gets_back_what_it_put(void)
{
    need_parts(2);
    struct osh_chain mine = magazine_of(1);
    struct osh_chain theirs = magazine_of(1);
    assert_true(osh_depot_put(CLASS, mine));
    pin_to_cpu(1);
    if (osh_arch_core() != 1) {
        skip_because("the port learns of a migration at the next miss");
    }
    assert_null(osh_depot_get(CLASS).head);
    assert_true(osh_depot_put(CLASS, theirs));
    pin_to_cpu(0);
    assert_ptr_equal(osh_depot_get(CLASS).head, mine.head);
    assert_null(osh_depot_get(CLASS).head);
    assert_ptr_equal(osh_depot_get_elsewhere(CLASS, false).head, theirs.head);
    assert_null(osh_depot_get_elsewhere(CLASS, false).head);
    osh_slab_put(CLASS, mine);
    osh_slab_put(CLASS, theirs);
}

static void part_that_is_filled_and_emptied_grows(void)
{
    need_parts(1);
    unsigned first = fill(CLASS);
    assert_int_equal(first, SLOTS);
    drain(CLASS);
    assert_int_equal(fill(CLASS), 2 * first);
    assert_int_equal(fill(CLASS), 0);
    drain(CLASS);
    drain(CLASS); /* of nothing: no reason to grow */
    assert_int_equal(fill(CLASS), 4 * first);
    given_blocks = 0;
    osh_depot_reclaim(count_given);
    assert_int_equal(given_blocks, 4 * first);
}

/* Fills and drains the part again and again: each time it has twice as many slots, until a bound.
 * Returns what it has grown by, in full magazines. */
static size_t grown(unsigned cls)
{
    unsigned count = 0;
    for (unsigned i = 0; i < 16; i++) {
        count = fill(cls);
        drain(cls);
    }
    size_t blocks = osh_class_is_single(cls) ? 1 : osh_class_info[cls].magazine;
    return (count - osh_class_info[cls].depot) * blocks * osh_class_bytes(cls);
}

/* CPU 0 has a long part that it takes from; goes to CPU 1. Returns its magazines, of one block. */
static unsigned leave_a_long_part(void)
{
    need_parts(2);
    unsigned count = 0;
    for (unsigned i = 0; i < 5; i++) {
        drain(CLASS);
        count = fill(CLASS);
    }
    assert_int_equal(count, 8 * SLOTS);
    for (unsigned i = 0; i < count; i++) {
        assert_true(osh_depot_put(CLASS, osh_depot_get(CLASS)));
    }
    pin_to_cpu(1);
    if (osh_arch_core() != 1) {
        skip_because("the port learns of a migration at the next miss");
    }
    return count;
}

/* But not for ever: another core gets what this one does not ask for any more. */
static void long_part_is_left_to_the_core_that_takes_from_it(void)
{
    unsigned count = leave_a_long_part();
    assert_null(osh_depot_get(CLASS).head);
    unsigned asked = 0;
    struct osh_chain chain = {NULL, 0};
    for (; chain.count == 0; asked++) {
        assert_true(asked <= count);
        chain = osh_depot_get_elsewhere(CLASS, false);
    }
    assert_true(asked > count / 2);
    osh_slab_put(CLASS, chain);
    chain = osh_depot_get_elsewhere(CLASS, false);
    assert_int_equal(chain.count, 1);
    osh_slab_put(CLASS, chain);
}

/* A signal handler that has interrupted a reclaim cannot reclaim. */
static void long_part_serves_other_cores_that_find_no_page(void)
{
    unsigned count = leave_a_long_part();
    static size_t page[MORE_PAGES];
    size_t pages = 0;
    while ((page[pages] = osh_arena_claim_run(0)) != OSH_NO_PAGE) {
        pages++;
    }
    unsigned got = 0;
    while (osh_slab_get_any(1, OSH_CLASS_MAX, 1) != NULL) {
    }
    osh_arch_lock(OSH_MUTEX_RECLAIM);
    os_heap_signal_enter();
    while (os_malloc(osh_class_bytes(CLASS)) != NULL) {
        got++;
    }
    os_heap_signal_leave();
    osh_arch_unlock(OSH_MUTEX_RECLAIM);
    while (pages > 0) {
        osh_arena_release_run(page[--pages], 0);
    }
    assert_int_equal(got, count);
}

/* Of two classes, whose slots end behind the bound. */
static void what_a_part_grew_by_is_bounded(void)
{
    need_parts(1);
    unsigned cls = osh_class_of(OSH_SINGLE_ABOVE);
    assert_in_range(grown(cls) + grown(cls - 1), OSH_DEPOT_GROWTH / 2, OSH_DEPOT_GROWTH);
}

static void long_blocks_that_wait_are_few_beside_those_in_use(void)
{
    need_parts(1);
    size_t in_use = OSH_DEPOT_GROWTH;
    assert_non_null(os_malloc(in_use));
    assert_in_range(grown(osh_class_of(OSH_SLAB_MAX)), in_use / 16, in_use / 4);
}

static void class_that_takes_pages_makes_others_shrink(void)
{
    need_parts(1);
    for (unsigned i = 0; i < 4; i++) {
        (void)fill(CLASS);
        drain(CLASS);
    }
    unsigned grown = fill(CLASS);
    given_blocks = 0;
    for (unsigned i = 0; i < OSH_CLASSES; i++) {
        osh_depot_shrink(CLASS, count_given);
    }
    assert_int_equal(given_blocks, 0); /* it needs them itself */
    for (unsigned i = 0; i < OSH_CLASSES && given_blocks == 0; i++) {
        osh_depot_shrink(CLASS + 1, count_given);
    }
    assert_int_equal(given_blocks, OSH_DEPOT_SHRINKS);
    for (unsigned i = 0; i < OSH_CLASSES * grown; i++) {
        osh_depot_shrink(CLASS + 1, count_given);
    }
    assert_null(osh_depot_get(CLASS).head);
    assert_in_range(fill(CLASS), SLOTS, SLOTS + 1);
    drain(CLASS);
}

int main(void)
{
    if (OSH_DEPOT_PARTS == 1) {
        return 77; /* the depot is in one part, or there is none: skipped */
    }
    const struct CMUnitTest tests[] = {
        in_fresh_heap(core_gets_back_what_it_put, PAGES),
        in_fresh_heap(part_that_is_filled_and_emptied_grows, MORE_PAGES),
        in_fresh_heap(long_part_is_left_to_the_core_that_takes_from_it, MORE_PAGES),
        in_fresh_heap(long_part_serves_other_cores_that_find_no_page, MORE_PAGES),
        in_fresh_heap(what_a_part_grew_by_is_bounded, PLATFORM_REGION),
        in_fresh_heap(long_blocks_that_wait_are_few_beside_those_in_use, PLATFORM_REGION),
        in_fresh_heap(class_that_takes_pages_makes_others_shrink, MORE_PAGES),
    };
    return cmocka_run_group_tests_name("slab/depot_parts", tests, NULL, NULL);
}
