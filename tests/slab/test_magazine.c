/* SPDX-License-Identifier: Apache-2.0 */
#include "crew.h"
#include "fresh_heap.h"
#include "os/os_heap.h"
#include "osh_depot.h"
#include "osh_magazine.h"
#include "osh_slab.h"
#include "osh_slab_table.h"
#include "reclaim.h"
#include "sizes.h"

#define CLASS osh_class_of(SMALL_SIZE)
#define MAGAZINE ((unsigned)osh_class_info[CLASS].magazine)
#define LIMIT osh_class_limit(CLASS)
#define SLOTS ((unsigned)osh_class_info[CLASS].depot)
#define BLOCKS_MAX 20000

static void *blocks[BLOCKS_MAX];

/* One thread on one core has them all: what the cores hold is what it holds. */
static unsigned listed(enum osh_which which, unsigned cls)
{
    unsigned count = 0;
    for (unsigned core = 0; core < osh_arch_cores(); core++) {
        count += (unsigned)osh_arch_peek(core, which, cls).count;
    }
    return count;
}

static unsigned active(void)
{
    return listed(OSH_ACTIVE, CLASS);
}

static unsigned spare(void)
{
    return listed(OSH_SPARE, CLASS);
}

static unsigned in_depot(void)
{
    unsigned count = 0;
    for (unsigned slot = 0; slot < osh_depot_slots(CLASS); slot++) {
        count += (unsigned)osh_depot_peek(CLASS, slot).count;
    }
    return count;
}

/* Live blocks and empty caches, on one core. */
static void take_blocks(unsigned count)
{
    assert_true(count <= BLOCKS_MAX);
    pin_to_cpu(0);
    osh_depot_start(1);
    for (unsigned i = 0; i < count; i++) {
        blocks[i] = osh_magazine_get(CLASS, OSH_ALIGN_LEAST);
        assert_non_null(blocks[i]);
    }
    reclaim_magazines();
    assert_int_equal(active() + spare() + in_depot(), 0);
}

static void put_blocks(unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        osh_magazine_put(CLASS, blocks[i]);
    }
}

static void freed_blocks_fill_active_then_spare_then_depot_then_slabs(void)
{
    if (SLOTS == 0 || !OSH_SPARE_LIST) {
        skip_because("there is no depot, or no spare list");
    }
    unsigned fit = (2 + SLOTS) * MAGAZINE;
    take_blocks(fit + MAGAZINE + 1);
    put_blocks(0, MAGAZINE);
    assert_int_equal(active(), MAGAZINE);
    put_blocks(MAGAZINE, MAGAZINE + 1);
    assert_int_equal(active(), 1);
    assert_int_equal(spare(), MAGAZINE);
    put_blocks(MAGAZINE + 1, 2 * MAGAZINE + 1);
    assert_int_equal(active(), 1);
    assert_int_equal(spare(), MAGAZINE);
    assert_int_equal(in_depot(), MAGAZINE);
    put_blocks(2 * MAGAZINE + 1, fit + 1);
    assert_int_equal(in_depot(), SLOTS * MAGAZINE);
    assert_int_equal(active() + spare(), MAGAZINE + 1);
    put_blocks(fit + 1, fit + MAGAZINE + 1);
    assert_int_equal(in_depot(), SLOTS * MAGAZINE);
    assert_int_equal(active() + spare(), MAGAZINE + 1);
}

static void taken_blocks_empty_active_then_spare_then_depot(void)
{
    if (SLOTS == 0 || !OSH_SPARE_LIST) {
        skip_because("there is no depot, or no spare list");
    }
    take_blocks(3 * MAGAZINE);
    put_blocks(0, 3 * MAGAZINE);
    assert_int_equal(in_depot(), MAGAZINE);
    for (unsigned i = 0; i < MAGAZINE; i++) {
        assert_non_null(osh_magazine_get(CLASS, OSH_ALIGN_LEAST));
    }
    assert_int_equal(active(), 0);
    assert_int_equal(spare(), MAGAZINE);
    assert_non_null(osh_magazine_get(CLASS, OSH_ALIGN_LEAST));
    assert_int_equal(active(), MAGAZINE - 1);
    assert_int_equal(spare(), 0);
    for (unsigned i = 0; i < MAGAZINE; i++) {
        assert_non_null(osh_magazine_get(CLASS, OSH_ALIGN_LEAST));
    }
    assert_int_equal(in_depot(), 0);
    assert_int_equal(active(), MAGAZINE - 1);
}

