/* SPDX-License-Identifier: Apache-2.0 */
/* NULL only when memory is out, whoever is preempted for good; and nobody hangs. */
#include "arch.h"
#include "os/os_heap.h"
#include "osh_depot.h"
#include "osh_exhaust.h"
#include "osh_guard.h"
#include "osh_magazine.h"
#include "osh_slab.h"
#include "osh_slab_table.h"
#include "scenario.h"

#define THREE osh_class_of(160) /* three objects a slab */
#define CLS osh_class_of(256)   /* two objects a slab and a magazine */
#define SMALL ((size_t)256 - OSH_TRAILER_BYTES)
#define LARGE ((size_t)600)

static struct osh_chain object[3];

static void hold_three(void)
{
    for (unsigned i = 0; i < 3; i++) {
        object[i] = osh_slab_get(THREE, 1, true);
        REQUIRE(object[i].count == 1);
    }
}

/* What os_free and os_malloc do with an uncached class, down to the last resort. */
static void give_one_take_one(unsigned number)
{
    osh_slab_put(THREE, object[number]);
    object[number] = osh_slab_get(THREE, 1, true);
    if (object[number].count == 0) {
        REQUIRE(osh_slab_get_any(THREE, OSH_CLASS_MAX, OSH_ALIGN_LEAST) != NULL);
    }
}

static void give_0_take_one(void)
{
    give_one_take_one(0);
}

static void give_1_take_one(void)
{
    give_one_take_one(1);
}

static void nothing_to_check(void)
{
}

const struct scenario null_unlist = {
    .name = "null-unlist",
    .promise = "who frees an object and wants one gets one, though its slab is taken off the map",
    .pages = 1,
    .for_good = 3,
    .setup = hold_three,
    .task = {give_0_take_one, give_1_take_one},
    .core = {0, 1},
    .check = nothing_to_check,
    .quick = {4, 0, 0, 0},
    .deep = {5, 0, 0, 1},
};

static void two_magazines(void)
{
    for (unsigned i = 0; i < 2; i++) {
        struct osh_chain magazine = osh_slab_get(CLS, 2, true);
        REQUIRE(magazine.count == 2 && osh_depot_put(CLS, magazine));
    }
}

static void move_a_magazine(void)
{
    struct osh_chain magazine = osh_depot_get(CLS);
    REQUIRE(magazine.count == 2 && osh_depot_put(CLS, magazine));
}

static void get_a_magazine(void)
{
    REQUIRE(osh_depot_get(CLS).count == 2);
}

const struct scenario null_depot = {
    .name = "null-depot",
    .promise = "of two magazines one is found, while another task has the other in its hands",
    .pages = 2,
    .for_good = 1,
    .setup = two_magazines,
    .task = {move_a_magazine, get_a_magazine},
    .core = {0, 1},
    .check = nothing_to_check,
    .quick = {4, 0, 0, 2},
    .deep = {6, 0, 0, 3},
};

static struct osh_chain all_of_it;

static void hold_all_of_it(void)
{
    all_of_it = osh_slab_get(THREE, 3, true);
    REQUIRE(all_of_it.count == 3);
}

static void empty_the_slab(void)
{
    osh_slab_put(THREE, all_of_it);
}

static bool is_empty(void)
{
    return osh_slab_class(0) == THREE && osh_slab_free(0, THREE) == osh_class_objects(THREE);
}

/* A slab whose objects are all free is anybody's, wherever the task is that made it so; unless
 * that has it in its hands, to give it back. */
static void want_another_class(void)
{
    bool was_empty = is_empty();
    void *block = os_malloc(SMALL);
    REQUIRE(block != NULL || !was_empty || !is_empty());
}

const struct scenario null_empty = {
    .name = "null-empty",
    .promise =
        "an empty slab's page serves other classes, though nobody has noted that it is empty",
    .pages = 1,
    .for_good = 1,
    .setup = hold_all_of_it,
    .task = {empty_the_slab, want_another_class},
    .core = {0, 1},
    .check = nothing_to_check,
    .quick = {3, 0, 0, 0},
    .deep = {4, 0, 0, 1},
};

