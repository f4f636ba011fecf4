/* SPDX-License-Identifier: Apache-2.0 */
/* Large blocks that are kept: slots through which they change hands without a mutex. */
#include "osh_fallback.h"
#include "osh_kept.h"
#include "osh_row.h"
#include "osh_seal.h"
#include "scenario.h"

#define BYTES ((size_t)1100)
#define ROW_PAGES ((size_t)2)

static void *block[2];
static size_t wanted;
static unsigned freed;

static void make_blocks(void)
{
    osh_kept_start(8 * 4 * BYTES);
    freed = 0;
    wanted = BYTES;
    for (unsigned i = 0; i < 2; i++) {
        block[i] = osh_fallback_memalign(1, BYTES);
        REQUIRE(block[i] != NULL);
    }
}

#if OSH_ROW_LEAST > 0
/* The same, but each is a row. */
static void make_rows(void)
{
    osh_kept_start(8 * 4 * BYTES);
    freed = 0;
    wanted = ROW_PAGES << OSH_PAGE_LOG2;
    for (unsigned i = 0; i < 2; i++) {
        size_t page = osh_arena_claim_row(ROW_PAGES);
        REQUIRE(page != OSH_NO_PAGE);
        osh_store(&osh_arena_rows[page], ROW_PAGES << OSH_ROW_STATE_BITS | OSH_ROW_LIVE);
        block[i] = (void *)osh_arena_address(page);
    }
}
#endif

static void free_0(void)
{
    REQUIRE(osh_fallback_free(block[0], NULL));
}

static void free_1(void)
{
    REQUIRE(osh_fallback_free(block[1], NULL));
}

static void get_then_free(void)
{
    void *got = osh_fallback_kept(wanted);
    if (got != NULL) {
        hold(got, wanted / 8 * 8);
        unhold(got, wanted / 8 * 8);
        REQUIRE(osh_fallback_free(got, NULL));
    }
}

static void reclaim(void)
{
    (void)osh_fallback_reclaim();
}

static void none_kept_after_a_reclaim(void)
{
    reclaim();
    REQUIRE(osh_kept_bytes() == 0);
    nothing_is_lost();
}

static void the_other_freed(void)
{
    free_1();
    none_kept_after_a_reclaim();
}

const struct scenario kept_slots = {
    .name = "kept",
    .promise = "a large block that is kept is got by one, while others free some and reclaim",
    .pages = 24,
    .setup = make_blocks,
    .task = {free_0, get_then_free, reclaim},
    .core = {0, 1, 2},
    .check = the_other_freed,
    .quick = {3, 0, 0, 1},
    .deep = {4, 0, 0, 2},
};

static void free_0_get(void)
{
    free_0();
    get_then_free();
}

static void free_1_get(void)
{
    free_1();
    get_then_free();
}

const struct scenario kept_two_ways = {
    .name = "kept-two-ways",
    .promise = "two that free and get at once have a block each",
    .pages = 24,
    .setup = make_blocks,
    .task = {free_0_get, free_1_get},
    .core = {0, 1},
    .check = none_kept_after_a_reclaim,
    .quick = {3, 0, 0, 1},
    .deep = {5, 0, 0, 3},
};

static void claim(void)
{
    freed += osh_seal_claim(block[0]);
}

static void claimed_once(void)
{
    REQUIRE(freed == 1);
}

const struct scenario kept_claim = {
    .name = "kept-claim",
    .promise = "of two that free a large block at once one has it",
    .pages = 24,
    .setup = make_blocks,
    .task = {claim, claim},
    .core = {0, 1},
    .check = claimed_once,
    .quick = {4, 0, 0, 2},
    .deep = {6, 0, 0, 4},
};

#if OSH_ROW_LEAST > 0
const struct scenario kept_rows = {
    .name = "kept-rows",
    .promise = "a row that is kept is got by one, while others free some and reclaim",
    .pages = 24,
    .setup = make_rows,
    .task = {free_0, get_then_free, reclaim},
    .core = {0, 1, 2},
    .check = the_other_freed,
    .quick = {3, 0, 0, 1},
    .deep = {4, 0, 0, 2},
};

static void claim_row(void)
{
    freed += osh_row_claim(block[0]);
}

const struct scenario kept_row_claim = {
    .name = "kept-row-claim",
    .promise = "of two that free a row at once one has it",
    .pages = 24,
    .setup = make_rows,
    .task = {claim_row, claim_row},
    .core = {0, 1},
    .check = claimed_once,
    .quick = {4, 0, 0, 2},
    .deep = {6, 0, 0, 4},
};
#endif
