/* SPDX-License-Identifier: Apache-2.0 */
/* Added regions: rows of granules over two words of the map are claimed, freed and measured. */
#include "osh_arena.h"
#include "osh_bank.h"
#include "osh_class.h"
#include "scenario.h"

#define HALF (OSH_WORD_BITS / 2) /* granules of a word */

static struct osh_bank *bank;
static void *first;
static void *a;
static void *b;
static unsigned frees;

static void *claim(size_t granules)
{
    return hold(osh_bank_claim(bank, OSH_ALIGN, granules * OSH_ALIGN), granules * OSH_ALIGN);
}

static void give(void *block, size_t granules)
{
    if (block != NULL) {
        REQUIRE(osh_bank_fault(bank, block) == 0);
        REQUIRE(osh_bank_usable(bank, block) == granules * OSH_ALIGN);
        unhold(block, granules * OSH_ALIGN);
        REQUIRE(osh_bank_free(bank, block));
    }
}

/* A word and 4 granules, of which all but 2 of the first word are taken. */
static void make(void)
{
    size_t bytes = sizeof(struct osh_bank);
    do {
        bank = osh_bank_make((void *)osh_arena.base, bytes++, 0);
    } while (bank == NULL || bank->granules < HALF + 4);
    first = claim(HALF - 2);
    frees = 0;
}

/* And then one, and 4 over the end of the word. */
static void make_two(void)
{
    make();
    a = claim(1);
    b = claim(4);
    REQUIRE(a != NULL && b != NULL);
}

static void four(void)
{
    give(claim(4), 4);
}

static void three(void)
{
    give(claim(3), 3);
}

static void free_first(void)
{
    give(first, HALF - 2);
    first = NULL;
}

static void all_is_one_row(void)
{
    give(first, HALF - 2);
    REQUIRE(osh_bank_check(bank) == NULL);
    void *all = claim(HALF + 4);
    REQUIRE(all != NULL);
    give(all, HALF + 4);
    nothing_is_lost();
}

const struct scenario bank_rows = {
    .name = "bank-rows",
    .promise = "a granule of an added region is in one block, and none is lost",
    .pages = 8,
    .setup = make,
    .task = {four, three, free_first},
    .core = {0, 1, 2},
    .check = all_is_one_row,
    .quick = {2, 0, 0, 0},
    .deep = {3, 0, 0, 2},
};

static void free_b(void)
{
    give(b, 4);
}

static void measure_and_take_two(void)
{
    give(a, 1);
    give(claim(2), 2);
}

const struct scenario bank_end = {
    .name = "bank-end",
    .promise = "the end of a block does not depend on what becomes of the block behind it",
    .pages = 8,
    .setup = make_two,
    .task = {free_b, measure_and_take_two},
    .core = {0, 1},
    .check = all_is_one_row,
    .quick = {3, 0, 0, 2},
    .deep = {5, 0, 0, 4},
};

static void take_b_from_its_holder(void)
{
    make_two();
    unhold(b, 4 * OSH_ALIGN);
}

static void free_b_if_first(void)
{
    frees += osh_bank_free(bank, b);
}

static void freed_once(void)
{
    REQUIRE(frees == 1);
    give(a, 1);
    all_is_one_row();
}

const struct scenario bank_once = {
    .name = "bank-once",
    .promise = "of two frees of a block of an added region one has it",
    .pages = 8,
    .setup = take_b_from_its_holder,
    .task = {free_b_if_first, free_b_if_first},
    .core = {0, 1},
    .check = freed_once,
    .quick = {3, 0, 0, 2},
    .deep = {5, 0, 0, 4},
};
