/* SPDX-License-Identifier: Apache-2.0 */
/* The contract of arch.h for the lists of one core, on the port in use. */
#include "arch.h"
#include "crew.h"
#include "fresh_heap.h"
#include "os/os_heap.h"
#include "osh_slab.h"
#include "reclaim.h"
#include "sizes.h"

#define CLASS osh_class_of(SMALL_SIZE)
#define LIMIT osh_class_limit(CLASS)
#define PAGES 150

static struct osh_chain given;
static unsigned given_class;

static void keep_given(unsigned cls, struct osh_chain chain)
{
    given_class = cls;
    given = chain;
}

static void begin(void)
{
    given = (struct osh_chain){NULL, 0};
    pin_to_cpu(0);
    /* A miss makes the portable port look where this thread is. */
    struct osh_chain none = {NULL, 0};
    assert_true(osh_arch_exchange(OSH_ACTIVE, CLASS, &none));
}

static void *new_block(void)
{
    return osh_slab_get(CLASS, 1, true).head;
}

static unsigned length(enum osh_which which)
{
    unsigned count = 0;
    for (unsigned core = 0; core < osh_arch_cores(); core++) {
        count += (unsigned)osh_arch_peek(core, which, CLASS).count;
    }
    return count;
}

static void give_back_what_lists_hold(void)
{
    reclaim_cores(osh_slab_put);
}

static void empty_list_pops_null(void)
{
    begin();
    assert_null(osh_arch_pop_slow(CLASS));
}

static void blocks_are_popped_in_reverse_order_of_their_pushes(void)
{
    void *blocks[5];
    unsigned count = LIMIT < 5 ? LIMIT : 5;
    begin();
    assert_true(count >= 2);
    for (unsigned i = 0; i < count; i++) {
        blocks[i] = new_block();
        assert_true(osh_arch_push_slow(CLASS, blocks[i]));
    }
    for (unsigned i = count; i-- > 0;) {
        assert_ptr_equal(osh_arch_pop_slow(CLASS), blocks[i]);
    }
    assert_null(osh_arch_pop_slow(CLASS));
}

static void list_takes_as_many_as_a_magazine_and_refuses_one_more(void)
{
    begin();
    for (unsigned i = 0; i < LIMIT; i++) {
        assert_true(osh_arch_push_slow(CLASS, new_block()));
    }
    assert_false(osh_arch_push_slow(CLASS, new_block()));
    assert_int_equal(length(OSH_ACTIVE), LIMIT);
    assert_non_null(osh_arch_pop_slow(CLASS));
    assert_true(osh_arch_push_slow(CLASS, new_block()));
    give_back_what_lists_hold();
}

static void class_0_takes_nothing_and_gives_nothing(void)
{
    begin();
    assert_false(osh_arch_push_slow(0, new_block()));
    assert_null(osh_arch_pop_slow(0));
}

static void inline_operations_are_the_slow_ones_or_refuse(void)
{
    begin();
    void *block = new_block();
    assert_true(osh_arch_push_slow(CLASS, block));
    if (osh_arch_fast()) {
        assert_ptr_equal(osh_arch_pop(CLASS), block);
        assert_true(osh_arch_push(CLASS, block));
    }
    assert_ptr_equal(osh_arch_pop_slow(CLASS), block);
}

static void exchange_gives_the_old_chain_and_keeps_the_new_one(void)
{
    begin();
    void *block = new_block();
    assert_true(osh_arch_push_slow(CLASS, block));
    struct osh_chain chain = osh_slab_get(CLASS, 3, true);
    void *head = chain.head;
    assert_true(osh_arch_exchange(OSH_ACTIVE, CLASS, &chain));
    assert_ptr_equal(chain.head, block);
    assert_int_equal(chain.count, 1);
    assert_int_equal(length(OSH_ACTIVE), 3);
    assert_ptr_equal(osh_arch_pop_slow(CLASS), head);
    give_back_what_lists_hold();
}

static void exchanged_chain_leaves_the_room_it_should(void)
{
    begin();
    struct osh_chain chain = osh_slab_get(CLASS, 2, true);
    assert_int_equal(chain.count, 2);
    assert_true(osh_arch_exchange(OSH_ACTIVE, CLASS, &chain));
    for (unsigned i = 2; i < LIMIT; i++) {
        assert_true(osh_arch_push_slow(CLASS, new_block()));
    }
    assert_false(osh_arch_push_slow(CLASS, new_block()));
    give_back_what_lists_hold();
}

static void active_and_spare_are_lists_of_their_own(void)
{
    begin();
    struct osh_chain chain = osh_slab_get(CLASS, 2, true);
    assert_true(osh_arch_exchange(OSH_SPARE, CLASS, &chain));
    assert_int_equal(chain.count, 0);
    assert_null(osh_arch_pop_slow(CLASS));
    assert_int_equal(length(OSH_ACTIVE), 0);
    assert_int_equal(length(OSH_SPARE), 2);
    give_back_what_lists_hold();
    assert_int_equal(length(OSH_SPARE), 0);
}

