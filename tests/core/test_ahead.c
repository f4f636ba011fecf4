/* SPDX-License-Identifier: Apache-2.0 */
/* Huge pages: memory that the system commits as slabs grow. */
#include "arch.h"
#include "fresh_heap.h"
#include "os/os_heap.h"
#include "osh_ahead.h"
#include "osh_arena.h"
#include "osh_arena_open.h"
#include "resident.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>

#if OSH_ROW_LEAST > 0

#define HUGE_PAGES (OSH_HUGE_BYTES >> OSH_PAGE_LOG2)
/* A block of 1 KiB, with or without the record of level 2. */
#define BLOCK ((size_t)1024)
#define SIZE ((size_t)900)

/* Pages that are committed and not claimed. */
static size_t ahead(void)
{
    size_t pages = 0;
    for (size_t word = osh_arena_high(); word < osh_arena.words; word++) {
        pages += osh_count_bits(osh_arena.used[word] & ~osh_arena.claimed[word]);
    }
    return pages;
}

/* A program may use a few bytes of each only. */
static void long_blocks_have_no_memory_ahead(void)
{
    size_t size = (size_t)2 * OSH_HUGE_BLOCK;
    for (size_t i = 0; i < (size_t)2 * OSH_HUGE_FROM / size; i++) {
        assert_non_null(os_malloc(size));
        assert_true(ahead() < 16);
    }
    assert_null(os_heap_check());
}

/* Live blocks of so many bytes in all, each written to. */
static void grow(size_t bytes)
{
    for (; bytes >= BLOCK; bytes -= BLOCK) {
        memset(os_malloc(SIZE), 1, SIZE);
    }
}

static void small_process_has_no_memory_ahead(void)
{
    for (unsigned i = 0; i < 15; i++) {
        grow(OSH_HUGE_FROM / 16);
        assert_true(ahead() < 16); /* of slabs that came and went */
    }
}

static void large_process_grows_by_huge_pages(void)
{
    grow(OSH_HUGE_FROM + OSH_HUGE_BYTES);
    size_t most = 0;
    size_t before = resident();
    for (unsigned i = 0; i < 64; i++) {
        grow(OSH_HUGE_BYTES / 8);
        most = ahead() > most ? ahead() : most;
    }
    assert_in_range(most, HUGE_PAGES / 2, HUGE_PAGES + 16);
    /* 16 MiB were asked for; a few blocks came from lists. */
    assert_in_range(resident() - before, 15 * OSH_HUGE_BYTES / 2, 10 * OSH_HUGE_BYTES);
    assert_null(os_heap_check());
    /* What is ahead goes back, and is not ahead again. */
    size_t idle = ahead();
    before = resident();
    (void)os_heap_trim();
    assert_true(ahead() < 16);
    if (idle > HUGE_PAGES / 4) {
        assert_true(before - resident() > (idle - 16) * OSH_PAGE_BYTES / 2);
    }
}

static void without_huge_pages_it_is_the_same(void)
{
    if (prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) != 0) {
        skip_because("the kernel has no huge pages");
    }
    large_process_grows_by_huge_pages();
}

static void nothing_is_committed_where_pages_are_in_use(void)
{
    (void)os_heap_trim();
    size_t first = osh_arena.pages / HUGE_PAGES * HUGE_PAGES - HUGE_PAGES;
    assert_true(osh_arena_open_word(first / OSH_WORD_BITS));
    assert_true(osh_arena_claim_page(first + 100));
    assert_true(osh_arena_claim_page(first + 5));
    size_t before = ahead();
    osh_ahead_commit(first, HUGE_PAGES, first + 5, 1);
    assert_int_equal(ahead(), before);
    assert_false(osh_arena_is_claimed(first + 4));
    osh_arena_release_run(first + 100, 0);
    osh_ahead_commit(first, HUGE_PAGES, first + 5, 1); /* used before */
    assert_false(osh_arena_is_claimed(first + 4) || osh_arena_is_claimed(first + 99));
    (void)os_heap_trim();
    osh_ahead_commit(first, HUGE_PAGES, first + 5, 1);
    assert_int_equal(ahead(), HUGE_PAGES - 1);
    assert_null(osh_arena_is_claimed(first + 4) ? "claimed" : NULL);
    osh_arena_release_run(first + 5, 0);
    assert_null(os_heap_check());
}

/* How long the system takes to commit memory, in nanoseconds; 0: the real clock runs. */
static struct {
    long small, huge;
    long now;
    bool huge_asked;
    unsigned times_huge;
} pace;

