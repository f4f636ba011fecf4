/* SPDX-License-Identifier: Apache-2.0 */
/* Moments that no test can wait for, made by the linker: it puts this file's
 * functions between the layers, where they refuse or call the heap again. */
#include "arch.h"
#include "crew.h"
#include "fresh_heap.h"
#include "os/os_heap.h"
#include "os/os_heap_linux.h"
#include "osh_arena_open.h"
#include "osh_deferred.h"
#include "osh_fallback.h"
#include "osh_magazine.h"
#include "osh_newlib.h"
#include "reclaim.h"
#include "sizes.h"
#include "stamp.h"

#include <pthread.h>
#include <stdatomic.h>

#define PAGES 64

__typeof__(osh_arch_region) __real_osh_arch_region;
__typeof__(osh_arch_region) __wrap_osh_arch_region;
__typeof__(osh_newlib_malloc) __real_osh_newlib_malloc;
__typeof__(osh_newlib_malloc) __wrap_osh_newlib_malloc;
__typeof__(osh_arch_exchange) __real_osh_arch_exchange;
__typeof__(osh_arch_exchange) __wrap_osh_arch_exchange;
__typeof__(osh_arch_push_slow) __real_osh_arch_push_slow;
__typeof__(osh_arch_push_slow) __wrap_osh_arch_push_slow;
__typeof__(osh_arch_yield) __real_osh_arch_yield;
__typeof__(osh_arch_yield) __wrap_osh_arch_yield;
__typeof__(osh_arch_try_lock) __real_osh_arch_try_lock;
__typeof__(osh_arch_try_lock) __wrap_osh_arch_try_lock;

__typeof__(osh_arena_open_first) __real_osh_arena_open_first;
__typeof__(osh_arena_open_first) __wrap_osh_arena_open_first;

static void (*while_starting)(void);
static void (*before_tables_are_open)(void);
static bool no_region;
static void (*inside_newlib)(void);
static bool stopped;
static unsigned held; /* that often the mutex is somebody else's */

static atomic_bool waits;

static void call_once(void (**hook)(void))
{
    void (*call)(void) = *hook;
    *hook = NULL;
    if (call != NULL) {
        call();
    }
}

bool __wrap_osh_arch_region(void **region, size_t *bytes)
{
    call_once(&while_starting);
    return !no_region && __real_osh_arch_region(region, bytes);
}

bool __wrap_osh_arena_open_first(void)
{
    call_once(&before_tables_are_open);
    return __real_osh_arena_open_first();
}

void *__wrap_osh_newlib_malloc(size_t size)
{
    call_once(&inside_newlib);
    return __real_osh_newlib_malloc(size);
}

bool __wrap_osh_arch_exchange(enum osh_which which, unsigned cls, struct osh_chain *io)
{
    return !stopped && __real_osh_arch_exchange(which, cls, io);
}

bool __wrap_osh_arch_push_slow(unsigned cls, void *block)
{
    return !stopped && __real_osh_arch_push_slow(cls, block);
}

bool __wrap_osh_arch_try_lock(enum osh_mutex mutex)
{
    if (held > 0) {
        held--;
        return false;
    }
    return __real_osh_arch_try_lock(mutex);
}

void __wrap_osh_arch_yield(void)
{
    atomic_store(&waits, true);
    __real_osh_arch_yield();
}

static struct os_heap_stats now(void)
{
    struct os_heap_stats stats;
    os_heap_stats(&stats);
    return stats;
}

static void without_a_region_every_call_fails_and_none_harms(void)
{
    no_region = true;
    assert_null(os_malloc(SMALL_SIZE));
    assert_null(os_malloc(LARGE_SIZE(1)));
    assert_null(os_calloc(1, SMALL_SIZE));
    assert_null(os_realloc(NULL, SMALL_SIZE));
    assert_null(os_aligned_alloc(256, SMALL_SIZE));
    assert_null(os_heap_check());
    assert_int_equal(os_heap_trim(), 0);
    assert_int_equal(now().region, 0);
    no_region = false;
    assert_non_null(os_malloc(SMALL_SIZE));
}

static void allocate_in_an_interrupt(void)
{
    os_heap_signal_enter();
    assert_null(os_malloc(SMALL_SIZE));
    assert_null(os_aligned_alloc(256, SMALL_SIZE));
    os_heap_signal_leave();
}

static void interrupt_of_the_start_gets_null_and_the_start_goes_on(void)
{
    while_starting = allocate_in_an_interrupt;
    assert_non_null(os_malloc(SMALL_SIZE));
    assert_null(while_starting);
}

static pthread_t other;

static void *allocate_on_another_thread(void *unused)
{
    (void)unused;
    return os_malloc(SMALL_SIZE);
}

static void have_another_thread_wait(void)
{
    assert_int_equal(pthread_create(&other, NULL, allocate_on_another_thread, NULL), 0);
    while (!atomic_load(&waits)) {
        __real_osh_arch_yield();
    }
}

static void thread_that_comes_while_another_starts_the_heap_waits_for_it(void)
{
    void *block = NULL;
    while_starting = have_another_thread_wait;
    assert_non_null(os_malloc(SMALL_SIZE));
    assert_int_equal(pthread_join(other, &block), 0);
    assert_non_null(block);
}

static void *freed_inside;

/* An interrupt that has no brackets, as those that only free need none. */
static void free_and_allocate_large(void)
{
    os_free(freed_inside);
    assert_true(osh_deferred_pending());
    assert_null(os_malloc(LARGE_SIZE(1)));
}

