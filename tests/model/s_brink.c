/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory is out, and what was refused is known: nothing that came free is missed. What a free has
 * given back, and has returned, is there for whoever asks after that.
 */
#include "os/os_heap.h"
#include "osh_arena.h"
#include "osh_brink.h"
#include "osh_depot.h"
#include "osh_exhaust.h"
#include "osh_guard.h"
#include "osh_slab.h"
#include "scenario.h"

#define SMALL ((size_t)256 - OSH_TRAILER_BYTES)
#define LARGE ((size_t)600)
#define KEPT \
    ((size_t)1100) /* may be kept, if the region has 8 times as much, and 4 times are free */
#define CLS osh_class_of(SMALL)

static void *to_free;
static osh_word_t is_free;

/* Everything is taken, all lists are stopped, and a refusal is noted. */
static void out_with(size_t bytes)
{
    to_free = os_malloc(bytes);
    REQUIRE(to_free != NULL);
    while (os_malloc(LARGE) != NULL || os_malloc(SMALL) != NULL || os_malloc(8) != NULL) {
    }
    REQUIRE(!OSH_BRINK_STOPS || osh_brink_refuses(SMALL));
    is_free = 0;
}

static void out_with_a_small_one(void)
{
    out_with(SMALL);
}

/* The same, but the refusal is not known, so who asks has to look. */
static void out_unnoted_with_a_small_one(void)
{
    out_with(SMALL);
    osh_brink_wipe();
}

static void out_with_a_large_one(void)
{
    out_with(LARGE);
}

/* The same, but for the lists, which run: the first refusal is still to come. */
static void nearly_out_with_a_small_one(void)
{
    out_with(SMALL);
    osh_heap_go_on();
}

static void nearly_out_with_one_that_may_be_kept(void)
{
    to_free = os_malloc(KEPT);
    REQUIRE(to_free != NULL);
    /* Small ones take the rest, which do not ask newlib: so as much may be kept as before. */
    while (os_malloc(SMALL) != NULL || os_malloc(8) != NULL) {
    }
    REQUIRE(!OSH_BRINK_STOPS || osh_brink_refuses(SMALL));
    is_free = 0;
    osh_heap_go_on();
}

static void *another;

static void out_with_two_large_ones(void)
{
    another = os_malloc(LARGE);
    REQUIRE(another != NULL);
    out_with(LARGE);
}

static void free_it(void)
{
    os_free(to_free);
    osh_store_release(&is_free, 1);
}

static void free_another(void)
{
    os_free(another);
}

static void let_lists_go_on(void)
{
    osh_heap_go_on();
}

/* Takes it or not; but if the free had ended before, it must be there. */
static bool must_get(size_t bytes)
{
    bool was_free = osh_load_acquire(&is_free) != 0;
    void *block = os_malloc(bytes);
    REQUIRE(block != NULL || !was_free);
    return block != NULL;
}

static void want_small(void)
{
    (void)(must_get(SMALL) || must_get(SMALL));
}

static void want_large(void)
{
    (void)(must_get(LARGE) || must_get(LARGE));
}

static void want_as_much_as_may_be_kept(void)
{
    (void)(must_get(KEPT) || must_get(KEPT));
}

/* Looks, and is refused, whatever is freed. */
static void want_more_than_is_free(void)
{
    REQUIRE(osh_arena_spans(2 * LARGE) && os_malloc(2 * LARGE) == NULL);
}

static void small_is_there(void)
{
    os_free(os_malloc(8));
}

const struct scenario brink_small = {
    .name = "brink-small",
    .promise = "a small block that was freed is had, whatever was refused meanwhile",
    .pages = 3,
    .setup = out_unnoted_with_a_small_one,
    .task = {free_it, want_small, want_more_than_is_free},
    .core = {0, 1, 1},
    .check = small_is_there,
    .quick = {2, 0, 0, 0},
    .deep = {2, 0, 0, 1},
};

const struct scenario brink_large = {
    .name = "brink-large",
    .promise = "the same of newlib's blocks",
    .pages = 8,
    .setup = out_with_a_large_one,
    .task = {free_it, want_large},
    .core = {0, 1},
    .check = small_is_there,
    .quick = {2, 0, 0, 1},
    .deep = {3, 0, 0, 1},
};

const struct scenario brink_left = {
    .name = "brink-left",
    .promise = "the same of one that its free leaves to the next request",
    .pages = 80,
    .setup = out_with_a_large_one,
    .task = {free_it, want_large},
    .core = {0, 1},
    .check = small_is_there,
    .quick = {2, 0, 0, 1},
    .deep = {3, 0, 0, 1},
};

const struct scenario brink_go_on = {
    .name = "brink-go-on",
    .promise = "the same when the cores' lists go on, and one takes the block",
    .pages = 3,
    .setup = out_with_a_small_one,
    .task = {let_lists_go_on, free_it, want_small},
    .core = {0, 0, 1},
    .check = small_is_there,
    .quick = {2, 0, 0, 1},
    .deep = {2, 0, 0, 2},
};

const struct scenario brink_first_small = {
    .name = "brink-first-small",
    .promise = "the same of a small block that is freed while the lists are stopped",
    .pages = 3,
    .setup = nearly_out_with_a_small_one,
    .task = {free_it, want_small},
    .core = {0, 1},
    .check = small_is_there,
    .quick = {2, 0, 0, 1},
    .deep = {3, 0, 0, 1},
};

const struct scenario brink_first_large = {
    .name = "brink-first-large",
    .promise = "the same of a large block, which may be kept when the lists are stopped",
    .pages = 40,
    .setup = nearly_out_with_one_that_may_be_kept,
    .task = {free_it, want_as_much_as_may_be_kept},
    .core = {0, 1},
    .check = small_is_there,
    /* Two old values: that memory is out, and that less may be kept. */
    .quick = {2, 0, 0, 2},
    .deep = {3, 0, 0, 2},
};

const struct scenario brink_deferred = {
    .name = "brink-deferred",
    .promise = "the same of a large block whose free is deferred to a task that frees another",
    .pages = 10,
    .setup = out_with_two_large_ones,
    .task = {free_it, free_another, want_large},
    .core = {0, 1, 2},
    .check = small_is_there,
    .quick = {3, 0, 0, 0},
    .deep = {3, 0, 0, 1},
};

static struct osh_chain magazine;

static void out_with_a_magazine(void)
{
    magazine = osh_slab_get(CLS, 2, true);
    REQUIRE(magazine.count == 2);
    out_with(SMALL);
}

/* Of a task that began this before memory was out. */
static void put_a_magazine(void)
{
    if (!osh_depot_put(CLS, magazine)) {
        osh_slab_put(CLS, magazine);
    }
    osh_store_release(&is_free, 1);
}

static void reclaim_in_between(void)
{
    osh_heap_reclaim();
}

const struct scenario brink_depot = {
    .name = "brink-depot",
    .promise = "the same of blocks that a task in mid-call puts into the depot",
    .pages = 3,
    .setup = out_with_a_magazine,
    .task = {put_a_magazine, want_small, reclaim_in_between},
    .core = {0, 1, 1},
    .check = small_is_there,
    .quick = {2, 0, 0, 1},
    .deep = {3, 0, 0, 1},
};
