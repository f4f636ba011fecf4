/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that a program no longer uses goes back to the system by itself. Resident memory is the
 * kernel's figure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define MIB ((size_t)1 << 20)
#define BLOCKS 3000u

static void *(*volatile get)(size_t) = malloc;
static void *(*volatile get_zeroed)(size_t, size_t) = calloc;
static void *(*volatile resize)(void *, size_t) = realloc;
static void *block[BLOCKS];

static size_t resident(void)
{
    size_t whole = 0;
    size_t pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%zu %zu", &whole, &pages), 2);
    (void)fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* What became resident since `before`, in MiB. */
static size_t more_than(size_t before)
{
    size_t now = resident();
    return now > before ? (now - before) / MIB : 0;
}

static void *filled(size_t size)
{
    void *got = get(size);
    assert_non_null(got);
    memset(got, 1, size);
    return got;
}

static void a_hundred_blocks_of_3_mib_go_back_when_they_are_freed(void **state)
{
    (void)state;
    size_t before = resident();
    for (unsigned i = 0; i < 100; i++) {
        block[i] = filled(3 * MIB);
    }
    assert_in_range(more_than(before), 290, 310);
    for (unsigned i = 0; i < 100; i++) {
        free(block[i]);
    }
    assert_in_range(more_than(before), 0, 19);
}

static void zeroed_memory_is_not_touched(void **state)
{
    (void)state;
    size_t before = resident();
    char *zeroed = get_zeroed(1, 400 * MIB);
    assert_non_null(zeroed);
    assert_in_range(more_than(before), 0, 3);
    assert_int_equal(zeroed[200 * MIB], 0);
    free(zeroed);
}

static void zeroed_memory_is_zeros_where_it_was_used_before(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 3; round++) {
        free(filled((5 + round) * MIB));
        char *zeroed = get_zeroed(1, 6 * MIB);
        for (size_t i = 0; i < 6 * MIB; i++) {
            assert_int_equal(zeroed[i], 0);
        }
        free(zeroed);
    }
}

static void a_vector_that_shrinks_gives_its_tail_back(void **state)
{
    (void)state;
    size_t before = resident();
    char *vector = filled(MIB);
    for (size_t size = 2; size <= 221; size += 1 + size / 2) {
        vector = resize(vector, size * MIB);
        assert_non_null(vector);
        memset(vector + (size - 1) * MIB, 2, MIB);
    }
    vector = resize(vector, 221 * MIB);
    memset(vector + MIB, 3, 220 * MIB);
    vector = resize(vector, MIB);
    assert_int_equal(vector[0], 1);
    assert_int_equal(vector[MIB - 1], 1);
    assert_in_range(more_than(before), 0, 8);
    free(vector);
}

static void blocks_that_are_cut_to_a_few_bytes_give_the_rest_back(void **state)
{
    (void)state;
    size_t before = resident();
    for (unsigned i = 0; i < BLOCKS; i++) {
        block[i] = filled(200000);
    }
    for (unsigned i = 0; i < BLOCKS; i++) {
        block[i] = resize(block[i], 20);
        assert_non_null(block[i]);
    }
    assert_in_range(more_than(before), 0, 19);
    for (unsigned i = 0; i < BLOCKS; i++) {
        free(block[i]);
    }
}

static void small_blocks_go_back_too(void **state)
{
    (void)state;
    size_t before = resident();
    void *first = NULL;
    for (unsigned i = 0; i < 1000000; i++) {
        void **next = filled(100);
        *next = first;
        first = next;
    }
    assert_true(more_than(before) >= 100);
    while (first != NULL) {
        void *next = *(void **)first;
        free(first);
        first = next;
    }
    assert_in_range(more_than(before), 0, 19);
}

static void a_trim_gives_back_what_the_heap_keeps(void **state)
{
    (void)state;
    size_t before = resident();
    for (unsigned i = 0; i < BLOCKS; i++) {
        block[i] = filled(2000);
    }
    for (unsigned i = 0; i < BLOCKS; i++) {
        free(block[i]);
    }
    assert_in_range(more_than(before), 1, 4);
    assert_int_equal(malloc_trim(0), 1);
    assert_in_range(more_than(before), 0, 1);
}

static void have_360_mb_live(void)
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        block[i] = filled(120000);
    }
    (void)malloc_trim(0);
}

static void a_trim_of_little_does_nothing(void **state)
{
    (void)state;
    have_360_mb_live();
    void *row = filled(1200000);
    size_t before = resident();
    free(row);
    assert_int_equal(malloc_trim(0), 0);
    assert_true(resident() + MIB / 2 > before);
}

