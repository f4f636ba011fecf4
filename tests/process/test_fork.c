/* SPDX-License-Identifier: Apache-2.0 */
/* Forks from a process at work. Each child uses the whole heap, alone. The number of
 * forks is the first argument. */
#include "crew.h"
#include "fresh_heap.h"
#include "os/os_heap.h"
#include "os/os_heap_linux.h"
#include "pest.h"
#include "sizes.h"
#include "stamp.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORKERS 8u
#define SLOTS 6
#define PAGES 300

static unsigned forks;
static atomic_bool done;

static void turn(unsigned char **block, size_t *bytes, uint64_t *seed, uint64_t key)
{
    if (*block != NULL) {
        assert_true(is_stamped(*block, *bytes, key));
        os_free(*block);
    }
    bool large = random_below(seed, 4) == 0;
    *bytes = 1 + random_below(seed, large ? LARGE_SIZE(1) : 2000);
    *block = os_malloc(*bytes);
    if (*block != NULL) {
        stamp(*block, *bytes, key);
    }
}

static void work(unsigned member)
{
    unsigned char *block[SLOTS] = {NULL};
    size_t bytes[SLOTS];
    uint64_t seed = member + 1;
    /* Busy, but behind the forks and their children. */
    (void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), 15);
    for (unsigned i = 0; !atomic_load(&done); i++) {
        size_t slot = random_below(&seed, SLOTS);
        turn(&block[slot], &bytes[slot], &seed, slot);
        if (i % 512 == 511) {
            (void)os_heap_trim();
        }
    }
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        os_free(block[slot]);
    }
}

static size_t exhaust(size_t bytes, void **first)
{
    size_t count = 0;
    for (void *block; (block = os_malloc(bytes)) != NULL; count++) {
        *(void **)block = *first;
        *first = block;
    }
    return count;
}

static void free_all(void *first)
{
    while (first != NULL) {
        void *next = *(void **)first;
        os_free(first);
        first = next;
    }
}

#define MUST(condition)                                 \
    do {                                                \
        if (!(condition)) {                             \
            static const char text[] = #condition "\n"; \
            (void)!write(2, text, sizeof(text) - 1);    \
            _exit(1);                                   \
        }                                               \
    } while (0)

/* Allocates, frees, trims, checks, reaches NULL and recovers. */
static void live_as_child(void)
{
    void *first = NULL;
    (void)alarm(60); /* a child that hangs has failed */
    MUST(os_heap_check() == NULL);
    void *small = os_malloc(SMALL_SIZE);
    void *large = os_malloc(LARGE_SIZE(1));
    os_free(small);
    os_free(large);
    (void)os_heap_trim();
    size_t count = exhaust(LARGE_SIZE(1), &first) + exhaust(SMALL_SIZE, &first);
    MUST(count > 0);
    free_all(first);
    first = NULL;
    MUST(exhaust(SMALL_SIZE, &first) > 0);
    free_all(first);
    MUST(os_heap_check() == NULL);
    _exit(0);
}

static void must_succeed(pid_t child)
{
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void fork_once(void)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        live_as_child();
    }
    must_succeed(child);
}

static void fork_often(unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        fork_once();
        if (i % 200 == 199) { /* who says nothing for long is taken to hang */
            (void)printf("%u forks\n", i + 1);
            (void)fflush(stdout);
        }
    }
}

static void fork_or_work(unsigned member, void *unused)
{
    (void)unused;
    if (member > 0) {
        work(member);
        return;
    }
    fork_often(forks);
    atomic_store(&done, true);
}

static void child_of_a_busy_process_has_a_whole_heap(void)
{
    run_crew(WORKERS + 1, fork_or_work, NULL);
}

static void fork_too(unsigned member, void *unused)
{
    (void)member;
    (void)unused;
    fork_often(forks / 8);
}

static void threads_may_fork_at_once(void)
{
    run_crew(3, fork_too, NULL);
}

static void child_of_one_thread_has_a_whole_heap(void)
{
    void *block = os_malloc(LARGE_SIZE(1));
    for (unsigned i = 0; i < 3; i++) {
        fork_once();
    }
    os_free(block);
}

