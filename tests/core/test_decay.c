/* SPDX-License-Identifier: Apache-2.0 */
/* Free memory that nobody needed for a while goes to the system, and what the heap learns to keep.
 * The clock is the test's. */
#include "fresh_heap.h"
#include "os/os_heap.h"
#include "osh_arena.h"

#include <string.h>
#include <time.h>

#if OSH_ROW_LEAST > 0

enum { PERIOD = 700, ROWS = 4 };
#define ROW (((size_t)OSH_ROW_LEAST / OSH_PAGE_BYTES + 1) * OSH_PAGE_BYTES)
#define IDLE (ROWS * ROW)        /* less than what the heap may keep in any case */
#define FEW (2 * OSH_PAGE_BYTES) /* of slabs that come and go */

_Static_assert(IDLE + ROW < OSH_IDLE_BYTES, "so nothing goes back but by the clock");

static long milliseconds = 5000;

int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    (void)clock;
    *now = (struct timespec){milliseconds / 1000, milliseconds % 1000 * 1000000};
    return 0;
}

static void *filled_row(void)
{
    void *block = os_malloc(ROW);
    assert_non_null(block);
    memset(block, 1, ROW);
    return block;
}

static void release_a_page(void)
{
    size_t page = osh_arena_claim_run(0);
    assert_true(page != OSH_NO_PAGE);
    osh_arena_release_run(page, 0);
}

static size_t idle; /* bytes, when a period began */

/* Frees rows: a period begins, and these are idle. */
static void have_idle_pages(const char *option)
{
    if (OSH_KEPT_BYTES == 0) {
        skip_because("the quarantine of level 2 has rows");
    }
    heap_option("region=0x40000000");
    heap_option(option);
    void *block[ROWS];
    for (unsigned i = 0; i < ROWS; i++) {
        block[i] = filled_row();
    }
    for (unsigned i = 0; i < ROWS; i++) {
        os_free(block[i]);
    }
    milliseconds += PERIOD; /* the period in which they came free */
    release_a_page();
    idle = osh_arena_idle_bytes();
    assert_in_range(idle, IDLE - ROW - OSH_PAGE_BYTES, IDLE + 2 * OSH_PAGE_BYTES);
}

static void pages_that_nobody_needed_for_a_period_go(void)
{
    have_idle_pages("decay=700");
    milliseconds += PERIOD - 1;
    release_a_page();
    assert_int_equal(osh_arena_idle_bytes(), idle);
    milliseconds += 1;
    release_a_page();
    assert_in_range(osh_arena_idle_bytes(), 0, FEW);
    assert_null(os_heap_check());
}

/* Uses so many rows and frees them again. */
static void need(unsigned rows)
{
    void *block[ROWS];
    for (unsigned i = 0; i < rows; i++) {
        block[i] = filled_row();
    }
    for (unsigned i = 0; i < rows; i++) {
        os_free(block[i]);
    }
}

static void pages_that_were_needed_meanwhile_stay(void)
{
    have_idle_pages("decay=700");
    milliseconds += PERIOD / 2;
    need(ROWS);
    milliseconds += PERIOD / 2;
    release_a_page();
    assert_true(osh_arena_idle_bytes() >= idle - FEW);
    milliseconds += PERIOD;
    release_a_page();
    assert_in_range(osh_arena_idle_bytes(), 0, ROW);
}

static void as_many_stay_as_were_needed(void)
{
    have_idle_pages("decay=700");
    need(2);
    milliseconds += PERIOD;
    release_a_page();
    assert_in_range(osh_arena_idle_bytes(), 2 * ROW - FEW, 2 * ROW + FEW);
}

static void nothing_goes_by_the_clock_if_the_user_says_so(void)
{
    have_idle_pages("decay=off");
    for (unsigned i = 0; i < 3; i++) {
        milliseconds += 100L * PERIOD;
        release_a_page();
        assert_true(osh_arena_idle_bytes() >= idle);
    }
}

/* What is given and needed again, and only that, is what the heap learns to keep. */
static void one_block_teaches_no_more_than_it_costs(void)
{
    if (OSH_KEPT_BYTES == 0) {
        skip_because("the quarantine of level 2 has rows");
    }
    const size_t given = (size_t)40 << 20;
    heap_option("region=0x40000000");
    heap_option("decay=off");
    os_free(memset(os_malloc(given), 1, given));
    assert_in_range(osh_arena_idle_bytes(), 0, OSH_IDLE_BYTES);
    void *less = memset(os_malloc(given / 2), 1, given / 2);
    void *more = memset(os_malloc(given), 1, given); /* half of it is new */
    os_free(less);
    os_free(more);
    assert_in_range(osh_arena_idle_bytes(), 0, given + OSH_IDLE_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(one_block_teaches_no_more_than_it_costs, PLATFORM_REGION),
        in_fresh_heap(pages_that_nobody_needed_for_a_period_go, PLATFORM_REGION),
        in_fresh_heap(pages_that_were_needed_meanwhile_stay, PLATFORM_REGION),
        in_fresh_heap(as_many_stay_as_were_needed, PLATFORM_REGION),
        in_fresh_heap(nothing_goes_by_the_clock_if_the_user_says_so, PLATFORM_REGION),
    };
    return cmocka_run_group_tests_name("core/decay", tests, NULL, NULL);
}

#else

int main(void)
{
    return 77; /* memory is not given back by the clock: skipped */
}

#endif
