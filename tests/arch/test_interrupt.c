/* SPDX-License-Identifier: Apache-2.0 */
/* Signal handlers stand for interrupts: they use the heap at any point of the
 * heap's own code, while the code they interrupt and other threads use it too. */
#include "crew.h"
#include "fresh_heap.h"
#include "os/os_heap.h"
#include "os/os_heap_linux.h"
#include "pest.h"
#include "sizes.h"
#include "stamp.h"

#include <signal.h>
#include <stdatomic.h>

#define MEMBERS 4
#define SLOTS 8
#define SMALL_LIMIT ((size_t)OSH_SLAB_MAX < 2000 ? (size_t)OSH_SLAB_MAX : 2000)

struct held {
    void *block;
    size_t bytes;
};

/* One thread's; the handler's part is touched by nobody else while it runs. */
struct desk {
    struct held task[SLOTS];
    struct held handler[SLOTS];
    _Atomic(void *) large_for_handler;
    uint64_t seed;
    uint64_t handler_seed;
    unsigned turn;
};

static _Thread_local struct desk *desk;
static _Atomic size_t interrupts, large_freed_in_interrupts;

static void check_and_free(struct held *held, uint64_t key)
{
    if (held->block != NULL) {
        assert_true(is_stamped(held->block, held->bytes, key));
        os_free(held->block);
        held->block = NULL;
    }
}

static void fill(struct held *held, size_t bytes, uint64_t key)
{
    held->block = os_malloc(bytes);
    held->bytes = bytes;
    if (held->block != NULL) {
        stamp(held->block, bytes, key);
    }
}

static void resize(struct held *held, size_t bytes, uint64_t key)
{
    size_t common = bytes < held->bytes ? bytes : held->bytes;
    stamp_all(held->block, common, key);
    void *resized = os_realloc(held->block, bytes);
    if (resized != NULL) {
        assert_true(is_stamped_all(resized, common, key));
        held->block = resized;
        held->bytes = bytes;
    }
    stamp(held->block, held->bytes, key);
}

static void turn_small(struct held *held, uint64_t *seed, uint64_t key)
{
    size_t bytes = 1 + random_below(seed, SMALL_LIMIT);
    if (held->block == NULL) {
        fill(held, bytes, key);
    } else if (random_below(seed, 3) == 0) {
        assert_true(is_stamped(held->block, held->bytes, key));
        resize(held, bytes, key);
    } else {
        check_and_free(held, key);
    }
}

static void free_large_of_the_interrupted_task(void)
{
    void *large = atomic_exchange(&desk->large_for_handler, NULL);
    if (large != NULL) {
        assert_true(is_stamped(large, LARGE_SIZE(1), (uintptr_t)large));
        os_free(large);
        atomic_fetch_add(&large_freed_in_interrupts, 1);
    }
}

static void on_interrupt(int number)
{
    (void)number;
    os_heap_signal_enter();
    for (unsigned i = 0; i < 4; i++) {
        size_t slot = random_below(&desk->handler_seed, SLOTS);
        turn_small(&desk->handler[slot], &desk->handler_seed, slot);
    }
    assert_null(os_malloc(LARGE_SIZE(1)));
    free_large_of_the_interrupted_task();
    os_heap_signal_leave();
    atomic_fetch_add(&interrupts, 1);
}

static void turn_large(void)
{
    void *large = os_malloc(LARGE_SIZE(1));
    if (large != NULL) {
        stamp(large, LARGE_SIZE(1), (uintptr_t)large);
        os_free(atomic_exchange(&desk->large_for_handler, large));
    }
}

static void work_and_be_interrupted(unsigned member, void *shared)
{
    static struct desk desks[MEMBERS];
    desk = &desks[member];
    desk->seed = member + 1;
    desk->handler_seed = member + 1001;
    (void)shared;
    struct pest pest = pest_start(SIGPROF, 100 + 13 * member);
    for (unsigned i = 0; i < rounds(40000); i++) {
        size_t slot = random_below(&desk->seed, SLOTS);
        turn_small(&desk->task[slot], &desk->seed, slot);
        if (i % 8 == 0) {
            turn_large();
        }
        if (member == 0 && i % 1024 == 0) {
            (void)os_heap_trim();
        }
    }
    pest_stop(pest, SIGPROF);
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        check_and_free(&desk->task[slot], slot);
        check_and_free(&desk->handler[slot], slot);
    }
    os_free(atomic_load(&desk->large_for_handler));
}

static void nothing_is_left(void)
{
    struct os_heap_stats stats;
    (void)os_heap_trim(); /* frees what the last interrupts deferred */
    os_heap_stats(&stats);
    assert_int_equal(stats.live, 0);
    assert_int_equal(stats.deferred_pending, 0);
}

static void handlers_of_4_threads_use_the_heap_their_threads_use(void)
{
    pest_handle(SIGPROF, on_interrupt);
    run_crew(MEMBERS, work_and_be_interrupted, NULL);
    assert_true(interrupts > 0);
    assert_true(large_freed_in_interrupts > 0);
    nothing_is_left();
}

static void work_alone(void)
{
    work_and_be_interrupted(0, NULL);
}

static void handler_uses_the_heap_before_the_os_has_started(void)
{
    pest_handle(SIGPROF, on_interrupt);
    work_alone();
    assert_true(interrupts > 0);
    nothing_is_left();
}

static void handlers_use_a_heap_that_is_nearly_full(void)
{
    pest_handle(SIGPROF, on_interrupt);
    run_crew(MEMBERS, work_and_be_interrupted, NULL);
    nothing_is_left();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(handlers_of_4_threads_use_the_heap_their_threads_use, 4 * ROOMY_HEAP),
        in_fresh_heap(handler_uses_the_heap_before_the_os_has_started, ROOMY_HEAP),
        in_fresh_heap(handlers_use_a_heap_that_is_nearly_full, 24),
    };
    return cmocka_run_group_tests_name("arch/interrupt", tests, NULL, NULL);
}
