/* SPDX-License-Identifier: Apache-2.0 */
/* Per-core lists and what stands behind them: get, put, reclaim. */
#include "os/os_heap.h"
#include "osh_arena.h"
#include "osh_class.h"
#include "osh_exhaust.h"
#include "osh_magazine.h"
#include "scenario.h"

#define CLS osh_class_of(256) /* two objects a slab and a magazine */
#define BYTES ((size_t)256)

static void *held_by_setup[6];

static void setup_blocks(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        held_by_setup[i] = osh_magazine_get(CLS, OSH_ALIGN_LEAST);
        REQUIRE(held_by_setup[i] != NULL);
    }
}

static void *get(void)
{
    return hold(osh_magazine_get(CLS, OSH_ALIGN_LEAST), BYTES);
}

static void give(void *block)
{
    refill(CLS, block);
    osh_magazine_put(CLS, block);
}

static void put(void *block)
{
    if (block != NULL) {
        unhold(block, BYTES);
        give(block);
    }
}

static void put_held(unsigned number)
{
    void *block = held_by_setup[number];
    held_by_setup[number] = NULL;
    give(block);
}

/* What no task has given back is given back, and then nothing may be left. */
static void all_comes_back(void)
{
    for (unsigned i = 0; i < 6; i++) {
        if (held_by_setup[i] != NULL) {
            put_held(i);
        }
    }
    nothing_is_lost();
}

static void get_put(void)
{
    put(get());
}

static void get_two_put_two(void)
{
    void *one = get();
    void *other = get();
    put(one);
    put(other);
}

static void put_held_0_get(void)
{
    put_held(0);
    put(get());
}

static void put_held_1(void)
{
    put_held(1);
}

static void one_cached_two_held(void)
{
    setup_blocks(3);
    put_held(2);
}

const struct scenario magazine_swap = {
    .name = "magazine-swap",
    .promise = "a task that migrates and is interrupted between any two steps loses no block",
    .pages = 6,
    .setup = one_cached_two_held,
    .task = {put_held_0_get, put_held_1},
    .handler = {get_put, NULL},
    .core = {0, 1},
    .check = all_comes_back,
    .quick = {1, 1, 1, 0},
    .deep = {2, 1, 1, 1},
};

const struct scenario magazine_one_core = {
    .name = "magazine-one-core",
    .promise = "two tasks that preempt each other on one core get different blocks",
    .pages = 6,
    .setup = one_cached_two_held,
    .task = {put_held_0_get, get_put, put_held_1},
    .core = {0, 0, 1},
    .check = all_comes_back,
    .quick = {2, 0, 1, 0},
    .deep = {3, 0, 1, 0},
};

static void two_cached_two_held(void)
{
    setup_blocks(4); /* two slabs' */
    put_held(1);
    put_held(2);
}

/* The active list: its first block leaves and comes back, what is below is another. */
static void get_two_put_another_put_the_first(void)
{
    void *first = osh_magazine_get(CLS, OSH_ALIGN_LEAST);
    held_by_setup[1] = osh_magazine_get(CLS, OSH_ALIGN_LEAST);
    put_held(0);
    give(first);
}

const struct scenario magazine_aba = {
    .name = "magazine-aba",
    .promise = "a task that migrated takes nothing from a list that only looks as it was",
    .pages = 6,
    .setup = two_cached_two_held,
    .task = {get_put, get_two_put_another_put_the_first},
    .core = {0, 0},
    .check = all_comes_back,
    .quick = {2, 0, 1, 0},
    .deep = {3, 0, 2, 0},
};

const struct scenario magazine_portable = {
    .name = "magazine-swap-portable",
    .promise = "the same with double-word compare-and-swap",
    .port = "portable",
    .pages = 6,
    .setup = one_cached_two_held,
    .task = {put_held_0_get, put_held_1},
    .handler = {get_put, NULL},
    .core = {0, 0},
    .check = all_comes_back,
    .quick = {1, 1, 1, 0},
    .deep = {2, 1, 1, 0},
};

/* All the room of a core's lists taken: the next put moves a magazine on. */
static void full_lists(void)
{
    setup_blocks(6);
    for (unsigned i = 2; i < 6; i++) {
        put_held(i);
    }
}

static void put_held_0(void)
{
    put_held(0);
}

const struct scenario magazine_full = {
    .name = "magazine-overflow",
    .promise = "full lists pass magazines on, whatever interrupts",
    .pages = 6,
    .setup = full_lists,
    .task = {put_held_0, put_held_1},
    .handler = {get_two_put_two, NULL},
    .core = {0, 0},
    .check = all_comes_back,
    .quick = {2, 1, 0, 0},
    .deep = {2, 1, 1, 0},
};

