/* SPDX-License-Identifier: Apache-2.0 */
/* The depot's slots: magazines go in and come out, each to one owner. */
#include "depot.h"

#include "crew.h"

#include <stdatomic.h>

static void empty_depot_gives_the_empty_chain(void)
{
    FOR_EACH_CLASS(cls)
    {
        struct osh_chain chain = osh_depot_get(cls);
        assert_null(chain.head);
        assert_int_equal(chain.count, 0);
    }
}

static void magazine_comes_out_as_it_went_in(void)
{
    osh_depot_start(1);
    struct osh_chain chain = magazine_of(osh_class_info[CLASS].magazine);
    assert_true(osh_depot_put(CLASS, chain));
    struct osh_chain out = osh_depot_get(CLASS);
    assert_ptr_equal(out.head, chain.head);
    assert_int_equal(out.count, chain.count);
    assert_null(osh_depot_get(CLASS).head);
    osh_slab_put(CLASS, out);
}

static void magazine_put_last_comes_out_first(void)
{
    osh_depot_start(1);
    struct osh_chain first = magazine_of(1);
    struct osh_chain last = magazine_of(1);
    assert_true(osh_depot_put(CLASS, first));
    assert_true(osh_depot_put(CLASS, last));
    assert_ptr_equal(osh_depot_get(CLASS).head, last.head);
    assert_ptr_equal(osh_depot_get(CLASS).head, first.head);
    osh_slab_put(CLASS, first);
    osh_slab_put(CLASS, last);
}

static void bytes_are_those_of_full_magazines(void)
{
    osh_depot_start(1);
    assert_int_equal(osh_depot_bytes(), 0);
    size_t full = osh_class_magazine(CLASS) * osh_class_bytes(CLASS);
    for (unsigned i = 1; i <= SLOTS; i++) {
        assert_true(osh_depot_put(CLASS, magazine_of(1)));
        assert_int_equal(osh_depot_bytes(), OSH_DEPOT_PARTS > 1 ? i * full : 0);
    }
    osh_depot_reclaim(osh_slab_put);
    while (osh_depot_get(CLASS).count > 0) {
    }
    assert_int_equal(osh_depot_bytes(), 0);
}

static void full_depot_refuses(void)
{
    osh_depot_start(1);
    for (unsigned i = 0; i < SLOTS; i++) {
        assert_true(osh_depot_put(CLASS, magazine_of(1)));
    }
    struct osh_chain one_more = magazine_of(1);
    assert_false(osh_depot_put(CLASS, one_more));
    osh_slab_put(CLASS, one_more);
}

static void classes_do_not_share_slots(void)
{
    osh_depot_start(1);
    struct osh_chain chain = magazine_of(1);
    assert_true(osh_depot_put(CLASS, chain));
    assert_null(osh_depot_get(CLASS + 1).head);
    assert_ptr_equal(osh_depot_get(CLASS).head, chain.head);
    osh_slab_put(CLASS, chain);
}

static void reclaim_gives_every_magazine_of_every_class(void)
{
    unsigned blocks = 0;
    FOR_EACH_CLASS(cls)
    {
        for (unsigned i = 0; i < osh_class_info[cls].depot; i++) {
            unsigned length = osh_class_info[cls].magazine;
            struct osh_chain chain = osh_slab_get(cls, length, true);
            if (chain.count == length && osh_depot_put(cls, chain)) {
                blocks += length;
            } else {
                osh_slab_put(cls, chain);
            }
        }
    }
    given_blocks = 0;
    osh_depot_reclaim(count_given);
    assert_int_equal(given_blocks, blocks);
    FOR_EACH_CLASS(cls)
    {
        assert_null(osh_depot_get(cls).head);
    }
}

static void peek_takes_nothing(void)
{
    osh_depot_start(1);
    struct osh_chain chain = magazine_of(2);
    unsigned seen = 0;
    assert_true(osh_depot_put(CLASS, chain));
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        seen += (unsigned)osh_depot_peek(CLASS, slot).count;
    }
    assert_int_equal(seen, 2);
    assert_ptr_equal(osh_depot_get(CLASS).head, chain.head);
    osh_slab_put(CLASS, chain);
}

#define MEMBERS 4

static _Atomic size_t taken, given;

/* Everyone moves chains of one block; whoever has a block counts in it. */
static void move_blocks(unsigned member, void *shared)
{
    (void)member;
    (void)shared;
    for (unsigned i = 0; i < rounds(3000000); i++) {
        struct osh_chain chain = osh_depot_get(CLASS);
        if (chain.count == 0) {
            continue;
        }
        atomic_fetch_add(&taken, 1);
        osh_word_t *uses = (osh_word_t *)chain.head + 1;
        osh_word_t before = *uses;
        *uses = before + 1;
        while (!osh_depot_put(CLASS, chain)) {
        }
        atomic_fetch_add(&given, 1);
    }
}

static size_t uses;

static void count_uses(unsigned cls, struct osh_chain chain)
{
    uses += ((osh_word_t *)chain.head)[1];
    count_given(cls, chain);
}

static void magazines_have_one_owner_at_a_time(void)
{
    osh_depot_start(1);
    for (unsigned i = 0; i < SLOTS; i++) {
        struct osh_chain chain = magazine_of(1);
        ((osh_word_t *)chain.head)[1] = 0;
        assert_true(osh_depot_put(CLASS, chain));
    }
    run_crew(MEMBERS, move_blocks, NULL);
    assert_int_equal(taken, given);
    osh_depot_reclaim(count_uses);
    assert_int_equal(given_blocks, SLOTS);
    assert_int_equal(uses, taken);
}

int main(void)
{
    if (OSH_DEPOT_SLOTS == 0) {
        return 77; /* there is no depot: skipped */
    }
    const struct CMUnitTest tests[] = {
        in_fresh_heap(empty_depot_gives_the_empty_chain, PAGES),
        in_fresh_heap(magazine_comes_out_as_it_went_in, PAGES),
        in_fresh_heap(magazine_put_last_comes_out_first, PAGES),
        in_fresh_heap(bytes_are_those_of_full_magazines, PAGES),
        in_fresh_heap(full_depot_refuses, PAGES),
        in_fresh_heap(classes_do_not_share_slots, PAGES),
        in_fresh_heap(reclaim_gives_every_magazine_of_every_class, ROOMY_HEAP),
        in_fresh_heap(peek_takes_nothing, PAGES),
        in_fresh_heap(magazines_have_one_owner_at_a_time, PAGES),
    };
    return cmocka_run_group_tests_name("slab/depot", tests, NULL, NULL);
}
