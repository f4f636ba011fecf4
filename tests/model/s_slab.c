/* SPDX-License-Identifier: Apache-2.0 */
/* Slabs: take, give, release, and the map of those that may have some. */
#include "os/os_heap.h"
#include "osh_arena.h"
#include "osh_find.h"
#include "osh_links.h"
#include "osh_slab.h"
#include "scenario.h"

#define CLS osh_class_of(160)   /* three objects a slab */
#define OTHER osh_class_of(256) /* two */

static struct osh_chain start_with; /* what the setup holds for the tasks */

static void setup_hold(unsigned count)
{
    start_with = osh_slab_get(CLS, count, true);
    REQUIRE(start_with.count == count);
}

static void *first_of(struct osh_chain *chain)
{
    void *block = chain->head;
    chain->head = osh_links_next(block);
    chain->count--;
    return block;
}

/* Uses the blocks of a chain, then gives them back as another. */
static void use_and_put(unsigned cls, struct osh_chain chain)
{
    void *blocks[4];
    void *block = chain.head;
    for (unsigned i = 0; i < chain.count; i++) {
        blocks[i] = block;
        block = osh_links_next(block);
    }
    hold_chain(cls, chain);
    for (unsigned i = 0; i < chain.count; i++) {
        unhold(blocks[i], osh_class_bytes(cls));
    }
    if (chain.count > 0) {
        osh_slab_put(cls, chain_of(cls, blocks, (unsigned)chain.count));
    }
}

static void get_and_put(unsigned cls, unsigned count)
{
    struct osh_chain chain = osh_slab_get(cls, count, true);
    REQUIRE(chain.count <= count);
    use_and_put(cls, chain);
}

static void get_two_put_two(void)
{
    get_and_put(CLS, 2);
}

static void get_one_put_one(void)
{
    get_and_put(CLS, 1);
}

static void get_other(void)
{
    get_and_put(OTHER, 1);
}

/* Every object is free, and whatever is free can be got. */
static void all_free(void)
{
    nothing_is_lost();
}

static void hold_one(void)
{
    setup_hold(1);
}

static void free_what_setup_held(void)
{
    if (start_with.count > 0) {
        osh_slab_put(CLS, start_with);
        start_with.count = 0;
    }
}

static struct osh_chain kept;

static void get_one_keep_it(void)
{
    kept = osh_slab_get(CLS, 1, true);
}

static void free_held_then_check(void)
{
    const char *wrong = os_heap_check(); /* before the next put would mend it */
    if (wrong != NULL) {
        machine_fail("os_heap_check: %s", wrong);
    }
    free_what_setup_held();
    if (kept.count > 0) {
        osh_slab_put(CLS, kept);
    }
    nothing_is_lost();
}

const struct scenario slab_reserve = {
    .name = "slab-reserve",
    .promise = "two that take from one slab get different objects",
    .pages = 2,
    .setup = hold_one,
    .task = {get_two_put_two, get_two_put_two},
    .core = {0, 1},
    .check = free_held_then_check,
    .quick = {3, 0, 0, 2},
    .deep = {4, 0, 0, 2},
};

static void hold_two(void)
{
    setup_hold(2);
}

static void put_two(void)
{
    use_and_put(CLS, start_with);
    start_with.count = 0;
}

const struct scenario slab_deliver = {
    .name = "slab-deliver",
    .promise = "what a put gave a get finds, with what its last owner wrote behind it",
    .pages = 1,
    .setup = hold_two,
    .task = {put_two, get_two_put_two},
    .core = {0, 1},
    .check = all_free,
    .quick = {4, 0, 0, 3},
    .deep = {6, 0, 0, 4},
};

static void hold_all(void)
{
    setup_hold(3);
    (void)osh_slab_get(CLS, 1, true); /* in vain: the slab is off the map */
}

static void put_one(void)
{
    void *block = first_of(&start_with);
    osh_slab_put(CLS, chain_of(CLS, &block, 1));
}

const struct scenario slab_unlist = {
    .name = "slab-unlist",
    .promise = "a slab that has something free is on the map, once all is quiet",
    .pages = 1,
    .setup = hold_two,
    .task = {put_one, get_one_keep_it},
    .core = {0, 1},
    .check = free_held_then_check,
    .quick = {4, 0, 0, 3},
    .deep = {6, 0, 0, 4},
};