static void child_has_the_rows_of_its_parent(void)
{
    const size_t bytes = (size_t)5 << 20; /* pages of several words of the bitmap */
    heap_option("region=0x40000000");
    char *block = os_malloc(bytes);
    stamp_all(block, bytes, 1);
    pid_t child = fork();
    if (child == 0) {
        char *other = os_malloc(bytes);
        stamp_all(other, bytes, 2);
        MUST(is_stamped_all(block, bytes, 1));
        os_free(other);
        block = os_realloc(block, 2 * bytes);
        MUST(block != NULL && is_stamped_all(block, bytes, 1));
        MUST(os_heap_check() == NULL);
        os_free(block);
        struct os_heap_stats stats;
        os_heap_stats(&stats);
        _exit(stats.live != 0);
    }
    must_succeed(child);
    os_free(block);
}

static void child_counts_the_blocks_of_added_regions(void)
{
    static char more[1 << 20];
    assert_int_equal(os_heap_add_region(more, sizeof(more), OS_HEAP_CAP_DMA), 0);
    void *block = os_malloc_in(OS_HEAP_CAP_DMA, sizeof(more) / 2);
    struct os_heap_gauge before;
    os_heap_gauge(&before);
    pid_t child = fork();
    if (child == 0) {
        struct os_heap_gauge now;
        os_heap_gauge(&now);
        MUST(now.free == before.free);
        MUST(os_heap_check() == NULL);
        os_free(block);
        os_heap_gauge(&now);
        MUST(now.free >= before.free);
        MUST(os_heap_check() == NULL);
        _exit(0);
    }
    must_succeed(child);
    os_free(block);
}

static void heap_of_a_child_may_start_there(void)
{
    fork_once();
    os_free(os_malloc(SMALL_SIZE));
}

static void grandchild(void)
{
    pid_t child = fork();
    if (child == 0) {
        live_as_child();
    }
    int status;
    MUST(waitpid(child, &status, 0) == child && status == 0);
    _exit(0);
}

static void child_may_fork_again(void)
{
    os_free(os_malloc(LARGE_SIZE(1)));
    pid_t child = fork();
    if (child == 0) {
        grandchild();
    }
    must_succeed(child);
}

static volatile sig_atomic_t children;

/* The interrupted call goes on in the child, too. */
static void fork_in_a_handler(int number)
{
    (void)number;
    os_heap_signal_enter();
    pid_t child = children < 30 ? fork() : 1;
    if (child == 0) {
        MUST(os_malloc(LARGE_SIZE(1)) == NULL);
        os_free(os_malloc(SMALL_SIZE));
        children = 1000; /* this process is a child, and ends where it was interrupted */
    }
    children++;
    os_heap_signal_leave();
}

static void fork_in_a_handler_goes_on_where_it_interrupted(void)
{
    uint64_t seed = 1;
    unsigned char *block = NULL;
    size_t bytes = 0;
    pest_handle(SIGPROF, fork_in_a_handler);
    struct pest pest = pest_start(SIGPROF, 300);
    while (children < 30) {
        turn(&block, &bytes, &seed, 1);
    }
    pest_stop(pest, SIGPROF);
    os_free(block);
    if (children >= 1000) {
        _exit(os_heap_check() != NULL);
    }
    for (int status; wait(&status) > 0;) {
        assert_int_equal(status, 0);
    }
}

int main(int argc, char **argv)
{
    forks = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : rounds(60);
    const struct CMUnitTest tests[] = {
        in_fresh_heap(child_of_a_busy_process_has_a_whole_heap, PAGES),
        in_fresh_heap(threads_may_fork_at_once, PAGES),
        in_fresh_heap(child_of_one_thread_has_a_whole_heap, PAGES),
        in_fresh_heap(child_has_the_rows_of_its_parent, PLATFORM_REGION),
        in_fresh_heap(child_counts_the_blocks_of_added_regions, PAGES),
        in_fresh_heap(heap_of_a_child_may_start_there, PLATFORM_REGION),
        in_fresh_heap(child_may_fork_again, PLATFORM_REGION),
        in_fresh_heap(fork_in_a_handler_goes_on_where_it_interrupted, PAGES),
    };
    return cmocka_run_group_tests_name("process/fork", tests, NULL, NULL);
}
