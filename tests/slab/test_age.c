/* SPDX-License-Identifier: Apache-2.0 */
/* What a core's lists keep as the process grows. */
#include "crew.h"
#include "fresh_heap.h"
#include "os/os_heap.h"
#include "osh_magazine.h"
#include "reclaim.h"
#include "sizes.h"

#define CLASS osh_class_of(SMALL_SIZE)
#define LONGEST osh_class_of(OSH_SLAB_MAX)

/* Room for more than 8 MiB. */
#define LARGE_HEAP ((size_t)1024)

/* One thread on one core has them all: what the cores hold is what it holds. */
static unsigned listed(unsigned cls)
{
    unsigned count = 0;
    for (unsigned core = 0; core < osh_arch_cores(); core++) {
        count += (unsigned)osh_arch_peek(core, OSH_ACTIVE, cls).count;
    }
    return count;
}

/* Calls until nothing of CLASS is in a list; a round of all classes takes OSH_CLASSES / 4. */
static unsigned looks(unsigned grows, unsigned most)
{
    unsigned count = 0;
    for (; listed(CLASS) > 0 && count < most; count++) {
        osh_magazine_age(grows);
    }
    return count;
}

static void blocks_that_nobody_takes_leave_the_lists_as_the_process_grows(void)
{
    pin_to_cpu(0);
    void *block = osh_magazine_get(CLASS, OSH_ALIGN_LEAST);
    reclaim_magazines();
    osh_magazine_put(CLASS, block);
    assert_int_equal(listed(CLASS), 1);
    assert_int_equal(looks(CLASS, OSH_CLASSES), OSH_CLASSES);
    assert_in_range(looks(0, OSH_CLASSES), OSH_CLASSES / 4, OSH_CLASSES - 1);
}

static void need_long_blocks(void)
{
    if (!osh_class_is_long(LONGEST)) {
        skip_because("blocks longer than a page are not cached, as in any region of RAM");
    }
    pin_to_cpu(0);
    os_free(os_malloc(SMALL_SIZE)); /* this core's lists start */
}

/* More than 8 MiB in blocks that are not freed again. */
static void use_much(void)
{
    for (size_t bytes = 0; bytes <= (size_t)8 << 20; bytes += OSH_SLAB_MAX) {
        assert_non_null(osh_magazine_get(LONGEST, OSH_ALIGN_LEAST));
    }
}

/* How many of the longest blocks are in a list after one was freed. */
static unsigned listed_of_the_longest(void)
{
    os_free(os_malloc(OSH_SLAB_MAX));
    return listed(LONGEST);
}

static void long_blocks_are_cached_once_the_process_is_not_small(void)
{
    need_long_blocks();
    osh_magazine_age(0);
    assert_int_equal(listed_of_the_longest(), 0);
    use_much();
    osh_magazine_age(0);
    assert_int_equal(listed_of_the_longest(), 1);
}

static void lists_of_long_blocks_start_after_memory_was_out(void)
{
    need_long_blocks();
    osh_magazine_stop();
    osh_arch_start_long();
    assert_true(osh_arch_has_long());
    assert_int_equal(listed_of_the_longest(), 0);
    osh_magazine_go_on();
    assert_int_equal(listed_of_the_longest(), 1);
}

static void long_blocks_in_lists_are_a_part_of_those_in_use(void)
{
    need_long_blocks();
    osh_arch_start_long();
    assert_int_equal(listed_of_the_longest(), 1);
    for (unsigned i = 0; i < 4; i++) { /* less than a round */
        osh_magazine_age(LONGEST);
    }
    assert_int_equal(listed(LONGEST), 0);
}
int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(blocks_that_nobody_takes_leave_the_lists_as_the_process_grows, ROOMY_HEAP),
        in_fresh_heap(long_blocks_are_cached_once_the_process_is_not_small, LARGE_HEAP),
        in_fresh_heap(lists_of_long_blocks_start_after_memory_was_out, ROOMY_HEAP),
        in_fresh_heap(long_blocks_in_lists_are_a_part_of_those_in_use, ROOMY_HEAP),
    };
    return cmocka_run_group_tests_name("slab/age", tests, NULL, NULL);
}
