/* SPDX-License-Identifier: Apache-2.0 */
/* Mynewt's rule: before the OS has started no lock is taken. Here the test holds
 * every lock, so that a call that took one would never return. */
#include "arch.h"
#include "crew.h"
#include "fresh_heap.h"
#include "os/os_heap.h"
#include "os/os_heap_linux.h"
#include "sizes.h"

static void hold_all_locks(void)
{
    for (unsigned mutex = 0; mutex < OSH_MUTEXES; mutex++) {
        osh_arch_lock(mutex);
    }
}

static void let_all_locks_go(void)
{
    for (unsigned mutex = 0; mutex < OSH_MUTEXES; mutex++) {
        osh_arch_unlock(mutex);
    }
}

static void os_has_not_started_while_there_is_one_thread(void)
{
    assert_false(osh_arch_os_started());
}

static void nothing(void)
{
}

static void os_has_started_when_there_was_a_second_thread(void)
{
    run_on_cpu(0, nothing);
    assert_true(osh_arch_os_started());
}

static void no_call_takes_a_lock_before_the_os_has_started(void)
{
    struct os_heap_stats stats;
    hold_all_locks();
    FOR_EACH_BOUNDARY(size)
    {
        void *block = os_malloc(size);
        assert_non_null(block);
        block = os_realloc(block, size + LARGE_SIZE(1));
        assert_non_null(block);
        os_free(block);
        os_free(os_calloc(1, size));
        os_free(os_aligned_alloc(64, size));
    }
    assert_null(os_malloc(SIZE_MAX / 4));
    (void)os_heap_trim();
    os_heap_stats(&stats);
    assert_null(os_heap_check());
    assert_int_equal(stats.live, 0);
    assert_int_equal(stats.deferred_frees, 0);
    let_all_locks_go();
}

static void free_takes_the_lock_when_the_os_has_started(void)
{
    struct os_heap_stats stats;
    run_on_cpu(0, nothing);
    void *block = os_malloc(LARGE_SIZE(1));
    osh_arch_lock(OSH_MUTEX_FALLBACK);
    os_free(block);
    osh_arch_unlock(OSH_MUTEX_FALLBACK);
    os_heap_stats(&stats);
    assert_int_equal(stats.deferred_frees, 1);
}

static void block_from_before_the_start_is_freed_after_it(void)
{
    struct os_heap_stats stats;
    void *small = os_malloc(SMALL_SIZE);
    void *large = os_malloc(LARGE_SIZE(1));
    run_on_cpu(0, nothing);
    os_free(small);
    os_free(large);
    os_heap_stats(&stats);
    assert_int_equal(stats.live, 0);
}

static void try_lock_fails_when_the_caller_holds_the_lock(void)
{
    for (unsigned mutex = 0; mutex < OSH_MUTEXES; mutex++) {
        assert_true(osh_arch_try_lock(mutex));
        assert_false(osh_arch_try_lock(mutex));
        osh_arch_unlock(mutex);
        assert_true(osh_arch_try_lock(mutex));
        osh_arch_unlock(mutex);
    }
}

static void signal_brackets_nest(void)
{
    assert_false(osh_arch_in_interrupt());
    os_heap_signal_enter();
    os_heap_signal_enter();
    assert_true(osh_arch_in_interrupt());
    os_heap_signal_leave();
    assert_true(osh_arch_in_interrupt());
    os_heap_signal_leave();
    assert_false(osh_arch_in_interrupt());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(os_has_not_started_while_there_is_one_thread, ROOMY_HEAP),
        in_fresh_heap(os_has_started_when_there_was_a_second_thread, ROOMY_HEAP),
        in_fresh_heap(no_call_takes_a_lock_before_the_os_has_started, ROOMY_HEAP),
        in_fresh_heap(free_takes_the_lock_when_the_os_has_started, ROOMY_HEAP),
        in_fresh_heap(block_from_before_the_start_is_freed_after_it, ROOMY_HEAP),
        in_fresh_heap(try_lock_fails_when_the_caller_holds_the_lock, ROOMY_HEAP),
        in_fresh_heap(signal_brackets_nest, ROOMY_HEAP),
    };
    return cmocka_run_group_tests_name("arch/started", tests, NULL, NULL);
}
