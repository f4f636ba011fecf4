/* SPDX-License-Identifier: Apache-2.0 */
/* A task that may not wait, and one that waits long, made by the linker: this file's
 * osh_arch_lock is that of a port whose caller is in a critical section, or whose mutex
 * others have for a while. */
#include "arch.h"
#include "crew.h"
#include "fresh_heap.h"
#include "os/os_heap.h"
#include "osh_deferred.h"
#include "sizes.h"

#define PAGES 64

__typeof__(osh_arch_lock) __real_osh_arch_lock;
__typeof__(osh_arch_lock) __wrap_osh_arch_lock;

static bool may_not_wait;
static void (*while_waiting)(void);

bool __wrap_osh_arch_lock(enum osh_mutex mutex)
{
    void (*call)(void) = while_waiting;
    while_waiting = NULL;
    if (call != NULL) {
        call();
    }
    return may_not_wait ? osh_arch_try_lock(mutex) : __real_osh_arch_lock(mutex);
}

static struct os_heap_stats now(void)
{
    struct os_heap_stats stats;
    os_heap_stats(&stats);
    return stats;
}

static void nothing(void)
{
}

static void start_the_os(void)
{
    run_on_cpu(0, nothing);
    may_not_wait = false;
}

static void hold_mutexes(void)
{
    for (unsigned mutex = 0; mutex < OSH_MUTEXES; mutex++) {
        assert_true(osh_arch_try_lock(mutex));
    }
}

static void let_mutexes_go(void)
{
    for (unsigned mutex = 0; mutex < OSH_MUTEXES; mutex++) {
        osh_arch_unlock(mutex);
    }
}

static void who_may_not_wait_goes_without_a_mutex_that_is_held(void)
{
    start_the_os();
    void *large = os_malloc(LARGE_SIZE(1));
    may_not_wait = true;
    hold_mutexes();
    assert_null(os_malloc(LARGE_SIZE(1)));
    assert_null(os_realloc(large, LARGE_SIZE(2)));
    assert_non_null(os_malloc(SMALL_SIZE));
    os_free(large);
    assert_true(osh_deferred_pending());
    (void)os_heap_trim();
    assert_int_equal(now().fallback_pages, 0);
    let_mutexes_go();
    assert_non_null(os_malloc(LARGE_SIZE(1)));
    assert_false(osh_deferred_pending());
}

/* Takes all there is, as a chain. */
static void *take_all(void)
{
    void *chain = NULL;
    void *block;
    while ((block = os_malloc(SMALL_SIZE)) != NULL) {
        *(void **)block = chain;
        chain = block;
    }
    return chain;
}

static void who_may_not_wait_gets_null_when_memory_is_out_and_others_reclaim(void)
{
    start_the_os();
    void *block = take_all();
    assert_non_null(block);
    may_not_wait = true;
    hold_mutexes();
    assert_null(os_malloc(SMALL_SIZE));
    os_free(block);
    assert_ptr_equal(os_malloc(SMALL_SIZE), block);
    let_mutexes_go();
    assert_null(os_malloc(SMALL_SIZE));
}

static void who_may_not_wait_reclaims_when_nobody_else_does(void)
{
    start_the_os();
    void *chain = take_all();
    (void)os_heap_trim(); /* so that the lists go on */
    while (chain != NULL) {
        void *next = *(void **)chain;
        os_free(chain);
        chain = next;
    }
    struct os_heap_stats stats = now();
    assert_true(stats.cached > 0);
    may_not_wait = true;
    (void)os_malloc(stats.region - stats.page / 2);
    assert_int_equal(now().cached, 0);
}

static void *deferred[2];

/* Others hold the mutex, defer a free, and drain it. */
static void others_defer_and_drain(void)
{
    hold_mutexes();
    os_free(deferred[0]);
    let_mutexes_go();
    os_free(deferred[1]);
    assert_false(osh_deferred_pending());
}

static void frees_drained_while_statistics_wait_are_not_pending(void)
{
    start_the_os();
    deferred[0] = os_malloc(LARGE_SIZE(1));
    deferred[1] = os_malloc(LARGE_SIZE(1));
    while_waiting = others_defer_and_drain;
    struct os_heap_stats stats = now();
    assert_int_equal(stats.deferred_frees, 1);
    assert_int_equal(stats.deferred_pending, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(who_may_not_wait_goes_without_a_mutex_that_is_held, PAGES),
        in_fresh_heap(who_may_not_wait_gets_null_when_memory_is_out_and_others_reclaim, PAGES),
        in_fresh_heap(who_may_not_wait_reclaims_when_nobody_else_does, PAGES),
        in_fresh_heap(frees_drained_while_statistics_wait_are_not_pending, PAGES),
    };
    return cmocka_run_group_tests_name("core/waiting", tests, NULL, NULL);
}