/* The depot grows until it holds all of a burst. */
static void a_trim_gives_back_what_waits_in_the_depot(void **state)
{
    (void)state;
    enum { BURST = 50000 };
    static void *small[BURST];
    have_360_mb_live();
    for (unsigned round = 0; round < 20; round++) {
        for (unsigned i = 0; i < BURST; i++) {
            small[i] = filled(100);
        }
        for (unsigned i = 0; i < BURST; i++) {
            free(small[i]);
        }
    }
    size_t before = resident();
    assert_int_equal(malloc_trim(0), 1);
    assert_true(resident() + 3 * MIB < before);
}

/* Blocks that were just freed are not faulted in again. */
static void a_program_that_trims_all_the_time_keeps_its_lists(void **state)
{
    (void)state;
    struct rusage start, end;
    for (unsigned round = 0; round < 220; round++) {
        if (round == 20) { /* each CPU's lists are filled */
            assert_int_equal(getrusage(RUSAGE_SELF, &start), 0);
        }
        for (unsigned i = 0; i < 4; i++) {
            block[i] = filled(10000);
        }
        for (unsigned i = 0; i < 4; i++) {
            free(block[i]);
        }
        (void)malloc_trim(0);
    }
    assert_int_equal(getrusage(RUSAGE_SELF, &end), 0);
    assert_in_range(end.ru_minflt - start.ru_minflt, 0, 100);
}

/* A row that cannot grow in place, and the block behind it. */
static void *row_with_a_neighbour(size_t size, void **neighbour)
{
    void *rows[2] = {filled(size), filled(size)};
    bool second_is_higher = rows[1] > rows[0];
    *neighbour = rows[second_is_higher];
    return rows[!second_is_higher];
}

/* The region has more addresses than that; the kernel then refuses to map any more. */
static void a_block_grows_under_a_limit_that_came_later(void **state)
{
    (void)state;
    void *neighbour;
    unsigned char *row = row_with_a_neighbour(8 * MIB, &neighbour);
    const struct rlimit limit = {MIB * 1024, MIB * 1024};
    assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
    row = resize(row, 10 * MIB);
    assert_non_null(row);
    for (size_t i = 0; i < 8 * MIB; i++) {
        assert_int_equal(row[i], 1);
    }
    memset(row, 2, 10 * MIB);
    free(row);
    free(neighbour);
}

static size_t locked_kib(void)
{
    char line[256];
    size_t sum = 0;
    FILE *file = fopen("/proc/self/smaps", "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        size_t kib;
        sum += sscanf(line, "Locked: %zu", &kib) == 1 ? kib : 0;
    }
    (void)fclose(file);
    return sum;
}

static void memory_that_is_locked_stays_locked(void **state)
{
    (void)state;
    void *neighbour;
    void *row = row_with_a_neighbour(5 * MIB, &neighbour);
    if (mlock(row, 5 * MIB) != 0 || mlock(neighbour, 5 * MIB) != 0) {
        skip(); /* not granted */
    }
    size_t before = locked_kib();
    assert_true(before >= (size_t)10 * 1024);
    row = resize(row, 40 * MIB);
    assert_non_null(row);
    assert_true(locked_kib() >= before);
    free(row);
    free(neighbour);
}

/* Each test is a process, named by the first argument: what the heap learns from one program is
 * not for another. */
int main(int count, char **words)
{
    if (count != 2) {
        (void)fprintf(stderr, "usage: returns TEST\n");
        return 2;
    }
    cmocka_set_test_filter(words[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hundred_blocks_of_3_mib_go_back_when_they_are_freed),
        cmocka_unit_test(zeroed_memory_is_not_touched),
        cmocka_unit_test(zeroed_memory_is_zeros_where_it_was_used_before),
        cmocka_unit_test(a_vector_that_shrinks_gives_its_tail_back),
        cmocka_unit_test(blocks_that_are_cut_to_a_few_bytes_give_the_rest_back),
        cmocka_unit_test(small_blocks_go_back_too),
        cmocka_unit_test(a_trim_gives_back_what_the_heap_keeps),
        cmocka_unit_test(a_trim_of_little_does_nothing),
        cmocka_unit_test(a_trim_gives_back_what_waits_in_the_depot),
        cmocka_unit_test(a_program_that_trims_all_the_time_keeps_its_lists),
        cmocka_unit_test(a_block_grows_under_a_limit_that_came_later),
        cmocka_unit_test(memory_that_is_locked_stays_locked),
    };
    return cmocka_run_group_tests_name("malloc/returns", tests, NULL, NULL);
}