#define BOUND_PAGES 5u

static void *to_free;

/* The lists of core 0 are full, by whole magazines; the next free passes blocks on. One
 * block is never freed. */
static void full_lists(void)
{
    void *block[8];
    unsigned limit = (1 + OSH_SPARE_LIST) * osh_class_limit(CLS);
    for (unsigned i = 0; i < limit + 2; i++) {
        block[i] = os_malloc(SMALL);
        REQUIRE(block[i] != NULL);
    }
    for (unsigned i = 0; i < limit; i++) {
        os_free(block[i]);
    }
    to_free = block[limit];
}

static void free_then_allocate(void)
{
    os_free(to_free);
    os_free(os_malloc(SMALL));
}

/* A list and the block in its hands. No slab is made here, and one that is given back has
 * no more objects than that. */
static void take_all(void)
{
    unsigned taken = 0;
    while (os_malloc(SMALL) != NULL) {
        taken++;
    }
    unsigned held_at_most = osh_class_limit(CLS) + 1;
    REQUIRE(taken + 1 + held_at_most >= BOUND_PAGES * osh_class_objects(CLS));
}

const struct scenario null_bound = {
    .name = "null-bound",
    .promise = "a task preempted for good in a free keeps the blocks of a list and its own at most",
    .pages = BOUND_PAGES,
    .for_good = 1,
    .setup = full_lists,
    .task = {free_then_allocate, take_all},
    .core = {0, 1},
    .check = nothing_to_check,
    .quick = {1, 0, 0, 0},
    .deep = {2, 0, 0, 0},
};

static void one_of_two_free(void)
{
    object[0] = osh_slab_get(CLS, 1, true);
    REQUIRE(object[0].count == 1);
}

static void reclaim(void)
{
    osh_heap_reclaim();
}

static void small_twice_then_trim(void)
{
    REQUIRE(os_malloc(SMALL) != NULL);
    REQUIRE(os_malloc(SMALL) == NULL);
    (void)os_heap_trim();
}

const struct scenario null_reclaim = {
    .name = "null-reclaim",
    .promise = "who may not wait hangs for no reclaim that never ends, and gets what is free",
    .pages = 1,
    .for_good = 1,
    .hurried = 2,
    .setup = one_of_two_free,
    .task = {reclaim, small_twice_then_trim},
    .core = {0, 1},
    .check = nothing_to_check,
    .quick = {2, 0, 0, 0},
    .deep = {3, 0, 0, 0},
};

static void large_before(void)
{
    to_free = os_malloc(LARGE);
    REQUIRE(to_free != NULL);
}

static void large_and_back(void)
{
    os_free(os_malloc(LARGE));
}

static void large_while_others_may_be_inside(void)
{
    os_free(to_free);
    os_free(os_malloc(LARGE));
}

const struct scenario null_fallback = {
    .name = "null-fallback",
    .promise = "who may not wait hangs for nobody in newlib's heap, and never enters it beside him",
    .pages = 8,
    .for_good = 1,
    .hurried = 2,
    .setup = large_before,
    .task = {large_and_back, large_while_others_may_be_inside},
    .core = {0, 1},
    .check = nothing_to_check,
    .quick = {2, 0, 0, 0},
    .deep = {3, 0, 0, 0},
};

static void first_call(void)
{
    os_free(os_malloc(SMALL));
}

const struct scenario null_start = {
    .name = "null-start",
    .promise = "who may not wait hangs for no starter that never ends",
    .pages = 4,
    .unstarted = true,
    .for_good = 1,
    .hurried = 2,
    .task = {first_call, first_call},
    .core = {0, 1},
    .check = nothing_to_check,
    .quick = {2, 0, 0, 0},
    .deep = {3, 0, 0, 0},
};
