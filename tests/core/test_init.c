/* SPDX-License-Identifier: Apache-2.0 */
#include "crew.h"
#include "fresh_heap.h"
#include "os/os_heap.h"
#include "os/os_heap_linux.h"
#include "osh_arena.h"
#include "osh_layout.h"
#include "sizes.h"
#include "stamp.h"

#include <string.h>

#define PAGES 20

static _Alignas(16) unsigned char memory[(PAGES + 2) * OSH_PAGE_BYTES];

static void given_region_is_the_one_used(void)
{
    memset(memory, 0xa5, sizeof(memory));
    assert_int_equal(os_heap_init(memory, sizeof(memory)), 0);
    struct os_heap_stats stats;
    os_heap_stats(&stats);
    assert_in_range(stats.region, PAGES / 2 * OSH_PAGE_BYTES, sizeof(memory) - stats.tables);
    FOR_EACH_BOUNDARY(size)
    {
        unsigned char *block = os_malloc(size);
        assert_in_range((uintptr_t)block, (uintptr_t)memory,
                        (uintptr_t)memory + sizeof(memory) - size);
        os_free(block);
    }
}

static void region_may_begin_and_end_anywhere(void)
{
    assert_int_equal(os_heap_init(memory + 3, sizeof(memory) - 1001), 0);
    unsigned char *block;
    while ((block = os_malloc(SMALL_SIZE)) != NULL) {
        assert_in_range((uintptr_t)block, (uintptr_t)memory + 3,
                        (uintptr_t)memory + sizeof(memory) - 998 - SMALL_SIZE);
        stamp_all(block, SMALL_SIZE, 1);
    }
}

static void region_of_null_is_refused(void)
{
    assert_int_equal(os_heap_init(NULL, sizeof(memory)), OS_HEAP_EINVAL);
}

static void region_too_small_for_a_page_is_refused(void)
{
    assert_int_equal(os_heap_init(memory, 0), OS_HEAP_EINVAL);
    assert_int_equal(os_heap_init(memory, 1), OS_HEAP_EINVAL);
    assert_int_equal(os_heap_init(memory, OSH_PAGE_BYTES), OS_HEAP_EINVAL);
}

static void region_of_the_least_bytes_is_enough_wherever_it_begins(void)
{
    _Static_assert(OSH_LAYOUT_LEAST < sizeof(memory), "room for both ends");
    for (uintptr_t start = 0; start < OSH_PAGE_BYTES; start++) {
        uintptr_t region = ((uintptr_t)memory & ~(OSH_PAGE_BYTES - 1)) + OSH_PAGE_BYTES + start;
        assert_true(osh_layout(region, OSH_LAYOUT_LEAST, UINTPTR_MAX).pages >= 1);
    }
    uintptr_t worst = OSH_PAGE_BYTES + 1 - OSH_TABLE_BYTES((size_t)1);
    assert_int_equal(osh_layout(worst, OSH_LAYOUT_LEAST - OSH_CACHELINE, UINTPTR_MAX).pages, 0);
}

static void region_that_wraps_around_is_refused(void)
{
    assert_int_equal(os_heap_init(memory, SIZE_MAX), OS_HEAP_EINVAL);
    for (uintptr_t before = 0; before < (uintptr_t)4 * OSH_CACHELINE; before++) {
        void *region = (void *)(UINTPTR_MAX - before);
        assert_int_equal(os_heap_init(region, 5), OS_HEAP_EINVAL);
        assert_int_equal(os_heap_init(region, before), OS_HEAP_EINVAL);
        assert_int_equal(os_heap_init(region, before + 1), OS_HEAP_EINVAL);
        assert_int_equal(os_heap_init(region, sizeof(memory)), OS_HEAP_EINVAL);
        assert_int_equal(os_heap_init(region, SIZE_MAX - before), OS_HEAP_EINVAL);
    }
}

static void region_longer_than_an_object_of_c_is_refused(void)
{
    assert_int_equal(os_heap_init(memory, (size_t)PTRDIFF_MAX + 1), OS_HEAP_EINVAL);
}

