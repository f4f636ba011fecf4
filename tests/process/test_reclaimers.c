/* SPDX-License-Identifier: Apache-2.0 */
/* A thread that ends, or jumps out of a handler, while it reclaims: the lists that it had
 * stopped go on with the next one who gets the mutex. Who starts the heap has that mutex, too,
 * when there are no lists yet. The linker puts this file between caches and slabs, and before
 * the region. */
#include "arch.h"
#include "crew.h"
#include "fresh_heap.h"
#include "os/os_heap.h"
#include "os/os_heap_linux.h"
#include "osh_slab.h"
#include "sizes.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define PAGES 120

__typeof__(osh_slab_put) __real_osh_slab_put;
__typeof__(osh_slab_put) __wrap_osh_slab_put;

static void (*in_reclaim)(void);

void __wrap_osh_slab_put(unsigned cls, struct osh_chain chain)
{
    void (*call)(void) = in_reclaim;
    in_reclaim = NULL;
    __real_osh_slab_put(cls, chain);
    if (call != NULL) {
        call();
    }
}

static void *trim(void *unused)
{
    (void)unused;
    (void)os_heap_trim();
    return NULL;
}

static bool is_cached(void *block)
{
    struct os_heap_stats before;
    struct os_heap_stats after;
    os_heap_stats(&before);
    os_free(block);
    os_heap_stats(&after);
    return after.cached > before.cached;
}

/* Lists of two sizes hold something; the first is given back, and there the reclaim ends. */
static void cache_two_sizes(void)
{
    void *blocks[4];
    for (unsigned i = 0; i < 4; i++) {
        blocks[i] = os_malloc((1 + i % 2) * SMALL_SIZE);
    }
    for (unsigned i = 0; i < 4; i++) {
        os_free(blocks[i]);
    }
}

static void lists_of_a_reclaim_that_was_left_go_on(void (*how)(void))
{
    void *blocks[] = {os_malloc(SMALL_SIZE), os_malloc(2 * SMALL_SIZE)};
    how();
    (void)os_heap_trim(); /* the next one who comes there */
    pin_to_cpu(0);
    assert_true(is_cached(blocks[0]));
    assert_true(is_cached(blocks[1]));
}

static void end_here(void)
{
    pthread_exit(NULL);
}

static void end_in_a_reclaim(void)
{
    pthread_t thread;
    in_reclaim = end_here;
    assert_int_equal(pthread_create(&thread, NULL, trim, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_null(in_reclaim);
}

static void lists_go_on_after_a_thread_ended_in_a_reclaim(void)
{
    run_on_cpu(0, cache_two_sizes);
    lists_of_a_reclaim_that_was_left_go_on(end_in_a_reclaim);
}

static sigjmp_buf outside;

static void jump_out(int number)
{
    (void)number;
    siglongjmp(outside, 1);
}

static void interrupt_and_jump_out(void)
{
    (void)raise(SIGUSR1);
}

static void jump_out_of_a_reclaim(void)
{
    in_reclaim = interrupt_and_jump_out;
    if (sigsetjmp(outside, 1) == 0) {
        (void)os_heap_trim();
    }
    assert_null(in_reclaim);
    os_heap_signal_reset();
}

static void lists_go_on_after_a_jump_out_of_a_reclaim(void)
{
    assert_ptr_not_equal(signal(SIGUSR1, jump_out), SIG_ERR);
    run_on_cpu(0, cache_two_sizes);
    lists_of_a_reclaim_that_was_left_go_on(jump_out_of_a_reclaim);
}

__typeof__(osh_arch_region) __wrap_osh_arch_region;
bool __wrap_osh_arch_region(void **region, size_t *bytes)
{
    (void)region;
    (void)bytes;
    interrupt_and_jump_out();
    return false;
}

static void nothing(void)
{
}

static void jump_out_of_the_heaps_start_can_be_reset(void)
{
    run_on_cpu(0, nothing); /* there are mutexes now */
    assert_ptr_not_equal(signal(SIGUSR1, jump_out), SIG_ERR);
    volatile bool jumped = true;
    if (sigsetjmp(outside, 1) == 0) {
        (void)os_malloc(SMALL_SIZE);
        jumped = false;
    }
    assert_true(jumped);
    os_heap_signal_reset();
    assert_true(osh_arch_try_lock(OSH_MUTEX_RECLAIM));
    _exit(EXIT_SUCCESS); /* of a heap that was left in its start nothing more can be asked */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(lists_go_on_after_a_thread_ended_in_a_reclaim, PAGES),
        in_fresh_heap(lists_go_on_after_a_jump_out_of_a_reclaim, PAGES),
        in_fresh_heap(jump_out_of_the_heaps_start_can_be_reset, PLATFORM_REGION),
    };
    return cmocka_run_group_tests_name("process/reclaimers", tests, NULL, NULL);
}
