/* SPDX-License-Identifier: Apache-2.0 */
/* The lists of the port in use under everything that may disturb a sequence:
 * preemption on one CPU, migration, signals and reclaim from outside. */
#include "arch.h"
#include "crew.h"
#include "fresh_heap.h"
#include "hammer.h"
#include "os/os_heap.h"
#include "osh_slab.h"
#include "reclaim.h"
#include "sizes.h"

#include <sched.h>

#define CLASS osh_class_of(SMALL_SIZE)
#define PAGES 150
#define BLOCKS 64
#define TURNS 1000000u

static void (*give_block)(void *block);

static void *pop(void)
{
    return osh_arch_pop_slow(CLASS);
}

static bool push(void *block)
{
    return osh_arch_push_slow(CLASS, block);
}

static void give_chain(unsigned cls, struct osh_chain chain)
{
    void *block = chain.head;
    assert_int_equal(cls, CLASS);
    for (unsigned i = 0; i < chain.count; i++) {
        void *next = osh_link_next(*(osh_word_t *)block);
        give_block(block);
        block = next;
    }
    assert_null(block);
}

static void take_all_by_reclaim(void (*give)(void *block))
{
    give_block = give;
    reclaim_cores(give_chain);
}

static void take_all_by_exchange(void (*give)(void *block))
{
    struct osh_chain chain = {NULL, 0};
    give_block = give;
    pin_to_cpu(0);
    if (osh_arch_exchange(OSH_ACTIVE, CLASS, &chain) && chain.count > 0) {
        give_chain(CLASS, chain);
    }
}

static void survives(void (*take_all)(void (*)(void *)))
{
    const struct hammered list = {pop, push, take_all};
    void *blocks[BLOCKS];
    for (unsigned i = 0; i < BLOCKS; i++) {
        blocks[i] = osh_slab_get(CLASS, 1, true).head;
    }
    struct damage damage = hammer(&list, blocks, BLOCKS, rounds(TURNS));
    reclaim_cores(osh_slab_put); /* what lies on lists of other cores */
    assert_int_equal(damage.twice, 0);
    assert_int_equal(damage.lost, 0);
}

static void no_block_is_lost_or_handed_out_twice(void)
{
    survives(NULL);
}

static void no_block_is_lost_or_handed_out_twice_while_lists_are_reclaimed(void)
{
    survives(take_all_by_reclaim);
}

static void no_block_is_lost_or_handed_out_twice_while_lists_are_exchanged(void)
{
    survives(take_all_by_exchange);
}

/* A list with no care taken: the hammer must find out. */
static struct broken {
    struct broken *volatile next;
} *volatile broken;

#if defined(__SANITIZE_THREAD__)
#define ON_PURPOSE __attribute__((no_sanitize("thread"), noinline))
#elif defined(__clang__)
#define ON_PURPOSE __attribute__((no_sanitize("thread"), noinline))
#else
#define ON_PURPOSE __attribute__((noinline))
#endif

ON_PURPOSE static void *broken_pop(void)
{
    struct broken *block = broken;
    if (block != NULL) {
        struct broken *next = block->next;
        (void)sched_yield();
        broken = next;
    }
    return block;
}

ON_PURPOSE static bool broken_push(void *block)
{
    struct broken *pushed = block;
    struct broken *head = broken;
    pushed->next = head;
    broken = pushed;
    return true;
}

static void hammer_finds_out_about_a_list_that_is_broken(void)
{
    const struct hammered list = {broken_pop, broken_push, NULL};
    void *blocks[BLOCKS];
    for (unsigned i = 0; i < BLOCKS; i++) {
        blocks[i] = osh_slab_get(CLASS, 1, true).head;
    }
    struct damage damage = hammer(&list, blocks, BLOCKS, rounds(TURNS / 20));
    assert_true(damage.twice > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(no_block_is_lost_or_handed_out_twice, PAGES),
        in_fresh_heap(no_block_is_lost_or_handed_out_twice_while_lists_are_reclaimed, PAGES),
        in_fresh_heap(no_block_is_lost_or_handed_out_twice_while_lists_are_exchanged, PAGES),
        in_fresh_heap(hammer_finds_out_about_a_list_that_is_broken, PAGES),
    };
    return cmocka_run_group_tests_name("arch/list_threads", tests, NULL, NULL);
}