/* 48 bits of an address are in a list's word. */
static void region_above_2_to_the_48_is_refused(void)
{
    const uintptr_t end = (uintptr_t)1 << 48;
    assert_int_equal(os_heap_init((void *)end, sizeof(memory)), OS_HEAP_EINVAL);
    assert_int_equal(os_heap_init((void *)(end - 4096), sizeof(memory)), OS_HEAP_EINVAL);
    assert_int_equal(os_heap_init((void *)(end - sizeof(memory) + 1), sizeof(memory)),
                     OS_HEAP_EINVAL);
    assert_int_equal(os_heap_init((void *)-end, sizeof(memory)), OS_HEAP_EINVAL);
    assert_int_equal(os_heap_init(memory, (size_t)end), OS_HEAP_EINVAL);
}

static void region_with_a_tag_in_its_address_is_refused(void)
{
    for (unsigned bit = 48; bit < 64; bit++) {
        void *tagged = (void *)((uintptr_t)memory | (uintptr_t)1 << bit);
        assert_int_equal(os_heap_init(tagged, sizeof(memory)), OS_HEAP_EINVAL);
    }
}

/* What a layout promises, wherever the region is. Nothing is touched. */
static void require_layout_inside(uintptr_t region, size_t bytes)
{
    struct osh_layout layout = osh_layout(region, bytes, UINTPTR_MAX);
    if (layout.pages == 0) {
        return;
    }
    uintptr_t length = layout.pages << OSH_PAGE_LOG2;
    assert_true(layout.start >= region && layout.start - region < OSH_CACHELINE);
    assert_true(layout.base >= layout.start + OSH_TABLE_BYTES(layout.pages));
    assert_true(layout.base % OSH_PAGE_BYTES == 0);
    assert_true(layout.base + length > layout.base); /* nothing is above its end */
    assert_true(layout.base + length - region <= bytes);
}

static void region_up_to_the_top_of_the_address_space_is_laid_out_below_it(void)
{
    for (size_t bytes = 1; bytes < sizeof(memory); bytes = bytes * 9 / 8 + 1) {
        for (uintptr_t behind = 0; behind < 2 * OSH_PAGE_BYTES; behind = behind * 2 + 1) {
            require_layout_inside(0 - behind - bytes, bytes);
            require_layout_inside(0 - behind, bytes);
        }
    }
    /* All it has, less the page that would end there. */
    uintptr_t at_the_top = 0 - (uintptr_t)PAGES * OSH_PAGE_BYTES;
    uintptr_t lower = at_the_top - OSH_PAGE_BYTES;
    size_t pages = osh_layout(lower, PAGES * OSH_PAGE_BYTES, UINTPTR_MAX).pages;
    assert_true(pages > PAGES / 2);
    assert_int_equal(osh_layout(at_the_top, PAGES * OSH_PAGE_BYTES, UINTPTR_MAX).pages, pages - 1);
}

static void region_that_wraps_anywhere_has_no_layout(void)
{
    for (uintptr_t before = 0; before < 4 * OSH_PAGE_BYTES; before++) {
        for (unsigned bit = 0; bit < 64; bit++) {
            uintptr_t region = UINTPTR_MAX - before;
            size_t bytes = before + 2 + ((size_t)1 << bit);
            assert_int_equal(osh_layout(region, bytes, UINTPTR_MAX).pages, 0);
            require_layout_inside(region, bytes - 1);
            require_layout_inside(region, (size_t)1 << bit);
        }
    }
}

static void refused_region_can_be_followed_by_a_good_one(void)
{
    assert_int_equal(os_heap_init(memory, 64), OS_HEAP_EINVAL);
    assert_int_equal(os_heap_init(memory, sizeof(memory)), 0);
    assert_non_null(os_malloc(SMALL_SIZE));
}

static void second_region_is_refused(void)
{
    assert_int_equal(os_heap_init(memory, sizeof(memory)), 0);
    assert_int_equal(os_heap_init(memory, sizeof(memory)), OS_HEAP_EALREADY);
}

static void region_after_the_first_call_is_refused(void)
{
    os_free(os_malloc(SMALL_SIZE));
    assert_int_equal(os_heap_init(memory, sizeof(memory)), OS_HEAP_EALREADY);
}

