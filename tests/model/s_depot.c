/* SPDX-License-Identifier: Apache-2.0 */
/* The depot: slots through which magazines change hands. */
#include "osh_class.h"
#include "osh_depot.h"
#include "osh_links.h"
#include "osh_slab.h"
#include "scenario.h"

#define CLS osh_class_of(256) /* two objects a slab and a magazine */

static struct osh_chain magazine[SCENARIO_TASKS];
static unsigned gotten, refused;

static void make_magazines(void)
{
    for (unsigned i = 0; i < SCENARIO_TASKS; i++) {
        magazine[i] = osh_slab_get(CLS, 2, true);
        REQUIRE(magazine[i].count == 2);
    }
}

/* Writes to the blocks, makes them a chain anew, and leaves it. */
static void leave(unsigned number)
{
    void *blocks[2];
    blocks[0] = magazine[number].head;
    blocks[1] = osh_links_next(blocks[0]);
    struct osh_chain chain = chain_of(CLS, blocks, 2);
    if (osh_depot_put(CLS, chain)) {
        magazine[number].count = 0;
    } else {
        refused++;
        magazine[number] = chain;
    }
}

static void put_first(void)
{
    leave(0);
}

static void put_second(void)
{
    leave(1);
}

static void get_into(unsigned number)
{
    struct osh_chain chain = osh_depot_get(CLS);
    if (chain.count > 0) {
        REQUIRE(chain.count == 2);
        gotten++;
        hold_chain(CLS, chain);
        magazine[number] = chain;
    }
}

static void get_third(void)
{
    get_into(2);
}

static void get_fourth(void)
{
    get_into(3);
}

static void put_one_get_one(void)
{
    leave(0);
    get_into(2);
}

static void put_another_get_another(void)
{
    leave(1);
    get_into(3);
}

/* Every magazine that was left is in a slot or was got, once. */
static void none_lost(void)
{
    unsigned found = 0;
    for (unsigned slot = 0; slot < osh_depot_slots(CLS); slot++) {
        struct osh_chain chain = osh_depot_peek(CLS, slot);
        if (chain.count > 0) {
            found++;
            hold_chain(CLS, chain);
        }
    }
    REQUIRE(found + gotten + refused == 2);
    REQUIRE(held() * sizeof(osh_word_t) == (found + gotten) * 2 * osh_class_bytes(CLS));
}

static void get_given(unsigned cls, struct osh_chain chain)
{
    REQUIRE(cls == CLS && chain.count == 2);
    gotten++;
    hold_chain(cls, chain);
}

static void reclaim_all(void)
{
    osh_depot_reclaim(get_given);
}

/* A reclaim after all others finds every magazine. */
static void none_left(void)
{
    reclaim_all();
    none_lost();
    for (unsigned slot = 0; slot < osh_depot_slots(CLS); slot++) {
        REQUIRE(osh_depot_peek(CLS, slot).count == 0);
    }
}

static void make_magazines_leave_one(void)
{
    make_magazines();
    put_second();
}

const struct scenario depot_reclaim = {
    .name = "depot-reclaim",
    .promise = "a reclaim gets what others do not, while they leave and get",
    .pages = 4,
    .setup = make_magazines_leave_one,
    .task = {put_one_get_one, reclaim_all},
    .core = {0, 1},
    .check = none_left,
    .quick = {4, 0, 0, 2},
    .deep = {6, 0, 0, 4},
};

const struct scenario depot_slots = {
    .name = "depot",
    .promise = "a magazine left in the depot is got whole, once",
    .pages = 4,
    .setup = make_magazines,
    .task = {put_first, put_second, get_third},
    .core = {0, 1, 2},
    .check = none_lost,
    .quick = {4, 0, 0, 3},
    .deep = {6, 0, 0, 4},
};

const struct scenario depot_both = {
    .name = "depot-two-ways",
    .promise = "two that leave and get, and a handler that gets, lose and double nothing",
    .pages = 4,
    .setup = make_magazines,
    .task = {put_one_get_one, put_another_get_another},
    .handler = {get_fourth, NULL},
    .core = {0, 1},
    .check = none_lost,
    .quick = {3, 1, 0, 1},
    .deep = {5, 1, 0, 3},
};

/* Each core has a part, with half of the slots. */
static void divide_the_depot(void)
{
    osh_depot_start(2);
    make_magazines();
}

static void put_get_anywhere(unsigned number)
{
    leave(number);
    struct osh_chain chain = osh_depot_get(CLS);
    if (chain.count == 0) {
        chain = osh_depot_get_elsewhere(CLS, false);
    }
    if (chain.count > 0) {
        gotten++;
        hold_chain(CLS, chain);
    }
}

static void first_puts_and_gets(void)
{
    put_get_anywhere(0);
}

static void second_puts_and_gets(void)
{
    put_get_anywhere(1);
}

const struct scenario depot_parts = {
    .name = "depot-parts",
    .promise = "magazines of two parts are got whole, once, by either core and by a reclaim",
    .pages = 4,
    .setup = divide_the_depot,
    .task = {first_puts_and_gets, second_puts_and_gets, reclaim_all},
    .core = {0, 1, 2},
    .check = none_left,
    .quick = {3, 0, 0, 2},
    .deep = {5, 0, 0, 3},
};

static void leave_one_in_the_first_part(void)
{
    divide_the_depot();
    put_second();
}

static void get_elsewhere(void)
{
    struct osh_chain chain = osh_depot_get_elsewhere(CLS, false);
    if (chain.count > 0) {
        gotten++;
        hold_chain(CLS, chain);
    }
}

/* Who comes later gets both, without a reclaim. */
static void none_hidden(void)
{
    get_third();
    get_fourth();
    get_elsewhere();
    get_elsewhere();
    REQUIRE(gotten + refused == 2);
}

const struct scenario depot_top = {
    .name = "depot-top",
    .promise = "who gets a magazine while another is put hides it from nobody",
    .pages = 4,
    .setup = leave_one_in_the_first_part,
    .task = {put_first, get_elsewhere},
    .core = {0, 1},
    .check = none_hidden,
    .quick = {4, 0, 0, 2},
    .deep = {6, 0, 0, 4},
};
