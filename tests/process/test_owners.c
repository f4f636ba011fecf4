/* SPDX-License-Identifier: Apache-2.0 */
/* Who has the heap's mutex and is not coming back for it: a thread that ended inside the
 * newlib heap, one that jumped out of a handler, and a handler that would wait for
 * the code it interrupted. The linker puts this file between the fallback and newlib. */
#include "arch.h"
#include "crew.h"
#include "fresh_heap.h"
#include "os/os_heap.h"
#include "os/os_heap_linux.h"
#include "osh_arena.h"
#include "osh_newlib.h"
#include "sizes.h"
#include "stamp.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>

#define PAGES 120

/* The smallest configuration does not look at a heap that was left, and does without it. */
#define ONLY_WHERE_LEFT_HEAPS_GO_ON                          \
    if (OSH_SMALL_CODE) {                                    \
        skip_because("a heap that was left is not entered"); \
    }

__typeof__(osh_newlib_malloc) __real_osh_newlib_malloc;
__typeof__(osh_newlib_malloc) __wrap_osh_newlib_malloc;

static void (*inside_newlib)(void);

void *__wrap_osh_newlib_malloc(size_t size)
{
    void (*call)(void) = inside_newlib;
    inside_newlib = NULL;
    if (call != NULL) {
        call();
    }
    return __real_osh_newlib_malloc(size);
}

static unsigned reports;
static enum os_heap_misuse reported;

static void note(const struct os_heap_report *report)
{
    reports++;
    reported = report->misuse;
}

static void end_here(void)
{
    pthread_exit(NULL);
}

static void *allocate_large(void *unused)
{
    (void)unused;
    return os_malloc(LARGE_SIZE(1));
}

