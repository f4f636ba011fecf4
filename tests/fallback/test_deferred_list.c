/* SPDX-License-Identifier: Apache-2.0 */
/* The deferred list by itself, and the one moment in which a block could be left
 * behind on it: after the holder has drained, before it lets go. The linker puts
 * this file's osh_arch_unlock before the port's, which opens that moment. */
#include "arch.h"
#include "crew.h"
#include "fresh_heap.h"
#include "os/os_heap.h"
#include "os/os_heap_linux.h"
#include "osh_deferred.h"
#include "sizes.h"

#include <stdatomic.h>

#define PUSHERS 3
#define BLOCKS 1000000u

__typeof__(osh_arch_unlock) __real_osh_arch_unlock;
__typeof__(osh_arch_unlock) __wrap_osh_arch_unlock;

static void *freed_before_the_unlock;

void __wrap_osh_arch_unlock(enum osh_mutex mutex)
{
    void *block = freed_before_the_unlock;
    freed_before_the_unlock = NULL;
    if (block != NULL) {
        os_heap_signal_enter();
        os_free(block);
        os_heap_signal_leave();
    }
    __real_osh_arch_unlock(mutex);
}

static void nothing(void)
{
}

static void block_deferred_just_before_the_holder_lets_go_is_freed_by_it(void)
{
    struct os_heap_stats stats;
    run_on_cpu(0, nothing); /* the OS has started: there is a mutex to let go */
    void *other = os_malloc(LARGE_SIZE(1));
    freed_before_the_unlock = os_malloc(LARGE_SIZE(1));
    os_free(other);
    assert_null(freed_before_the_unlock);
    assert_false(osh_deferred_pending());
    os_heap_stats(&stats);
    assert_int_equal(stats.deferred_frees, 1);
    assert_int_equal(stats.live, 0);
}

static void blocks_are_taken_in_reverse_order_all_at_once(void)
{
    osh_word_t blocks[3];
    assert_false(osh_deferred_pending());
    assert_null(osh_deferred_take_all());
    for (unsigned i = 0; i < 3; i++) {
        osh_deferred_push(&blocks[i]);
    }
    assert_true(osh_deferred_pending());
    void *block = osh_deferred_take_all();
    assert_false(osh_deferred_pending());
    for (unsigned i = 3; i-- > 0;) {
        assert_ptr_equal(block, &blocks[i]);
        block = osh_deferred_next(block);
    }
    assert_null(block);
}

struct deferred {
    osh_word_t link;
    size_t taken;
};

static struct deferred pushed[PUSHERS][BLOCKS];
static _Atomic unsigned pushers = PUSHERS;

static size_t take_and_count(void)
{
    size_t count = 0;
    for (struct deferred *block = osh_deferred_take_all(); block != NULL;
         block = osh_deferred_next(block)) {
        block->taken++;
        count++;
    }
    return count;
}

static void push_or_take(unsigned member, void *count)
{
    if (member == PUSHERS) {
        while (atomic_load(&pushers) > 0) {
            *(size_t *)count += take_and_count();
        }
        return;
    }
    for (unsigned i = 0; i < rounds(BLOCKS); i++) {
        osh_deferred_push(&pushed[member][i]);
    }
    atomic_fetch_sub(&pushers, 1);
}

static void every_block_pushed_is_taken_once(void)
{
    size_t count = 0;
    run_crew(PUSHERS + 1, push_or_take, &count);
    count += take_and_count();
    assert_int_equal(count, PUSHERS * rounds(BLOCKS));
    for (unsigned member = 0; member < PUSHERS; member++) {
        for (unsigned i = 0; i < rounds(BLOCKS); i++) {
            assert_int_equal(pushed[member][i].taken, 1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(block_deferred_just_before_the_holder_lets_go_is_freed_by_it, ROOMY_HEAP),
        in_fresh_heap(blocks_are_taken_in_reverse_order_all_at_once, ROOMY_HEAP),
        in_fresh_heap(every_block_pushed_is_taken_once, ROOMY_HEAP),
    };
    return cmocka_run_group_tests_name("fallback/deferred_list", tests, NULL, NULL);
}
