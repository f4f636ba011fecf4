/* SPDX-License-Identifier: Apache-2.0 */
/* What the system grants, refuses or makes resident, with the region as large as it is by
 * default. */
#include "fresh_heap.h"
#include "os/os_heap.h"
#include "resident.h"
#include "stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define SMALL ((size_t)1000)
#define LARGE ((size_t)300000)
#define STACK (8 * MIB)
#define UNLIMITED ((rlim_t)-1)

/* The region as it is when nobody gives a number; a test's is smaller. */
static void by_default(void)
{
    heap_option("region=0x1000000000"); /* OSH_REGION_BYTES */
}

static void set_limit(int which, rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(getrlimit((__rlimit_resource_t)which, &limit), 0);
    limit.rlim_cur = bytes;
    if (setrlimit((__rlimit_resource_t)which, &limit) != 0) {
        skip_because("the limit that is in force is lower");
    }
}

static void lock_all(int flags)
{
    if (mlockall(flags) != 0) {
        skip_because("this user may not lock memory");
    }
}

/* Blocks in a chain, so that it takes no memory of another's to remember them. */
static void *fill(size_t size, size_t *count)
{
    void *chain = NULL;
    void **block;
    *count = 0;
    while ((block = os_malloc(size)) != NULL) {
        *block = chain;
        chain = block;
        ++*count;
    }
    return chain;
}

static void empty(void *chain)
{
    while (chain != NULL) {
        void *next = *(void **)chain;
        os_free(chain);
        chain = next;
    }
}

static void one_block_of_a_program_whose_memory_is_locked_costs_no_more_than_4_mib(void)
{
    by_default();
    lock_all(MCL_FUTURE);
    size_t before = resident();
    assert_non_null(os_malloc(16));
    assert_true(resident() - before <= 4 * MIB);
}

static void large_block_of_a_program_whose_memory_is_locked_costs_little_more_than_itself(void)
{
    by_default();
    lock_all(MCL_CURRENT | MCL_FUTURE);
    assert_non_null(os_malloc(16));
    size_t before = resident();
    assert_non_null(os_malloc(64 * MIB));
    assert_true(resident() - before <= 72 * MIB);
}

static void memory_that_is_locked_after_the_start_is_what_is_in_use(void)
{
    by_default();
    assert_non_null(os_malloc(16));
    assert_non_null(os_malloc(LARGE));
    struct os_heap_stats stats;
    os_heap_stats(&stats);
    size_t readable = stats.region / stats.page * 3 / 2; /* class bytes and bitmaps */
    size_t before = resident();
    lock_all(MCL_CURRENT | MCL_FUTURE);
    assert_true(resident() - before <= 10 * MIB + readable);
    for (unsigned i = 0; i < 1000; i++) {
        assert_non_null(os_malloc(SMALL));
    }
    assert_true(resident() - before <= 14 * MIB + readable);
}

static void heap_takes_half_of_what_may_be_locked_and_serves_to_null(void)
{
    by_default();
    set_limit(RLIMIT_MEMLOCK, 8 * MIB);
    become_nobody();
    lock_all(MCL_FUTURE);
    size_t count;
    void *chain = fill(SMALL, &count);
    assert_true(count * SMALL >= 2 * MIB);
    void *others = mmap(NULL, 2 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(others, MAP_FAILED);
    empty(chain);
    assert_non_null(os_malloc(SMALL));
}

static void *allocate_and_free(void *size)
{
    void *block = os_malloc((size_t)(uintptr_t)size);
    os_free(block);
    return block;
}

/* So many threads at once, each with a stack of its own. */
static void threads_fit(unsigned count)
{
    pthread_t threads[32];
    pthread_attr_t attributes;
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstacksize(&attributes, STACK), 0);
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(pthread_create(&threads[i], &attributes, allocate_and_free,
                                        (void *)(uintptr_t)(SMALL << (i % 8))),
                         0);
    }
    for (unsigned i = 0; i < count; i++) {
        void *block;
        assert_int_equal(pthread_join(threads[i], &block), 0);
        assert_non_null(block);
    }
}

static void start_below(size_t bytes, unsigned threads)
{
    set_limit(RLIMIT_AS, bytes);
    assert_non_null(os_malloc(16));
    assert_non_null(os_malloc(LARGE));
    threads_fit(threads);
}

static void stacks_fit_beside_a_heap_of_140_mb_of_addresses(void)
{
    by_default();
    start_below(140000 * KIB, 6);
}

static void stack_fits_beside_a_heap_of_40_mb_of_addresses(void)
{
    by_default();
    start_below(40000 * KIB, 1);
}

static void stacks_fit_beside_a_heap_of_little_more_than_the_region_it_would_like(void)
{
    by_default();
    start_below((size_t)64 * KIB * MIB + 8 * MIB, 16);
}

static void region_of_a_number_that_was_given_is_taken_as_it_is(void)
{
    heap_option("region=100000000");
    set_limit(RLIMIT_AS, 140000 * KIB);
    assert_non_null(os_malloc(16));
    struct os_heap_stats stats;
    os_heap_stats(&stats);
    assert_true(stats.region + stats.tables >= 99000000);
}

