/* SPDX-License-Identifier: Apache-2.0 */
#include "arch.h"
#include "crew.h"
#include "fresh_heap.h"
#include "os/os_heap.h"
#include "os/os_heap_linux.h"
#include "osh_deferred.h"
#include "pest.h"
#include "sizes.h"
#include "stamp.h"

#include <signal.h>
#include <stdatomic.h>

#define MEMBERS 4

static void *block;
static pthread_barrier_t step;

static struct os_heap_stats now(void)
{
    struct os_heap_stats stats;
    os_heap_stats(&stats);
    return stats;
}

static void free_block(void)
{
    os_free(block);
}

static void free_under_a_held_mutex_returns_and_is_pending(void)
{
    block = os_malloc(LARGE_SIZE(1));
    osh_arch_lock(OSH_MUTEX_FALLBACK);
    run_on_cpu(1, free_block);
    assert_true(osh_deferred_pending());
    osh_arch_unlock(OSH_MUTEX_FALLBACK);
    struct os_heap_stats stats = now();
    assert_int_equal(stats.deferred_frees, 1);
    assert_int_equal(stats.deferred_pending, 1);
}

static void pending_block_is_freed_by_the_next_who_lets_go(void)
{
    block = os_malloc(LARGE_SIZE(1));
    void *other = os_malloc(LARGE_SIZE(1));
    osh_arch_lock(OSH_MUTEX_FALLBACK);
    run_on_cpu(1, free_block);
    osh_arch_unlock(OSH_MUTEX_FALLBACK);
    os_free(other);
    assert_false(osh_deferred_pending());
    assert_int_equal(now().live, 0);
    assert_int_equal(now().deferred_pending, 0);
}

static void pending_block_is_freed_by_malloc_and_can_be_its_answer(void)
{
    size_t most = now().region / 4 * 3;
    block = os_malloc(most);
    osh_arch_lock(OSH_MUTEX_FALLBACK);
    run_on_cpu(1, free_block);
    osh_arch_unlock(OSH_MUTEX_FALLBACK);
    block = os_malloc(most);
    assert_non_null(block);
    os_free(block);
}

static void realloc_block_to_0(void)
{
    assert_null(os_realloc(block, 0));
}

static void cut_block_to_small(void)
{
    block = os_realloc(block, SMALL_SIZE);
}

static void realloc_to_0_does_not_wait_for_the_mutex(void)
{
    block = os_malloc(LARGE_SIZE(1));
    osh_arch_lock(OSH_MUTEX_FALLBACK);
    run_on_cpu(1, realloc_block_to_0);
    osh_arch_unlock(OSH_MUTEX_FALLBACK);
    assert_int_equal(now().live, 0);
}

static void migration_down_does_not_wait_for_the_mutex(void)
{
    block = os_malloc(LARGE_SIZE(1));
    stamp_all(block, SMALL_SIZE, 1);
    osh_arch_lock(OSH_MUTEX_FALLBACK);
    run_on_cpu(1, cut_block_to_small);
    osh_arch_unlock(OSH_MUTEX_FALLBACK);
    assert_non_null(block);
    assert_true(is_stamped_all(block, SMALL_SIZE, 1));
    assert_int_equal(now().live, os_malloc_usable_size(block));
    os_free(block);
}

static void free_in_signal(int number)
{
    (void)number;
    os_heap_signal_enter();
    assert_null(os_malloc(LARGE_SIZE(1)));
    assert_null(os_realloc(NULL, LARGE_SIZE(1)));
    assert_null(os_aligned_alloc(4 * OSH_PAGE_BYTES, LARGE_SIZE(1)));
    os_free(block);
    os_heap_signal_leave();
}

static void free_from_an_interrupt_is_deferred_and_a_large_malloc_there_gives_null(void)
{
    pest_handle(SIGUSR1, free_in_signal);
    block = os_malloc(LARGE_SIZE(1));
    (void)raise(SIGUSR1);
    assert_int_equal(now().deferred_frees, 1);
    assert_int_equal(now().deferred_pending, 0);
    assert_int_equal(now().live, 0);
}

static void interrupt_of_the_mutexs_holder_can_free(void)
{
    pest_handle(SIGUSR1, free_in_signal);
    block = os_malloc(LARGE_SIZE(1));
    osh_arch_lock(OSH_MUTEX_FALLBACK);
    (void)raise(SIGUSR1);
    osh_arch_unlock(OSH_MUTEX_FALLBACK);
    assert_true(osh_deferred_pending());
    os_free(os_malloc(LARGE_SIZE(1)));
    assert_int_equal(now().live, 0);
}

static void every_pending_block_is_freed_once(void)
{
    void *blocks[20];
    for (unsigned i = 0; i < 20; i++) {
        blocks[i] = os_malloc(LARGE_SIZE(1));
        assert_non_null(blocks[i]);
    }
    os_heap_signal_enter();
    for (unsigned i = 0; i < 20; i++) {
        os_free(blocks[i]);
    }
    os_heap_signal_leave();
    assert_int_equal(now().deferred_frees, 20);
    assert_int_equal(now().live, 0);
}