int __real_madvise(void *start, size_t bytes, int advice);
int __wrap_madvise(void *start, size_t bytes, int advice);
int __wrap_madvise(void *start, size_t bytes, int advice)
{
    if (advice == MADV_HUGEPAGE) {
        pace.huge_asked = true;
    } else if (advice == MADV_NOHUGEPAGE && pace.huge_asked) {
        pace.huge_asked = false;
        pace.times_huge++;
        pace.now += pace.huge;
    } else if (advice == MADV_NOHUGEPAGE) {
        pace.now += pace.small;
    }
    return __real_madvise(start, bytes, advice);
}

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    if (pace.huge == 0) {
        return __real_clock_gettime(clock, now);
    }
    *now = (struct timespec){.tv_sec = pace.now / 1000000000, .tv_nsec = pace.now % 1000000000};
    return 0;
}

/* How many of `times` chunks were asked for as huge pages. */
static unsigned huge_of(unsigned times)
{
    size_t first = osh_arena.pages / HUGE_PAGES * HUGE_PAGES - HUGE_PAGES;
    assert_true(osh_arena_open_word(first / OSH_WORD_BITS));
    pace.times_huge = 0;
    for (unsigned i = 0; i < times; i++) {
        (void)osh_arch_commit_huge((void *)osh_arena_address(first), OSH_HUGE_BYTES);
    }
    return pace.times_huge;
}

/* Under a hypervisor that takes free memory back, huge pages may take three times as long as small
 * ones; elsewhere a quarter. Which one it is may change. */
static void pages_are_of_the_kind_that_takes_less_time(void)
{
    pace.huge = 2500000;
    pace.small = 750000;
    assert_in_range(huge_of(200), 2, 8); /* at first, and now and then again */
    pace.huge = 190000;
    (void)huge_of(200);
    assert_in_range(huge_of(200), 194, 199);
    pace.huge = pace.small;
    assert_true(huge_of(200) >= 100);
}

/* A program that trims all the time would have huge pages cleared for nothing. */
static void what_was_given_back_is_not_committed_ahead(void)
{
    enum { BLOCKS = (OSH_HUGE_FROM + 8 * OSH_HUGE_BYTES) / 1024 };
    static void *block[BLOCKS];
    size_t some = (size_t)3 * OSH_HUGE_BYTES / BLOCK;
    for (size_t i = 0; i < BLOCKS; i++) {
        block[i] = os_malloc(SIZE);
    }
    for (size_t i = 0; i < 2 * some; i++) {
        os_free(block[i]);
    }
    (void)os_heap_trim();
    size_t most = 0;
    for (size_t i = 0; i < some; i++) {
        block[i] = os_malloc(SIZE);
        most = i % 64 == 0 && ahead() > most ? ahead() : most;
    }
    assert_true(most < 16);
}

static void start_a_large_region(void)
{
    heap_option("region=0x40000000");
    os_free(os_malloc(1));
}

#define IN_LARGE_REGION(name)      \
    static void name##_there(void) \
    {                              \
        start_a_large_region();    \
        name();                    \
    }
IN_LARGE_REGION(small_process_has_no_memory_ahead)
IN_LARGE_REGION(large_process_grows_by_huge_pages)
IN_LARGE_REGION(without_huge_pages_it_is_the_same)
IN_LARGE_REGION(long_blocks_have_no_memory_ahead)
IN_LARGE_REGION(nothing_is_committed_where_pages_are_in_use)
IN_LARGE_REGION(what_was_given_back_is_not_committed_ahead)
IN_LARGE_REGION(pages_are_of_the_kind_that_takes_less_time)

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(small_process_has_no_memory_ahead_there, PLATFORM_REGION),
        in_fresh_heap(large_process_grows_by_huge_pages_there, PLATFORM_REGION),
        in_fresh_heap(without_huge_pages_it_is_the_same_there, PLATFORM_REGION),
        in_fresh_heap(long_blocks_have_no_memory_ahead_there, PLATFORM_REGION),
        in_fresh_heap(nothing_is_committed_where_pages_are_in_use_there, PLATFORM_REGION),
        in_fresh_heap(what_was_given_back_is_not_committed_ahead_there, PLATFORM_REGION),
        in_fresh_heap(pages_are_of_the_kind_that_takes_less_time_there, PLATFORM_REGION),
    };
    return cmocka_run_group_tests_name("core/ahead", tests, NULL, NULL);
}

#else

int main(void)
{
    return 77; /* there are no rows of pages: skipped */
}

#endif