const struct scenario slab_list = {
    .name = "slab-list",
    .promise = "a slab off the map that gets something back is on it again",
    .pages = 1,
    .setup = hold_all,
    .task = {put_one, put_one, get_one_put_one},
    .core = {0, 1, 2},
    .check = free_held_then_check,
    .quick = {2, 0, 0, 2},
    .deep = {3, 0, 0, 2},
};

const struct scenario slab_release = {
    .name = "slab-release",
    .promise = "a page given up has no live object, and serves another class",
    .pages = 1,
    .setup = hold_two,
    .task = {put_two, get_one_put_one, get_other},
    .core = {0, 1, 2},
    .check = all_free,
    .quick = {2, 0, 0, 1},
    .deep = {3, 0, 0, 1},
};

static void put_all_then_get_other(void)
{
    free_what_setup_held();
    get_other();
}

const struct scenario slab_change = {
    .name = "slab-class-change",
    .promise = "who looks for a class in a page that became another's takes nothing of it",
    .pages = 1,
    .setup = hold_one,
    .task = {put_all_then_get_other, get_two_put_two},
    .core = {0, 1},
    .check = all_free,
    .quick = {3, 0, 0, 2},
    .deep = {4, 0, 0, 2},
};

/* The class byte of a block is what os_free goes by. */
static void get_and_look_up(void)
{
    struct osh_chain chain = osh_slab_get(CLS, 1, true);
    if (chain.count > 0) {
        REQUIRE(osh_heap_class_at(chain.head, NULL) == CLS);
        use_and_put(CLS, chain);
    }
}

const struct scenario slab_create = {
    .name = "slab-create",
    .promise = "whoever gets an object of a new slab finds its class by its address",
    .pages = 1,
    .task = {get_and_look_up, get_and_look_up},
    .core = {0, 1},
    .check = all_free,
    .quick = {3, 0, 0, 2},
    .deep = {4, 0, 0, 3},
};

static struct osh_chain last[2];

/* All of a slab, in two parts. */
static void two_parts(void)
{
    last[0] = osh_slab_get(OTHER, 1, true);
    last[1] = osh_slab_get(OTHER, 1, true);
}

static void put_last_0(void)
{
    osh_slab_put(OTHER, last[0]);
}

static void put_last_1(void)
{
    osh_slab_put(OTHER, last[1]);
}

/* Tries to take the empty page as it is given back, or one of its objects. */
static void release_empty(void)
{
    osh_slab_release_empty();
}

/* A reclaim would find it by its bits. */
static void it_was_given_back(void)
{
    REQUIRE(osh_load(&osh_arena.in_use) == 0);
    all_free();
}

const struct scenario slab_empty = {
    .name = "slab-empty",
    .promise = "whoever gives the last object of a slab gives its page back, and only once",
    .pages = 2,
    .setup = two_parts,
    .task = {put_last_0, put_last_1, release_empty},
    .core = {0, 1, 2},
    .check = it_was_given_back,
    .quick = {3, 0, 0, 2},
    .deep = {4, 0, 0, 2},
};

/* The last object of a slab of two; a slab of three with one taken has the same bits. */
static struct osh_chain last_of_two;

static void hold_last_of_two(void)
{
    last_of_two = osh_slab_get(OTHER, 1, true);
}

static void put_last_of_two(void)
{
    osh_slab_put(OTHER, last_of_two);
}

static void release_then_get_one(void)
{
    osh_slab_release_empty();
    get_one_put_one();
}

const struct scenario slab_other_class = {
    .name = "slab-other-class",
    .promise = "a slab is given up only if it is still the one that was empty",
    .pages = 1,
    .setup = hold_last_of_two,
    .task = {put_last_of_two, release_then_get_one},
    .core = {0, 1},
    .check = it_was_given_back,
    .quick = {3, 0, 0, 2},
    .deep = {4, 0, 0, 2},
};

const struct scenario slab_handler = {
    .name = "slab-interrupt",
    .promise = "a handler that gets and puts in the midst of a get or put disturbs neither",
    .pages = 2,
    .setup = hold_one,
    .task = {get_two_put_two, put_one},
    .handler = {get_two_put_two, NULL},
    .core = {0, 1},
    .check = free_held_then_check,
    .quick = {2, 1, 0, 0},
    .deep = {2, 1, 0, 1},
};
