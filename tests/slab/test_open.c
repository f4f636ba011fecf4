/* SPDX-License-Identifier: Apache-2.0 */
/* For which sizes slabs are opened, where the region is RAM. */
#include "arch.h"
#include "crew.h"
#include "fresh_heap.h"
#include "os/os_heap.h"
#include "os/os_heap_linux.h"
#include "osh_arena.h"
#include "osh_magazine.h"
#include "osh_slab_open.h"
#include "sizes.h"

#define KIB_64 ((size_t)65536 >> OSH_PAGE_LOG2)
#define ABOVE ((size_t)120) /* a size that opens no slab in 64 KiB */
enum { ROW = 64 };

static void as_in(size_t kib)
{
    if (OSH_VIRTUAL) {
        skip_because("all sizes have slabs");
    }
    NOT_AT_LEVEL_2;
    osh_slab_open_start((kib << 10) >> OSH_PAGE_LOG2);
}

static bool is_of_a_slab(const void *block)
{
    assert_non_null(block);
    return osh_arena_class_at(block) != 0;
}

static void the_largest_size_is_a_part_of_the_region_and_64_bytes_at_least(void)
{
    static const struct {
        size_t kib, bytes;
    } steps[] = {{16, 64},
                 {96, 64},
                 {255, 64},
                 {256, 128},
                 {511, 128},
                 {512, 256},
                 {1u << 20, OSH_SLAB_MAX}};
    for (unsigned i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
        as_in(steps[i].kib);
        size_t bytes = steps[i].bytes < OSH_SLAB_MAX ? steps[i].bytes : OSH_SLAB_MAX;
        assert_int_equal(osh_slab_open_bytes(), bytes);
    }
}

static void larger_ones_come_from_newlib_and_smaller_ones_from_slabs(void)
{
    as_in(64);
    for (size_t size = 1; size <= OSH_SLAB_MAX; size += 37) {
        assert_int_equal(is_of_a_slab(os_malloc(size)), size <= 64);
    }
}

static void one_size_that_most_requests_are_of_gets_slabs(void)
{
    as_in(64);
    unsigned slabs = 0;
    for (unsigned i = 0; i < ROW; i++) {
        slabs += is_of_a_slab(os_malloc(ABOVE));
    }
    if (OSH_SMALL_CODE) {
        assert_int_equal(slabs, 0); /* a slab is one page: no larger size has any */
    } else {
        assert_true(slabs > ROW / 2);
    }
    for (unsigned i = 0; i < ROW; i++) {
        (void)os_malloc(ABOVE + (size_t)32 * (i % 2)); /* no majority any more */
    }
    slabs = 0;
    for (unsigned i = 0; i < ROW / 2; i++) {
        slabs += is_of_a_slab(os_malloc(2 * ABOVE));
        slabs += is_of_a_slab(os_malloc(3 * ABOVE));
    }
    assert_int_equal(slabs, 0);
}

static void interrupt_always_gets_one(void)
{
    as_in(64);
    os_heap_signal_enter();
    assert_true(is_of_a_slab(os_malloc(ABOVE)));
    os_heap_signal_leave();
}

static void nothing(void)
{
}

static void task_that_may_not_have_newlibs_heap_gets_one(void)
{
    as_in(64);
    run_on_cpu(0, nothing); /* the OS has started: there is a mutex */
    assert_true(osh_arch_try_lock(OSH_MUTEX_FALLBACK));
    assert_true(is_of_a_slab(os_malloc(ABOVE))); /* who has the mutex asks */
    osh_arch_unlock(OSH_MUTEX_FALLBACK);
}

static void object_of_a_class_up_to_twice_as_large_serves_before_a_slab_is_opened(void)
{
    as_in(64);
    (void)os_malloc(64);
    (void)os_heap_trim(); /* what is cached goes back to the slab */
    size_t pages = osh_load(&osh_arena.in_use);
    void *block = os_malloc(40);
    assert_int_equal(osh_load(&osh_arena.in_use), pages);
    assert_int_equal(os_malloc_usable_size(block), 64);
    os_free_sized(block, 40);
    assert_true(os_malloc_usable_size(os_malloc(16)) < 64); /* more than twice as large */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(the_largest_size_is_a_part_of_the_region_and_64_bytes_at_least, KIB_64),
        in_fresh_heap(larger_ones_come_from_newlib_and_smaller_ones_from_slabs, 16 * KIB_64),
        in_fresh_heap(one_size_that_most_requests_are_of_gets_slabs, 4 * KIB_64),
        in_fresh_heap(interrupt_always_gets_one, KIB_64),
        in_fresh_heap(task_that_may_not_have_newlibs_heap_gets_one, KIB_64),
        in_fresh_heap(object_of_a_class_up_to_twice_as_large_serves_before_a_slab_is_opened,
                      KIB_64),
    };
    return cmocka_run_group_tests_name("slab/open", tests, NULL, NULL);
}