static void before_the_os_starts_newlib_is_not_entered_twice(void)
{
    assert_false(osh_arch_os_started());
    freed_inside = os_malloc(LARGE_SIZE(1));
    inside_newlib = free_and_allocate_large;
    void *block = os_malloc(LARGE_SIZE(1));
    assert_non_null(block);
    assert_ptr_not_equal(block, freed_inside);
    assert_false(osh_deferred_pending());
    os_free(block);
    assert_int_equal(now().live, 0);
}

static void nothing(void)
{
}

static void block_deferred_just_after_the_holder_let_go_is_freed_by_who_deferred_it(void)
{
    run_on_cpu(0, nothing); /* the OS has started: there is a mutex */
    void *block = os_malloc(LARGE_SIZE(1));
    held = 1;
    os_free(block);
    assert_int_equal(held, 0);
    assert_false(osh_deferred_pending());
    assert_int_equal(osh_deferred_count(), 1);
    assert_int_equal(now().live, 0);
}

static void block_freed_while_its_list_is_stopped_goes_to_its_slab(void)
{
    unsigned cls = osh_class_of(SMALL_SIZE);
    void *block = osh_magazine_get(cls, OSH_ALIGN_LEAST);
    reclaim_magazines();
    size_t live = now().live;
    stopped = true;
    osh_magazine_put(cls, block);
    stopped = false;
    assert_int_equal(now().cached, 0);
    assert_int_equal(now().live, live - osh_class_bytes(cls));
}

static void refill_while_the_lists_are_stopped_loses_no_block(void)
{
    unsigned cls = osh_class_of(SMALL_SIZE);
    stopped = true;
    void *block = osh_magazine_get(cls, OSH_ALIGN_LEAST);
    stopped = false;
    assert_non_null(block);
    assert_int_equal(now().live, osh_class_bytes(cls));
    os_free(block);
    (void)os_heap_trim();
    assert_int_equal(now().free_pages, now().region);
}

static void large_realloc_in_an_interrupt_fails_or_stays(void)
{
    void *block = os_malloc(LARGE_SIZE(2));
    stamp_all(block, LARGE_SIZE(2), 1);
    os_heap_signal_enter();
    assert_null(os_realloc(block, LARGE_SIZE(3)));
    assert_ptr_equal(os_realloc(block, LARGE_SIZE(1)), block);
    os_heap_signal_leave();
    assert_true(is_stamped_all(block, LARGE_SIZE(2), 1));
    os_free(block);
    assert_int_equal(now().live, 0);
}

static void clear_a_large_block(void)
{
    assert_null(os_calloc(1, (size_t)1 << 20));
}

/* The heap knows by then how large a row is, but not yet where one may be. */
static void calloc_before_the_tables_are_there_gets_null(void)
{
    if (!OSH_ARCH_OPENS) {
        skip_because("the tables are open from the start");
    }
    heap_option("region=0x40000000"); /* where that block is a row */
    before_tables_are_open = clear_a_large_block;
    void *block = os_malloc(SMALL_SIZE);
    assert_null(before_tables_are_open);
    assert_non_null(block);
    os_free(block);
    block = os_calloc(1, (size_t)1 << 20);
    assert_non_null(block);
    os_free(block);
}

static void statistics_in_an_interrupt_leave_newlib_out(void)
{
    void *block = os_malloc(LARGE_SIZE(1));
    os_heap_signal_enter();
    assert_int_equal(now().fallback_pages, 0);
    osh_fallback_reclaim();
    os_heap_signal_leave();
    assert_true(now().fallback_pages > 0);
    os_free(block);
}

static void block_beyond_all_memory_is_refused(void)
{
    os_free(os_malloc(LARGE_SIZE(1)));
    assert_null(osh_fallback_memalign(OSH_ALIGN_LEAST, SIZE_MAX - 64));
    void *block = os_malloc(LARGE_SIZE(1));
    assert_null(osh_fallback_memalign(OSH_ALIGN_LEAST, SIZE_MAX - 64));
    assert_null(osh_fallback_resize(block, SIZE_MAX - 64));
    os_free(block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(without_a_region_every_call_fails_and_none_harms, PLATFORM_REGION),
        in_fresh_heap(interrupt_of_the_start_gets_null_and_the_start_goes_on, PLATFORM_REGION),
        in_fresh_heap(calloc_before_the_tables_are_there_gets_null, PLATFORM_REGION),
        in_fresh_heap(thread_that_comes_while_another_starts_the_heap_waits_for_it,
                      PLATFORM_REGION),
        in_fresh_heap(before_the_os_starts_newlib_is_not_entered_twice, PAGES),
        in_fresh_heap(block_deferred_just_after_the_holder_let_go_is_freed_by_who_deferred_it,
                      PAGES),
        in_fresh_heap(block_freed_while_its_list_is_stopped_goes_to_its_slab, PAGES),
        in_fresh_heap(refill_while_the_lists_are_stopped_loses_no_block, PAGES),
        in_fresh_heap(large_realloc_in_an_interrupt_fails_or_stays, PAGES),
        in_fresh_heap(statistics_in_an_interrupt_leave_newlib_out, PAGES),
        in_fresh_heap(block_beyond_all_memory_is_refused, PAGES),
    };
    return cmocka_run_group_tests_name("core/seams", tests, NULL, NULL);
}