/* However few bytes were asked for: it has a link, and what else it keeps is not there. */
static void smallest_aligned_block_can_be_deferred(void)
{
    size_t alignment = (size_t)OSH_SLAB_MAX * 4;
    for (size_t size = 0; size <= 2 * sizeof(void *); size++) {
        block = os_aligned_alloc(alignment, size);
        assert_non_null(block);
        os_heap_signal_enter();
        os_free(block);
        os_heap_signal_leave();
        assert_int_equal(now().live, 0);
        assert_null(os_heap_check());
    }
}

static void null_of_a_large_malloc_in_an_interrupt_is_no_wait_for_the_mutex(void)
{
    osh_arch_lock(OSH_MUTEX_FALLBACK);
    os_heap_signal_enter();
    assert_null(os_malloc(LARGE_SIZE(1)));
    os_heap_signal_leave();
    osh_arch_unlock(OSH_MUTEX_FALLBACK);
}

static void fight(unsigned member, void *shared)
{
    void *held[8] = {NULL};
    uint64_t seed = member + 1;
    (void)shared;
    for (unsigned i = 0; i < rounds(40000); i++) {
        size_t slot = random_below(&seed, 8);
        size_t size = LARGE_SIZE(1 + random_below(&seed, 3));
        if (held[slot] != NULL) {
            size_t usable = os_malloc_usable_size(held[slot]);
            assert_true(is_stamped(held[slot], usable, member + slot * MEMBERS));
            os_free(held[slot]);
        }
        held[slot] = os_malloc(size);
        assert_non_null(held[slot]);
        stamp(held[slot], os_malloc_usable_size(held[slot]), member + slot * MEMBERS);
    }
    for (unsigned slot = 0; slot < 8; slot++) {
        os_free(held[slot]);
    }
    (void)pthread_barrier_wait(&step);
    if (member == 0) {
        assert_false(osh_deferred_pending());
    }
}

static atomic_uint fighting;

static void fight_until_all_have(unsigned member, void *shared)
{
    (void)shared;
    if (member < 2) {
        for (unsigned i = 0; i < rounds(5000); i++) {
            void *large[16];
            for (unsigned k = 0; k < 16; k++) {
                large[k] = os_malloc(LARGE_SIZE(1));
                assert_non_null(large[k]);
            }
            for (unsigned k = 0; k < 16; k++) {
                os_free(large[k]);
            }
        }
        atomic_fetch_sub(&fighting, 1);
        return;
    }
    while (atomic_load(&fighting) > 0) {
        struct os_heap_stats stats = now();
        assert_true(stats.deferred_pending <= stats.deferred_frees);
        assert_true(stats.free_pages <= stats.region);
        assert_true(stats.free <= stats.region);
        assert_true(stats.live <= stats.region);
    }
}

static void no_statistic_wraps_while_others_allocate_and_free(void)
{
    atomic_store(&fighting, 2);
    run_crew(MEMBERS, fight_until_all_have, NULL);
    assert_int_equal(now().deferred_pending, 0);
    assert_int_equal(now().live, 0);
}

static void nobody_leaves_a_block_behind(void)
{
    assert_int_equal(pthread_barrier_init(&step, NULL, MEMBERS), 0);
    run_crew(MEMBERS, fight, NULL);
    assert_int_equal(now().deferred_pending, 0);
    assert_int_equal(now().live, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(free_under_a_held_mutex_returns_and_is_pending, ROOMY_HEAP),
        in_fresh_heap(pending_block_is_freed_by_the_next_who_lets_go, ROOMY_HEAP),
        in_fresh_heap(pending_block_is_freed_by_malloc_and_can_be_its_answer, ROOMY_HEAP),
        in_fresh_heap(realloc_to_0_does_not_wait_for_the_mutex, ROOMY_HEAP),
        in_fresh_heap(migration_down_does_not_wait_for_the_mutex, ROOMY_HEAP),
        in_fresh_heap(free_from_an_interrupt_is_deferred_and_a_large_malloc_there_gives_null,
                      ROOMY_HEAP),
        in_fresh_heap(interrupt_of_the_mutexs_holder_can_free, ROOMY_HEAP),
        in_fresh_heap(every_pending_block_is_freed_once, ROOMY_HEAP),
        in_fresh_heap(smallest_aligned_block_can_be_deferred, 4 * ROOMY_HEAP),
        in_fresh_heap(null_of_a_large_malloc_in_an_interrupt_is_no_wait_for_the_mutex, ROOMY_HEAP),
        in_fresh_heap(no_statistic_wraps_while_others_allocate_and_free, ROOMY_HEAP),
        in_fresh_heap(nobody_leaves_a_block_behind, 4 * ROOMY_HEAP),
    };
    return cmocka_run_group_tests_name("fallback/deferred", tests, NULL, NULL);
}