static unsigned active_length(void)
{
    return (unsigned)osh_arch_peek(0, OSH_ACTIVE, CLS).count;
}

static void put_on_full_lists(void)
{
    put_held(0);
    unsigned magazine = osh_class_magazine(CLS);
    unsigned stays = OSH_SMALL_CODE ? osh_class_limit(CLS) - 1 : OSH_SPARE_LIST ? 0 : magazine;
    REQUIRE(active_length() == stays + 1);
    REQUIRE(OSH_SMALL_CODE ||
            osh_magazine_peek(CLS, osh_magazine_lists(CLS) - OSH_DEPOT_SLOTS).count == magazine);
    held_by_setup[0] = osh_magazine_get(CLS, OSH_ALIGN_LEAST);
    REQUIRE(active_length() == stays);
}

const struct scenario magazine_halved = {
    .name = "magazine-halved",
    .promise = OSH_SMALL_CODE
                   ? "a full list remains, and the block goes to its slab"
                   : "what a full list keeps is half of it, and the depot gets a magazine",
    .pages = 6,
    .setup = full_lists,
    .task = {put_on_full_lists},
    .core = {0},
    .check = all_comes_back,
    .quick = {0, 0, 0, 1},
    .deep = {0, 0, 0, 2},
};

static void reclaim(void)
{
    osh_heap_reclaim();
}

static void put_0_get_put_1(void)
{
    put_held(0);
    put(get());
    put_held(1);
}

const struct scenario reclaim_running = {
    .name = "reclaim",
    .promise = "a reclaim takes the lists of a core at work, and neither loses nor doubles",
    .pages = 6,
    .setup = one_cached_two_held,
    .task = {put_0_get_put_1, reclaim},
    .core = {0, 1},
    .check = all_comes_back,
    .quick = {3, 0, 0, 1},
    .deep = {4, 0, 0, 2},
};

const struct scenario reclaim_migrating = {
    .name = "reclaim-migrating",
    .promise = "the same while the task changes cores",
    .pages = 6,
    .setup = one_cached_two_held,
    .task = {put_held_0_get, reclaim},
    .handler = {get_put, NULL},
    .core = {0, 1},
    .check = all_comes_back,
    .quick = {1, 0, 1, 0},
    .deep = {1, 1, 1, 0},
};

const struct scenario reclaim_interrupted = {
    .name = "reclaim-interrupted",
    .promise = "the same while the task is interrupted",
    .pages = 6,
    .setup = one_cached_two_held,
    .task = {put_held_0_get, reclaim},
    .handler = {get_put, NULL},
    .core = {0, 1},
    .check = all_comes_back,
    .quick = {1, 1, 0, 0},
    .deep = {2, 1, 0, 0},
};

const struct scenario reclaim_portable = {
    .name = "reclaim-portable",
    .promise = "the same with double-word compare-and-swap",
    .port = "portable",
    .pages = 6,
    .setup = one_cached_two_held,
    .task = {put_0_get_put_1, reclaim},
    .core = {0, 1},
    .check = all_comes_back,
    .quick = {3, 0, 0, 1},
    .deep = {4, 0, 0, 2},
};

const struct scenario reclaim_two = {
    .name = "reclaim-two",
    .promise = "two reclaims at once take their turns",
    .pages = 6,
    .setup = one_cached_two_held,
    .task = {reclaim, reclaim, put_held_0},
    .core = {0, 1, 0},
    .check = all_comes_back,
    .quick = {1, 0, 0, 1},
    .deep = {2, 0, 0, 1},
};

/* All that was cached, on whatever core, when nobody works: P6. */
static void six_cached_on_core_0(void)
{
    setup_blocks(6);
    for (unsigned i = 0; i < 6; i++) {
        put_held(i);
    }
}

static void reclaim_then_all_pages_are_free(void)
{
    osh_heap_reclaim();
    REQUIRE(osh_load(&osh_arena.in_use) == 0);
}

const struct scenario reclaim_idle = {
    .name = "reclaim-idle",
    .promise = "a reclaim from any core gets every block cached on cores that do nothing",
    .pages = 6,
    .setup = six_cached_on_core_0,
    .task = {reclaim_then_all_pages_are_free},
    .core = {1},
    .check = all_comes_back,
    .quick = {0, 0, 1, 2},
    .deep = {0, 0, 1, 4},
};