static void task_on_the_boundary_does_not_bounce(void)
{
    take_blocks(2 * MAGAZINE);
    put_blocks(0, MAGAZINE + 1);
    for (unsigned i = 0; i < 100; i++) {
        void *one = osh_magazine_get(CLASS, OSH_ALIGN_LEAST);
        void *other = osh_magazine_get(CLASS, OSH_ALIGN_LEAST);
        osh_magazine_put(CLASS, one);
        osh_magazine_put(CLASS, other);
        assert_int_equal(active() + spare(), MAGAZINE + 1);
        assert_int_equal(in_depot(), 0);
    }
}

static void full_list_keeps_a_magazine_and_hands_one_on(void)
{
    if (OSH_SPARE_LIST || OSH_SMALL_CODE) {
        skip_because("full lists move whole, or remain");
    }
    take_blocks((SLOTS + 4) * MAGAZINE + 1);
    unsigned freed = LIMIT;
    put_blocks(0, freed);
    assert_int_equal(active(), LIMIT);
    assert_int_equal(in_depot(), 0);
    for (unsigned slot = 0; slot < SLOTS + 2; slot++, freed += MAGAZINE) {
        put_blocks(freed, freed + 1);
        assert_int_equal(active(), MAGAZINE + 1);
        assert_int_equal(in_depot(), (slot < SLOTS ? slot + 1 : SLOTS) * MAGAZINE);
        put_blocks(freed + 1, freed + MAGAZINE);
        assert_int_equal(active(), LIMIT);
    }
}

static void full_list_remains_and_the_block_goes_to_its_slab(void)
{
    if (!OSH_SMALL_CODE) {
        skip_because("full lists move, whole or by half");
    }
    take_blocks(LIMIT + 2);
    size_t page = osh_class_slab(CLASS, osh_arena_page(blocks[LIMIT]));
    put_blocks(0, LIMIT);
    assert_int_equal(active(), LIMIT);
    unsigned free = osh_slab_free(page, CLASS);
    put_blocks(LIMIT, LIMIT + 1);
    assert_int_equal(active(), LIMIT);
    assert_int_equal(osh_slab_free(page, CLASS), free + 1);
    put_blocks(LIMIT + 1, LIMIT + 2);
    assert_int_equal(active(), LIMIT);
}

static void empty_list_takes_a_magazine_from_the_depot(void)
{
    if (SLOTS == 0 || OSH_SPARE_LIST) {
        skip_because("there is no depot, or a spare list");
    }
    take_blocks(LIMIT + 1);
    put_blocks(0, LIMIT + 1);
    for (unsigned i = MAGAZINE + 1; i > 0; i--) {
        assert_non_null(osh_magazine_get(CLASS, OSH_ALIGN_LEAST));
    }
    assert_int_equal(active(), 0);
    assert_int_equal(in_depot(), MAGAZINE);
    assert_non_null(osh_magazine_get(CLASS, OSH_ALIGN_LEAST));
    assert_int_equal(active(), MAGAZINE - 1);
    assert_int_equal(in_depot(), 0);
}

/* Of blocks that a full list was halved with, all are there, each once. */
static void halves_have_every_block_once(void)
{
    unsigned count = LIMIT + 1;
    take_blocks(count);
    put_blocks(0, count);
    for (unsigned i = 0; i < count; i++) {
        blocks[i] = osh_magazine_get(CLASS, OSH_ALIGN_LEAST);
        for (unsigned before = 0; before < i; before++) {
            assert_ptr_not_equal(blocks[i], blocks[before]);
        }
    }
    /* Without a depot half of them came from slabs, with others. */
    assert_in_range(active() + spare() + in_depot(), 0, SLOTS > 0 ? 0 : MAGAZINE);
}

