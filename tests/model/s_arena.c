/* SPDX-License-Identifier: Apache-2.0 */
/* Pages: slabs claim from the top, newlib's break from the bottom. */
#include "osh_ahead.h"
#include "osh_arena.h"
#include "osh_gauge.h"
#include "scenario.h"

#define PAGES 3

static unsigned owner_of[PAGES];
static bool touched[PAGES]; /* since its memory was last given to the system */

static void own(size_t page)
{
    REQUIRE(page < osh_arena.pages);
    if (owner_of[page]++ != 0) {
        machine_fail("page %zu has two owners", page);
    }
    touched[page] = true;
    (void)hold((void *)osh_arena_address(page), OSH_PAGE_BYTES);
}

static void disown(size_t page)
{
    unhold((void *)osh_arena_address(page), OSH_PAGE_BYTES);
    owner_of[page]--;
}

static void claim_and_release(void)
{
    size_t page = osh_arena_claim_run(0);
    if (page != OSH_NO_PAGE) {
        own(page);
        disown(page);
        osh_arena_release_run(page, 0);
    }
}

/* Two pages' growth, and all of it back. The fallback's mutex has one holder. */
static void grow_and_shrink(void)
{
    char *grown = osh_arena_sbrk((ptrdiff_t)(2 * OSH_PAGE_BYTES));
    if (grown != (char *)-1) {
        size_t page = osh_arena_page(grown);
        own(page);
        own(page + 1);
        disown(page);
        disown(page + 1);
        REQUIRE(osh_arena_sbrk(-(ptrdiff_t)(2 * OSH_PAGE_BYTES)) != (void *)-1);
    }
}

/* The linker puts this around the port's. */
__typeof__(osh_arch_decommit) __real_osh_arch_decommit;
__typeof__(osh_arch_decommit) __wrap_osh_arch_decommit;
bool __wrap_osh_arch_decommit(uintptr_t *from, uintptr_t *to)
{
    size_t first = osh_arena_page((void *)*from);
    size_t end = first + ((*to - *from) >> OSH_PAGE_LOG2);
    for (size_t page = first; page < end; page++) {
        own(page);
    }
    machine_step("gives pages' memory to the system");
    for (size_t page = first; page < end; page++) {
        disown(page);
    }
    bool taken = __real_osh_arch_decommit(from, to);
    for (size_t page = first; page < end; page++) {
        touched[page] = false;
    }
    return taken;
}

static void all_free(void)
{
    REQUIRE(held() == 0);
    for (size_t page = 0; page < osh_arena.pages; page++) {
        REQUIRE(!OSH_ARCH_DECOMMITS || !touched[page] ||
                (osh_load(&osh_arena.used[0]) >> page & 1) != 0);
    }
    REQUIRE(osh_load(&osh_arena.in_use) == 0);
    for (size_t page = 0; page < osh_arena.pages; page++) {
        REQUIRE(!osh_arena_is_claimed(page));
    }
    for (size_t page = 0; page < osh_arena.pages; page++) {
        REQUIRE(osh_arena_claim_run(0) != OSH_NO_PAGE);
    }
}

const struct scenario arena_brink = {
    .name = "arena-brink",
    .promise = "slabs and break that want the last pages get different ones, and none is lost",
    .pages = PAGES,
    .task = {claim_and_release, grow_and_shrink, claim_and_release},
    .core = {0, 1, 2},
    .check = all_free,
    .quick = {2, 0, 0, 1},
    .deep = {3, 0, 0, 1},
};

#if OSH_ROW_LEAST > 0
static void own_row(size_t page, size_t count)
{
    osh_arena_use_row(page, count, false);
    for (size_t i = 0; i < count; i++) {
        own(page + i);
    }
}

static void give_row_back(size_t page, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        disown(page + i);
    }
    osh_arena_release_row(page, count);
}

/* A row that grows, is cut again, and goes. */
static void take_a_row(void)
{
    size_t page = osh_arena_claim_row(2);
    if (page == OSH_NO_PAGE) {
        return;
    }
    own_row(page, 2);
    if (osh_arena_extend_row(page + 2, 1)) {
        own_row(page + 2, 1);
        give_row_back(page + 2, 1);
    }
    give_row_back(page, 2);
}

static void all_free_and_no_row(void)
{
    REQUIRE(osh_gauge_in_rows() == 0);
    all_free();
}

const struct scenario arena_row = {
    .name = "arena-row",
    .promise = "rows and slabs that want the same pages get different ones, and none is lost",
    .pages = PAGES,
    .task = {take_a_row, claim_and_release, take_a_row},
    .core = {0, 1, 2},
    .check = all_free_and_no_row,
    .quick = {2, 0, 0, 1},
    .deep = {3, 0, 0, 1},
};
#endif