static void step_that_is_refused_is_asked_for_again_when_the_limit_is_raised(void)
{
    by_default();
    set_limit(RLIMIT_DATA, 64 * MIB);
    size_t count;
    void *chain = fill(SMALL, &count);
    assert_true(count * SMALL >= 40 * MIB);
    assert_true(count * SMALL <= 64 * MIB);
    assert_null(os_malloc(LARGE));
    set_limit(RLIMIT_DATA, 256 * MIB);
    assert_non_null(os_malloc(SMALL));
    assert_non_null(os_malloc(100 * MIB));
    empty(chain);
}

static void memory_from_both_ends_is_served_until_the_limit_and_again_when_it_is_freed(void)
{
    by_default();
    set_limit(RLIMIT_DATA, 64 * MIB);
    size_t small;
    size_t large;
    void *chain_of_large = fill(LARGE, &large);
    assert_true(large * LARGE >= 40 * MIB);
    empty(chain_of_large);
    /* What newlib has freed serves small blocks, though more is closed between them. */
    void *chain = fill(SMALL, &small);
    assert_true(small * SMALL >= 40 * MIB);
    assert_null(os_heap_check());
    empty(chain);
    chain_of_large = fill(LARGE, &large);
    assert_true(large * LARGE >= 40 * MIB);
    empty(chain_of_large);
}

static void memory_that_small_blocks_had_serves_large_ones_at_the_limit(void)
{
    by_default();
    set_limit(RLIMIT_DATA, 64 * MIB);
    size_t count;
    for (unsigned round = 0; round < 2; round++) {
        empty(fill(SMALL, &count));
        assert_true(count * SMALL >= 40 * MIB);
        (void)os_heap_trim();
        void *chain = fill(LARGE, &count); /* above what is closed */
        assert_true(count * LARGE >= 40 * MIB);
        assert_null(os_heap_check());
        empty(chain);
        assert_null(os_heap_check());
    }
}

static void heap_that_the_system_refuses_all_memory_starts_when_it_no_longer_does(void)
{
    by_default();
    set_limit(RLIMIT_DATA, 4 * KIB);
    assert_null(os_malloc(16));
    assert_null(os_malloc(LARGE));
    set_limit(RLIMIT_DATA, UNLIMITED);
    assert_non_null(os_malloc(16));
    assert_non_null(os_malloc(LARGE));
}

/* All that is mapped in one piece with the block, as a program may that likes huge pages. */
static void advise_around(const void *block, int advice)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    assert_non_null(maps);
    uintptr_t from = 0, to = 0;
    unsigned long start, end;
    char line[512];
    while (fgets(line, sizeof(line), maps) != NULL) {
        assert_int_equal(sscanf(line, "%lx-%lx", &start, &end), 2);
        from = start == to ? from : start;
        to = end;
        bool anonymous = strchr(line, '/') == NULL && strchr(line, '[') == NULL;
        from = anonymous ? from : end;
        if ((uintptr_t)block < to && (uintptr_t)block >= from && end - from > 63 * KIB * MIB) {
            break;
        }
    }
    (void)fclose(maps);
    assert_true((uintptr_t)block >= from && to - from > 63 * KIB * MIB);
    if (madvise((void *)from, to - from, advice) != 0) {
        skip_because("the kernel has no huge pages");
    }
}

static void tables_of_a_small_program_stay_small_in_huge_pages(void)
{
    by_default();
    size_t before = resident();
    const void *first = os_malloc(16);
    advise_around(first, MADV_HUGEPAGE);
    for (size_t size = 16; size <= LARGE; size += size / 4) {
        memset(os_malloc(size), 1, size);
    }
    assert_true(resident() - before <= 12 * MIB);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(one_block_of_a_program_whose_memory_is_locked_costs_no_more_than_4_mib,
                      PLATFORM_REGION),
        in_fresh_heap(large_block_of_a_program_whose_memory_is_locked_costs_little_more_than_itself,
                      PLATFORM_REGION),
        in_fresh_heap(memory_that_is_locked_after_the_start_is_what_is_in_use, PLATFORM_REGION),
        in_fresh_heap(heap_takes_half_of_what_may_be_locked_and_serves_to_null, PLATFORM_REGION),
        in_fresh_heap(stacks_fit_beside_a_heap_of_140_mb_of_addresses, PLATFORM_REGION),
        in_fresh_heap(stack_fits_beside_a_heap_of_40_mb_of_addresses, PLATFORM_REGION),
        in_fresh_heap(stacks_fit_beside_a_heap_of_little_more_than_the_region_it_would_like,
                      PLATFORM_REGION),
        in_fresh_heap(region_of_a_number_that_was_given_is_taken_as_it_is, PLATFORM_REGION),
        in_fresh_heap(step_that_is_refused_is_asked_for_again_when_the_limit_is_raised,
                      PLATFORM_REGION),
        in_fresh_heap(memory_from_both_ends_is_served_until_the_limit_and_again_when_it_is_freed,
                      PLATFORM_REGION),
        in_fresh_heap(memory_that_small_blocks_had_serves_large_ones_at_the_limit, PLATFORM_REGION),
        in_fresh_heap(heap_that_the_system_refuses_all_memory_starts_when_it_no_longer_does,
                      PLATFORM_REGION),
        in_fresh_heap(tables_of_a_small_program_stay_small_in_huge_pages, PLATFORM_REGION),
    };
    return cmocka_run_group_tests_name("privileges/limits", tests, NULL, NULL);
}