static void lose_a_thread(void (*how)(void))
{
    pthread_t thread;
    inside_newlib = how;
    assert_int_equal(pthread_create(&thread, NULL, allocate_large, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_null(inside_newlib);
}

static void thread_that_ends_in_newlibs_heap_is_reported_and_the_heap_goes_on(void)
{
    ONLY_WHERE_LEFT_HEAPS_GO_ON(void) os_heap_set_report_hook(note);
    void *before = os_malloc(LARGE_SIZE(1));
    stamp(before, LARGE_SIZE(1), 1);
    lose_a_thread(end_here);
    void *block = os_malloc(LARGE_SIZE(1));
    assert_non_null(block);
    assert_int_equal(reports, 1);
    assert_int_equal(reported, OS_HEAP_ABANDONED);
    assert_true(is_stamped(before, LARGE_SIZE(1), 1));
    os_free(before);
    os_free(block);
    assert_null(os_heap_check());
    struct os_heap_stats stats;
    (void)os_heap_trim();
    os_heap_stats(&stats);
    assert_int_equal(stats.live, 0);
    assert_int_equal(reports, 1);
}

static void free_after_a_thread_ended_inside_does_not_wait(void)
{
    ONLY_WHERE_LEFT_HEAPS_GO_ON(void) os_heap_set_report_hook(note);
    void *block = os_malloc(LARGE_SIZE(1));
    lose_a_thread(end_here);
    os_free(block);
    if (OSH_HARDENING >= 2) {
        (void)os_heap_trim(); /* out of the quarantine */
    }
    assert_int_equal(reports, 1);
    assert_null(os_heap_check());
}

#define DAMAGE 0x40

static size_t *header;

static void damage_and_end(void)
{
    *header ^= DAMAGE; /* as if it had been on the way from one size to another */
    pthread_exit(NULL);
}

static void heap_that_is_not_whole_is_left_and_small_sizes_go_on(void)
{
    if (OSH_HARDENING >= 2) {
        skip_because("a quarantine looks at the damaged block");
    }
    (void)os_heap_set_report_hook(note);
    void *block = os_malloc(LARGE_SIZE(2));
    header = (size_t *)block - 1;
    *header ^= DAMAGE;
    bool seen = osh_newlib_walk().wrong != NULL;
    *header ^= DAMAGE;
    if (!seen) {
        skip_because("this newlib's heap cannot be walked");
    }
    lose_a_thread(damage_and_end);
    assert_null(os_malloc(LARGE_SIZE(1)));
    assert_null(os_malloc(LARGE_SIZE(1)));
    assert_int_equal(reports, 1);
    assert_int_equal(reported, OS_HEAP_ABANDONED);
    void *small = os_malloc(SMALL_SIZE);
    assert_non_null(small);
    os_free(small);
    *header ^= DAMAGE;
    os_free(block);
}

static void *inner = &inner;

/* Has no brackets, as those that only free need none. */
static void ask_for_what_was_interrupted(void)
{
    inner = os_malloc(LARGE_SIZE(1));
}

static void nothing(void)
{
}

static void handler_without_brackets_does_not_wait_for_what_it_interrupted(void)
{
    run_on_cpu(0, nothing); /* there are mutexes now */
    inside_newlib = ask_for_what_was_interrupted;
    void *block = os_malloc(LARGE_SIZE(1));
    assert_non_null(block);
    assert_null(inner);
    os_free(block);
}

/* Has the mutex of a reclaim, and is about to wait for newlib's heap, as a trim is. */
static void *reclaim_elsewhere(void *unused)
{
    (void)unused;
    assert_true(osh_arch_lock(OSH_MUTEX_RECLAIM));
    assert_true(osh_arch_lock(OSH_MUTEX_FALLBACK));
    osh_arch_unlock(OSH_MUTEX_FALLBACK);
    osh_arch_unlock(OSH_MUTEX_RECLAIM);
    return NULL;
}

static pthread_t reclaimer;

/* Memory is out for the handler: it would reclaim too. Hangs if it waits. */
static void ask_for_more_than_there_is(void)
{
    assert_int_equal(pthread_create(&reclaimer, NULL, reclaim_elsewhere, NULL), 0);
    while (osh_arch_try_lock(OSH_MUTEX_RECLAIM)) {
        osh_arch_unlock(OSH_MUTEX_RECLAIM);
    }
    inner = os_malloc((osh_arena_free_pages() + 1) << OSH_PAGE_LOG2);
}

static void handler_in_newlibs_heap_does_not_wait_for_a_reclaim(void)
{
    run_on_cpu(0, nothing); /* there are mutexes now */
    void *live = os_malloc(LARGE_SIZE(1));
    inside_newlib = ask_for_more_than_there_is;
    void *block = os_malloc(LARGE_SIZE(1));
    assert_non_null(block);
    assert_null(inner);
    assert_int_equal(pthread_join(reclaimer, NULL), 0);
    os_free(live);
    os_free(block);
}

static sigjmp_buf outside;

static void jump_out(int number)
{
    (void)number;
    os_heap_signal_enter();
    siglongjmp(outside, 1);
}

static void after_a_jump_out_of_a_handler_large_blocks_are_served_again(void)
{
    run_on_cpu(0, nothing);
    assert_ptr_not_equal(signal(SIGUSR1, jump_out), SIG_ERR);
    if (sigsetjmp(outside, 1) == 0) {
        (void)raise(SIGUSR1);
    }
    assert_null(os_malloc(LARGE_SIZE(1)));
    os_heap_signal_reset();
    void *block = os_malloc(LARGE_SIZE(1));
    assert_non_null(block);
    os_free(block);
}

static void interrupt_and_jump_out(void)
{
    (void)raise(SIGUSR1);
}

static void jump_out_of_newlibs_heap_is_reported_and_the_heap_goes_on(void)
{
    ONLY_WHERE_LEFT_HEAPS_GO_ON
    run_on_cpu(0, nothing);
    (void)os_heap_set_report_hook(note);
    assert_ptr_not_equal(signal(SIGUSR1, jump_out), SIG_ERR);
    inside_newlib = interrupt_and_jump_out;
    if (sigsetjmp(outside, 1) == 0) {
        os_free(os_malloc(LARGE_SIZE(1)));
    }
    os_heap_signal_reset();
    void *block = os_malloc(LARGE_SIZE(1));
    assert_non_null(block);
    assert_int_equal(reports, 1);
    assert_int_equal(reported, OS_HEAP_ABANDONED);
    os_free(block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(thread_that_ends_in_newlibs_heap_is_reported_and_the_heap_goes_on, PAGES),
        in_fresh_heap(free_after_a_thread_ended_inside_does_not_wait, PAGES),
        in_fresh_heap(heap_that_is_not_whole_is_left_and_small_sizes_go_on, PAGES),
        in_fresh_heap(handler_without_brackets_does_not_wait_for_what_it_interrupted, PAGES),
        in_fresh_heap(handler_in_newlibs_heap_does_not_wait_for_a_reclaim, PAGES),
        in_fresh_heap(after_a_jump_out_of_a_handler_large_blocks_are_served_again, PAGES),
        in_fresh_heap(jump_out_of_newlibs_heap_is_reported_and_the_heap_goes_on, PAGES),
    };
    return cmocka_run_group_tests_name("process/owners", tests, NULL, NULL);
}
