/* SPDX-License-Identifier: Apache-2.0 */
/* The hints of gaps. Two words of the bitmap; all pages are claimed but for what `setup` frees. */
#include "osh_ahead.h"
#include "osh_arena.h"
#include "osh_gaps.h"
#include "scenario.h"

#if OSH_ROW_LEAST > 0
#define GAP_PAGES 68

static void every_gap_is_hinted(void)
{
    size_t length = 0;
    for (size_t page = 0; page <= osh_arena.pages; page++) {
        if (page < osh_arena.pages && !osh_arena_is_claimed(page)) {
            length++;
        } else if (length >= OSH_GAP_LEAST) {
            if (!osh_gaps_is_noted(page, length)) {
                machine_fail("%zu free pages below page %zu have no hint", length, page);
            }
            length = 0;
        } else {
            length = 0;
        }
    }
}

static void all_claimed(void)
{
    REQUIRE(osh_arena_claim_row(GAP_PAGES) == 0);
}

static void release_lower_two(void)
{
    osh_arena_release_row(62, 2);
}

static void release_upper_two(void)
{
    osh_arena_release_row(64, 2);
}

/* Finds nothing, and clears hints on the way. */
static void look_for_four(void)
{
    struct osh_gap_hint hint;
    (void)osh_gaps_find(4, &hint);
}

const struct scenario gaps_merge = {
    .name = "gaps-merge",
    .promise = "of two that release neighbours one notes the whole gap",
    .pages = GAP_PAGES,
    .setup = all_claimed,
    .task = {release_lower_two, release_upper_two},
    .core = {0, 1},
    .check = every_gap_is_hinted,
    .quick = {3, 0, 0, 2},
    .deep = {4, 0, 0, 3},
};

/* A hint of a gap of four pages that is none: two of them are claimed again. */
static void stale_hint(void)
{
    all_claimed();
    osh_arena_release_row(60, 4);
    REQUIRE(osh_arena_claim_page(63));
    REQUIRE(osh_arena_claim_page(62));
}

static void release_two_pages(void)
{
    osh_arena_release_run(62, 0);
    osh_arena_release_run(63, 0);
}

const struct scenario gaps_stale = {
    .name = "gaps-stale",
    .promise = "who clears a hint while the gap comes back hides it from nobody",
    .pages = GAP_PAGES,
    .setup = stale_hint,
    .task = {release_two_pages, look_for_four},
    .core = {0, 1},
    .check = every_gap_is_hinted,
    .quick = {3, 0, 0, 2},
    .deep = {4, 0, 0, 3},
};

/* No gap, but a hint of none and the bits above it. */
static void stale_bits_above(void)
{
    stale_hint();
    osh_gaps_settle((struct osh_gap_hint){0, 3});
}

const struct scenario gaps_sums = {
    .name = "gaps-sums",
    .promise = "who clears the bits above a hint while it is set hides it from nobody",
    .pages = GAP_PAGES,
    .setup = stale_bits_above,
    .task = {release_two_pages, look_for_four},
    .core = {0, 1},
    .check = every_gap_is_hinted,
    .quick = {4, 0, 0, 2},
    .deep = {5, 0, 0, 3},
};

static void take_one_in_the_middle(void)
{
    (void)osh_arena_claim_page(63);
}

static void four_pages(void)
{
    all_claimed();
    osh_arena_release_row(58, 4);
}

static void one_claimed_of_nine(void)
{
    all_claimed();
    osh_arena_release_row(58, 9);
    (void)osh_arena_decommit();
    REQUIRE(osh_arena_claim_page(62));
}

static void commit_those_beside(void)
{
    osh_ahead_commit(58, 9, 62, 1);
}

const struct scenario gaps_ahead = {
    .name = "gaps-ahead",
    .promise = "what is claimed while memory is committed ahead is noted afterwards",
    .pages = GAP_PAGES,
    .setup = one_claimed_of_nine,
    .task = {commit_those_beside, look_for_four},
    .core = {0, 1},
    .check = every_gap_is_hinted,
    .quick = {3, 0, 0, 2},
    .deep = {4, 0, 0, 3},
};

static void release_six(void)
{
    osh_arena_release_row(62, 6);
}

const struct scenario gaps_split = {
    .name = "gaps-split",
    .promise = "a gap that is split while it comes free is noted on both sides",
    .pages = GAP_PAGES,
    .setup = four_pages,
    .task = {release_six, take_one_in_the_middle, look_for_four},
    .core = {0, 1, 2},
    .check = every_gap_is_hinted,
    .quick = {2, 0, 0, 1},
    .deep = {3, 0, 0, 2},
};
#endif