static void trim(void)
{
    (void)osh_arena_decommit();
}

static void used_before(void)
{
    for (unsigned i = 0; i < PAGES; i++) {
        (void)osh_arena_claim_page(i);
        osh_arena_release_run(i, 0);
    }
}

const struct scenario arena_trim = {
    .name = "arena-trim",
    .promise = "a page whose memory is given to the system is nobody's then",
    .pages = PAGES,
    .setup = used_before,
    .task = {claim_and_release, trim, grow_and_shrink},
    .core = {0, 1, 2},
    .check = all_free,
    .quick = {2, 0, 0, 1},
    .deep = {3, 0, 0, 1},
};

#if OSH_RUN_LOG2 > 0
static void claim_run_and_release(void)
{
    size_t page = osh_arena_claim_run(1);
    if (page != OSH_NO_PAGE) {
        own(page);
        own(page + 1);
        disown(page);
        disown(page + 1);
        osh_arena_release_run(page, 1);
    }
}

static void one_of_two_used_before(void)
{
    (void)osh_arena_claim_page(1);
    osh_arena_release_run(1, 0);
}

const struct scenario arena_run = {
    .name = "arena-run",
    .promise = "every page of a run is given to the system after use, and no page in use is",
    .pages = PAGES,
    .setup = one_of_two_used_before,
    .task = {claim_run_and_release, trim, claim_and_release},
    .core = {0, 1, 2},
    .check = all_free,
    .quick = {2, 0, 0, 1},
    .deep = {3, 0, 0, 1},
};
#endif

/* Two words of the bitmap: all of the upper one claimed, one page of the lower free. */
#define WIDE_PAGES 66

static void one_free_in_the_lower_word(void)
{
    for (unsigned i = 0; i < WIDE_PAGES; i++) {
        REQUIRE(osh_arena_claim_run(0) == WIDE_PAGES - 1 - i);
    }
    osh_arena_release_run(0, 0);
    osh_store(&osh_arena.top_word, 1);
}

static void claim_one(void)
{
    REQUIRE(osh_arena_claim_run(0) != OSH_NO_PAGE);
}

static void release_upper(void)
{
    osh_arena_release_run(WIDE_PAGES - 1, 0);
}

static void one_more_can_be_claimed(void)
{
    REQUIRE(osh_arena_claim_run(0) != OSH_NO_PAGE);
    REQUIRE(osh_arena_claim_run(0) == OSH_NO_PAGE);
}

const struct scenario arena_hint = {
    .name = "arena-hint",
    .promise = "a hint that was lowered while a page above it came free hides it from nobody",
    .pages = WIDE_PAGES,
    .setup = one_free_in_the_lower_word,
    .task = {claim_one, release_upper},
    .core = {0, 1},
    .check = one_more_can_be_claimed,
    .quick = {3, 0, 0, 2},
    .deep = {5, 0, 0, 3},
};

#if OSH_ROW_LEAST > 0
/* The linker puts this around the port's. All pages but the caller's are ours meanwhile. */
static size_t mine;
__typeof__(osh_arch_commit_huge) __real_osh_arch_commit_huge;
__typeof__(osh_arch_commit_huge) __wrap_osh_arch_commit_huge;
bool __wrap_osh_arch_commit_huge(void *start, size_t bytes)
{
    size_t pages = osh_arena_page(start) == 0 ? bytes >> OSH_PAGE_LOG2 : 0;
    for (size_t page = 0; page < pages; page++) {
        if (page != mine) {
            own(page);
        }
    }
    machine_step("commits a huge page");
    for (size_t page = 0; page < pages; page++) {
        if (page != mine) {
            disown(page);
        }
    }
    return __real_osh_arch_commit_huge(start, bytes);
}

static void claim_with_those_beside(void)
{
    mine = osh_arena_claim_run(0);
    if (mine != OSH_NO_PAGE) {
        own(mine);
        osh_ahead_commit(0, PAGES, mine, 1);
        disown(mine);
        osh_arena_release_run(mine, 0);
    }
}

const struct scenario arena_ahead = {
    .name = "arena-ahead",
    .promise = "memory that is committed ahead is nobody's then, and is given back like other",
    .pages = PAGES,
    .task = {claim_with_those_beside, claim_and_release, trim},
    .core = {0, 1, 2},
    .check = all_free,
    .quick = {2, 0, 0, 1},
    .deep = {3, 0, 0, 1},
};
#endif
