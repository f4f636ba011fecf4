/* SPDX-License-Identifier: Apache-2.0 */
/* The portable port's list by itself, where a pop may sleep and wake to find the
 * head it knew back in its place. */
#include "osh_pair.h"
#include "osh_slab.h"
#include "scenario.h"

#define CLS osh_class_of(160)
#define BYTES ((size_t)160)
#define LIMIT 3

static osh_word2_t list;

static void three_on_the_list(void)
{
    struct osh_chain chain = osh_slab_get(CLS, 3, true);
    list = (osh_word2_t){0, LIMIT};
    void *block = chain.head;
    for (unsigned i = 0; i < 3; i++) {
        void *next = osh_link_next(*(osh_word_t *)block);
        REQUIRE(osh_pair_push(&list, block));
        block = next;
    }
}

static void *pop(void)
{
    return hold(osh_pair_pop(&list), BYTES);
}

static void push(void *block)
{
    if (block != NULL) {
        unhold(block, BYTES);
        REQUIRE(osh_pair_push(&list, block));
    }
}

static void *kept[SCENARIO_TASKS];

static void pop_one(void)
{
    kept[0] = pop();
}

static void two_on_the_list_one_held(void)
{
    three_on_the_list();
    kept[2] = pop();
}

/* The head comes back, and the length; what is below is another block. */
static void pop_two_push_another_push_the_first(void)
{
    void *first = pop();
    kept[1] = pop();
    push(kept[2]);
    push(first);
}

static void take_all(void)
{
    osh_word2_t old;
    if (osh_pair_exchange(&list, 0, LIMIT, &old)) {
        struct osh_chain chain = {(void *)old.first, 0};
        if (chain.head != NULL) {
            chain.count = LIMIT - (unsigned)(old.second & OSH_PAIR_ROOM);
        }
        hold_chain(CLS, chain);
    }
}

static void three_blocks_once(void)
{
    take_all();
    REQUIRE(held() * sizeof(osh_word_t) == 3 * BYTES);
}

const struct scenario pair_aba = {
    .name = "pair-aba",
    .promise = "a pop that slept while its head left and came back takes nothing wrong",
    .port = "portable",
    .pages = 1,
    .setup = two_on_the_list_one_held,
    .task = {pop_one, pop_two_push_another_push_the_first},
    .core = {0, 1},
    .check = three_blocks_once,
    .quick = {5, 0, 0, 2},
    .deep = {7, 0, 0, 4},
};

static void pop_push(void)
{
    push(pop());
}

const struct scenario pair_reclaim = {
    .name = "pair-take",
    .promise = "pop, push and take-all on one list hand each block to one",
    .port = "portable",
    .pages = 1,
    .setup = three_on_the_list,
    .task = {pop_push, pop_push, take_all},
    .core = {0, 1, 2},
    .check = three_blocks_once,
    .quick = {3, 0, 0, 1},
    .deep = {4, 0, 0, 2},
};