static void reclaim_gives_every_chain_and_the_list_goes_on(void)
{
    begin();
    void *block = new_block();
    assert_true(osh_arch_push_slow(CLASS, block));
    reclaim_cores(keep_given);
    assert_int_equal(given_class, CLASS);
    assert_ptr_equal(given.head, block);
    assert_int_equal(given.count, 1);
    assert_null(osh_arch_pop_slow(CLASS));
    assert_true(osh_arch_push_slow(CLASS, block));
    assert_ptr_equal(osh_arch_pop_slow(CLASS), block);
}

static void push_and_remember(void)
{
    begin();
    assert_true(osh_arch_push_slow(CLASS, new_block()));
}

static void reclaim_reaches_the_lists_of_other_cores(void)
{
    run_on_cpu(1, push_and_remember);
    pin_to_cpu(0);
    reclaim_cores(keep_given);
    assert_int_equal(given.count, 1);
}

static void *from_callback[2];

/* What the owner of a list finds while its lists are being reclaimed. */
static void use_list_meanwhile(unsigned cls, struct osh_chain chain)
{
    (void)cls;
    from_callback[0] = chain.head;
    from_callback[1] = osh_arch_pop_slow(CLASS);
}

static void chain_that_is_given_is_on_no_list_any_more(void)
{
    begin();
    void *block = new_block();
    assert_true(osh_arch_push_slow(CLASS, block));
    reclaim_cores(use_list_meanwhile);
    assert_ptr_equal(from_callback[0], block);
    assert_null(from_callback[1]);
}

static void peek_takes_nothing(void)
{
    begin();
    void *block = new_block();
    assert_true(osh_arch_push_slow(CLASS, block));
    assert_int_equal(length(OSH_ACTIVE), 1);
    assert_int_equal(length(OSH_ACTIVE), 1);
    assert_ptr_equal(osh_arch_pop_slow(CLASS), block);
    assert_int_equal(length(OSH_ACTIVE), 0);
}

/* Class 0 is stopped for good, so is every class that is not cached. */
static void stopped_list_refuses_push_pop_and_exchange(void)
{
    begin();
    for (unsigned cls = 0; cls <= OSH_CLASS_MAX; cls++) {
        if (osh_class_info[cls].magazine == 0) {
            struct osh_chain chain = {NULL, 0};
            assert_false(osh_arch_exchange(OSH_ACTIVE, cls, &chain));
            assert_false(osh_arch_exchange(OSH_SPARE, cls, &chain));
            assert_null(osh_arch_pop_slow(cls));
            void *block = new_block();
            assert_false(osh_arch_push_slow(cls, block));
        }
    }
}

static void chain_packed_into_a_word_comes_out_again(void)
{
    struct osh_chain chain = osh_slab_get(CLASS, 3, true);
    struct osh_chain again = osh_chain_unpack(CLASS, osh_chain_pack(chain));
    assert_ptr_equal(again.head, chain.head);
    assert_int_equal(again.count, 3);
    assert_int_equal(osh_chain_unpack(CLASS, 0).count, 0);
    assert_null(osh_chain_unpack(CLASS, 0).head);
    assert_int_equal(osh_chain_pack((struct osh_chain){NULL, 0}), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(empty_list_pops_null, PAGES),
        in_fresh_heap(blocks_are_popped_in_reverse_order_of_their_pushes, PAGES),
        in_fresh_heap(list_takes_as_many_as_a_magazine_and_refuses_one_more, PAGES),
        in_fresh_heap(class_0_takes_nothing_and_gives_nothing, PAGES),
        in_fresh_heap(inline_operations_are_the_slow_ones_or_refuse, PAGES),
        in_fresh_heap(exchange_gives_the_old_chain_and_keeps_the_new_one, PAGES),
        in_fresh_heap(exchanged_chain_leaves_the_room_it_should, PAGES),
        in_fresh_heap(active_and_spare_are_lists_of_their_own, PAGES),
        in_fresh_heap(reclaim_gives_every_chain_and_the_list_goes_on, PAGES),
        in_fresh_heap(reclaim_reaches_the_lists_of_other_cores, PAGES),
        in_fresh_heap(chain_that_is_given_is_on_no_list_any_more, PAGES),
        in_fresh_heap(peek_takes_nothing, PAGES),
        in_fresh_heap(stopped_list_refuses_push_pop_and_exchange, PAGES),
        in_fresh_heap(chain_packed_into_a_word_comes_out_again, PAGES),
    };
    return cmocka_run_group_tests_name("arch/lists", tests, NULL, NULL);
}