/* Up and down at random: however often it crosses a boundary, a magazine's blocks go by
 * in one direction before the next miss. */
static void random_walk_misses_once_in_a_magazine_of_steps(void)
{
    if (OSH_SPARE_LIST || OSH_SMALL_CODE || MAGAZINE < 2) {
        skip_because("full lists move whole, or remain");
    }
    unsigned live = 6 * MAGAZINE;
    take_blocks(8 * MAGAZINE);
    put_blocks(live, 8 * MAGAZINE);
    uint64_t seed = 1;
    unsigned misses = 0;
    unsigned at_least = 0;
    unsigned since = 0;
    for (unsigned i = 0; i < rounds(100000); i++, since++) {
        bool get = live == 0 || (live < 8 * MAGAZINE && random_below(&seed, 2) == 0);
        bool miss = active() == (get ? 0 : LIMIT);
        if (get) {
            blocks[live++] = osh_magazine_get(CLASS, OSH_ALIGN_LEAST);
        } else {
            osh_magazine_put(CLASS, blocks[--live]);
        }
        if (miss) {
            assert_in_range(since, at_least, 100000);
            assert_true(get || active() == MAGAZINE + 1);
            /* Slabs with little left give a refill less than a magazine. */
            at_least = active() + 1 >= MAGAZINE ? MAGAZINE - 1 : 0;
            misses++;
            since = 0;
        }
    }
    assert_in_range(misses, 1, 100000);
    put_blocks(0, live);
}

static void block_freed_last_is_handed_out_first(void)
{
    take_blocks(2);
    put_blocks(0, 2);
    assert_ptr_equal(osh_magazine_get(CLASS, OSH_ALIGN_LEAST), blocks[1]);
    assert_ptr_equal(osh_magazine_get(CLASS, OSH_ALIGN_LEAST), blocks[0]);
}

static void stopped_lists_take_no_block_and_give_what_they_had(void)
{
    take_blocks(2);
    put_blocks(0, 1);
    osh_magazine_stop();
    assert_int_equal(active(), 0);
    put_blocks(1, 2);
    void *block = osh_magazine_get(CLASS, OSH_ALIGN_LEAST);
    assert_non_null(block);
    osh_magazine_put(CLASS, block);
    assert_int_equal(active(), OSH_SMALL_CODE); /* where they go on at once */
    osh_magazine_go_on();
    osh_magazine_put(CLASS, osh_magazine_get(CLASS, OSH_ALIGN_LEAST));
    assert_true(active() > 0);
}

static void classes_without_magazines_are_not_cached(void)
{
    FOR_EACH_CLASS(cls)
    {
        if (osh_class_info[cls].magazine == 0) {
            osh_magazine_put(cls, osh_magazine_get(cls, OSH_ALIGN_LEAST));
            assert_int_equal(listed(OSH_ACTIVE, cls) + listed(OSH_SPARE, cls), 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(freed_blocks_fill_active_then_spare_then_depot_then_slabs, ROOMY_HEAP),
        in_fresh_heap(taken_blocks_empty_active_then_spare_then_depot, ROOMY_HEAP),
        in_fresh_heap(task_on_the_boundary_does_not_bounce, ROOMY_HEAP),
        in_fresh_heap(full_list_keeps_a_magazine_and_hands_one_on, ROOMY_HEAP),
        in_fresh_heap(full_list_remains_and_the_block_goes_to_its_slab, ROOMY_HEAP),
        in_fresh_heap(empty_list_takes_a_magazine_from_the_depot, ROOMY_HEAP),
        in_fresh_heap(halves_have_every_block_once, ROOMY_HEAP),
        in_fresh_heap(random_walk_misses_once_in_a_magazine_of_steps, ROOMY_HEAP),
        in_fresh_heap(block_freed_last_is_handed_out_first, ROOMY_HEAP),
        in_fresh_heap(stopped_lists_take_no_block_and_give_what_they_had, ROOMY_HEAP),
        in_fresh_heap(classes_without_magazines_are_not_cached, ROOMY_HEAP),
    };
    return cmocka_run_group_tests_name("slab/magazine", tests, NULL, NULL);
}
