/* SPDX-License-Identifier: Apache-2.0 */
/* The model of caches by itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs these first. */
#include <cmocka.h>

#include "lines.h"

enum { LINE = 77 };

static int fresh(void **state)
{
    (void)state;
    lines_forget();
    return 0;
}

static void a_core_that_is_alone_with_a_line_pays_nothing(void **state)
{
    (void)state;
    assert_false(lines_transfers(3, LINE, false));
    assert_false(lines_transfers(3, LINE, true));
    assert_false(lines_transfers(3, LINE, false));
    assert_false(lines_is_shared(3, LINE));
}

static void what_another_has_written_is_fetched_once(void **state)
{
    (void)state;
    assert_false(lines_transfers(0, LINE, true));
    assert_true(lines_transfers(127, LINE, false));
    assert_false(lines_transfers(127, LINE, false));
}

static void readers_keep_a_line_together(void **state)
{
    (void)state;
    (void)lines_transfers(0, LINE, false);
    assert_true(lines_transfers(64, LINE, false));
    assert_true(lines_transfers(65, LINE, false));
    assert_false(lines_transfers(0, LINE, false));
    assert_false(lines_transfers(64, LINE, false));
}

static void a_write_ends_the_copies_of_all_others(void **state)
{
    (void)state;
    (void)lines_transfers(0, LINE, false);
    (void)lines_transfers(1, LINE, false);
    assert_true(lines_transfers(1, LINE, true));
    assert_false(lines_transfers(1, LINE, true));
    assert_true(lines_transfers(0, LINE, false));
    assert_true(lines_transfers(1, LINE, true));
}

static void lines_have_nothing_to_do_with_each_other(void **state)
{
    (void)state;
    (void)lines_transfers(0, LINE, true);
    assert_false(lines_transfers(1, LINE + 1, true));
    assert_false(lines_is_shared(0, LINE));
    assert_false(lines_is_shared(1, LINE + 1));
}

static void a_line_that_two_have_touched_is_shared_for_ever(void **state)
{
    (void)state;
    (void)lines_transfers(0, LINE, true);
    (void)lines_transfers(1, LINE, false);
    (void)lines_transfers(0, LINE, true);
    assert_false(lines_transfers(0, LINE, true));
    assert_true(lines_is_shared(0, LINE));
    assert_true(lines_is_shared(1, LINE));
}

static void the_hottest_lines_come_first(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 10; i++) {
        (void)lines_transfers(i % 2, LINE, true);
        (void)lines_transfers(i % 4 / 2, LINE + 1, true);
    }
    uint32_t transfers;
    assert_int_equal(lines_hottest(&transfers), LINE * LINES_BYTES);
    assert_int_equal(transfers, 9);
    assert_int_equal(lines_hottest(&transfers), (LINE + 1) * LINES_BYTES);
    assert_int_equal(transfers, 4);
    (void)lines_hottest(&transfers);
    assert_int_equal(transfers, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_core_that_is_alone_with_a_line_pays_nothing, fresh),
        cmocka_unit_test_setup(what_another_has_written_is_fetched_once, fresh),
        cmocka_unit_test_setup(readers_keep_a_line_together, fresh),
        cmocka_unit_test_setup(a_write_ends_the_copies_of_all_others, fresh),
        cmocka_unit_test_setup(lines_have_nothing_to_do_with_each_other, fresh),
        cmocka_unit_test_setup(the_hottest_lines_come_first, fresh),
        cmocka_unit_test_setup(a_line_that_two_have_touched_is_shared_for_ever, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
