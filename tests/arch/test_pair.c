/* SPDX-License-Identifier: Apache-2.0 */
/* The portable port's list, by itself. */
#include "fresh_heap.h"
#include "os/os_heap.h"
#include "osh_pair.h"

#define LIMIT 4

static osh_word2_t list;
static osh_word_t blocks[LIMIT + 1][2];

static osh_word_t generation(osh_word2_t pair)
{
    return pair.second & ~OSH_PAIR_ROOM;
}

static int begin(void **state)
{
    (void)state;
    list = (osh_word2_t){0, LIMIT};
    return 0;
}

static void block_pushed_last_is_popped_first(void **state)
{
    (void)state;
    for (unsigned i = 0; i < LIMIT; i++) {
        assert_true(osh_pair_push(&list, blocks[i]));
    }
    assert_false(osh_pair_push(&list, blocks[LIMIT]));
    for (unsigned i = LIMIT; i-- > 0;) {
        assert_ptr_equal(osh_pair_pop(&list), blocks[i]);
    }
    assert_null(osh_pair_pop(&list));
}

/* What a pop that slept between its look and its CAS must notice. */
static void list_with_its_old_head_and_length_again_is_not_taken_for_the_old_one(void **state)
{
    (void)state;
    (void)osh_pair_push(&list, blocks[0]);
    (void)osh_pair_push(&list, blocks[1]);
    osh_word2_t seen = osh_pair_read(&list);
    void *head = osh_pair_pop(&list);
    (void)osh_pair_pop(&list);
    (void)osh_pair_push(&list, blocks[2]);
    (void)osh_pair_push(&list, head);
    assert_int_equal(list.first, seen.first);
    assert_int_equal(list.second & OSH_PAIR_ROOM, seen.second & OSH_PAIR_ROOM);
    osh_word2_t stale = {(osh_word_t)blocks[0], seen.second + 1};
    assert_false(osh_cas2(&list, &seen, stale));
    assert_ptr_equal(osh_pair_pop(&list), head);
    assert_ptr_equal(osh_pair_pop(&list), blocks[2]);
}

static void every_success_makes_a_new_generation(void **state)
{
    osh_word2_t before = osh_pair_read(&list);
    osh_word2_t old = {0, 0};
    (void)state;
    (void)osh_pair_push(&list, blocks[0]);
    assert_int_not_equal(generation(list), generation(before));
    before = osh_pair_read(&list);
    assert_true(osh_pair_exchange(&list, 0, LIMIT, &old));
    assert_int_not_equal(generation(list), generation(before));
    assert_ptr_equal((void *)old.first, blocks[0]);
}

static void stopped_list_refuses_everything(void **state)
{
    osh_word2_t old = {0, 0};
    (void)state;
    list = (osh_word2_t){0, 0};
    assert_null(osh_pair_pop(&list));
    assert_false(osh_pair_push(&list, blocks[0]));
    assert_false(osh_pair_exchange(&list, 0, LIMIT, &old));
    assert_int_equal(list.first, 0);
    assert_int_equal(list.second, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(block_pushed_last_is_popped_first, begin),
        cmocka_unit_test_setup(list_with_its_old_head_and_length_again_is_not_taken_for_the_old_one,
                               begin),
        cmocka_unit_test_setup(every_success_makes_a_new_generation, begin),
        cmocka_unit_test_setup(stopped_list_refuses_everything, begin),
    };
    return cmocka_run_group_tests_name("arch/pair", tests, NULL, NULL);
}