static void region_of_one_page_serves(void)
{
    size_t bytes = sizeof(memory);
    while (bytes > 2 * OSH_PAGE_BYTES) {
        bytes -= OSH_PAGE_BYTES;
    }
    assert_int_equal(os_heap_init(memory, bytes), 0);
    void *block = os_malloc(SMALL_SIZE);
    assert_non_null(block);
    os_free(block);
    block = os_malloc(OSH_PAGE_BYTES / 2 + 1);
    assert_non_null(block);
    os_free(block);
}

/* Where aligning the first page costs what the estimate gave to a last one. */
static void region_of_any_length_at_any_address_fits_or_is_refused(void)
{
    unsigned char *start = memory + (OSH_PAGE_BYTES - (uintptr_t)memory % OSH_PAGE_BYTES);
    size_t refused = 0;
    for (size_t bytes = OSH_PAGE_BYTES; bytes < 2 * OSH_PAGE_BYTES; bytes += 8) {
        refused += os_heap_init(start + bytes % 512, bytes) == OS_HEAP_EINVAL;
        if (osh_arena.pages > 0) {
            break;
        }
    }
    assert_true(refused > 0);
    assert_int_equal(osh_arena.pages, 1);
    assert_true(osh_arena_address(1) <= (uintptr_t)start + 2 * OSH_PAGE_BYTES);
    assert_non_null(os_malloc(SMALL_SIZE));
}

static void every_call_may_be_the_first(void)
{
    assert_null(os_heap_check());
    os_free(NULL);
    assert_int_equal(os_malloc_usable_size(NULL), 0);
    assert_int_equal(os_heap_trim(), 0);
}

static void stats_may_be_the_first_call(void)
{
    struct os_heap_stats stats;
    os_heap_stats(&stats);
    assert_true(stats.region > 0);
}

static void aligned_alloc_may_be_the_first_call(void)
{
    assert_non_null(os_aligned_alloc(256, 100));
}

static void large_malloc_may_be_the_first_call(void)
{
    assert_non_null(os_malloc(LARGE_SIZE(2)));
}

static void malloc_in_an_interrupt_may_be_the_first_call(void)
{
    os_heap_signal_enter();
    void *block = os_malloc(SMALL_SIZE);
    os_heap_signal_leave();
    assert_non_null(block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(given_region_is_the_one_used, PLATFORM_REGION),
        in_fresh_heap(region_may_begin_and_end_anywhere, PLATFORM_REGION),
        in_fresh_heap(region_of_null_is_refused, PLATFORM_REGION),
        in_fresh_heap(region_too_small_for_a_page_is_refused, PLATFORM_REGION),
        in_fresh_heap(region_of_the_least_bytes_is_enough_wherever_it_begins, PLATFORM_REGION),
        in_fresh_heap(region_that_wraps_around_is_refused, PLATFORM_REGION),
        in_fresh_heap(region_longer_than_an_object_of_c_is_refused, PLATFORM_REGION),
        in_fresh_heap(region_above_2_to_the_48_is_refused, PLATFORM_REGION),
        in_fresh_heap(region_with_a_tag_in_its_address_is_refused, PLATFORM_REGION),
        in_fresh_heap(region_up_to_the_top_of_the_address_space_is_laid_out_below_it,
                      PLATFORM_REGION),
        in_fresh_heap(region_that_wraps_anywhere_has_no_layout, PLATFORM_REGION),
        in_fresh_heap(refused_region_can_be_followed_by_a_good_one, PLATFORM_REGION),
        in_fresh_heap(second_region_is_refused, PLATFORM_REGION),
        in_fresh_heap(region_after_the_first_call_is_refused, PLATFORM_REGION),
        in_fresh_heap(region_of_one_page_serves, PLATFORM_REGION),
        in_fresh_heap(region_of_any_length_at_any_address_fits_or_is_refused, PLATFORM_REGION),
        in_fresh_heap(every_call_may_be_the_first, PLATFORM_REGION),
        in_fresh_heap(stats_may_be_the_first_call, PLATFORM_REGION),
        in_fresh_heap(aligned_alloc_may_be_the_first_call, PLATFORM_REGION),
        in_fresh_heap(large_malloc_may_be_the_first_call, PLATFORM_REGION),
        in_fresh_heap(malloc_in_an_interrupt_may_be_the_first_call, PLATFORM_REGION),
    };
    return cmocka_run_group_tests_name("core/init", tests, NULL, NULL);
}
