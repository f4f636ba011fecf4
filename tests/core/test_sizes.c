/* SPDX-License-Identifier: Apache-2.0 */
/* No size and no alignment makes any call do harm. */
#include "fresh_heap.h"

#define CHECK(condition) assert_true(condition)
#include "odd_sizes.h"
#include "osh_class.h"
#include "sizes.h"

/* Few, since what is served is zeroed and copied. */
#define PAGES ((size_t)16 + LARGE_SIZE(10) / OSH_PAGE_BYTES)

static void every_call_serves_or_refuses_every_size(void)
{
    struct odd_blocks odd;
    size_t centre;
    odd_begin(&odd);
    for (unsigned n = 0; odd_centre(n, odd.region, &centre); n++) {
        for (int d = -ODD_AROUND; d <= ODD_AROUND; d++) {
            odd_try(&odd, centre + (size_t)d);
        }
        assert_null(os_heap_check());
    }
    odd_end(&odd);
}

static void every_call_serves_or_refuses_sizes_around_every_class(void)
{
    struct odd_blocks odd;
    odd_begin(&odd);
    FOR_EACH_CLASS(cls)
    {
        for (int d = -4; d <= 4; d++) {
            odd_try(&odd, osh_class_bytes(cls) + (size_t)d);
        }
        assert_null(os_heap_check());
    }
    odd_end(&odd);
}

/* As long as C lets an object be, less a few bytes: a sum with newlib's own is negative. */
static void a_resize_to_the_longest_object_of_c_is_refused(void)
{
    unsigned char *block = os_malloc(LARGE_SIZE(1) + 5000);
    memset(block, 0x5a, LARGE_SIZE(1) + 5000);
    for (size_t less = 0; less < 4 * OSH_PAGE_BYTES; less++) {
        assert_null(os_realloc(block, (size_t)PTRDIFF_MAX - less));
    }
    for (size_t i = 0; i < LARGE_SIZE(1) + 5000; i++) {
        assert_int_equal(block[i], 0x5a);
    }
    os_free(block);
}

static unsigned reports;

static void count_report(const struct os_heap_report *report)
{
    assert_int_equal(report->misuse, OS_HEAP_WRONG_SIZE);
    reports++;
}

static void a_sized_free_of_a_size_that_no_block_has_is_reported(void)
{
    if (OSH_HARDENING == 0) {
        skip_because("level 0 does not look at the size");
    }
    (void)os_heap_set_report_hook(count_report);
    void *small = os_malloc(SMALL_SIZE);
    void *large = os_malloc(LARGE_SIZE(1));
    for (unsigned bit = 24; bit < ODD_BITS; bit++) {
        for (int d = -ODD_AROUND; d <= ODD_AROUND; d++) {
            size_t size = ((size_t)2 << bit) + (size_t)d;
            if (size < 1 << 24) {
                continue; /* has wrapped */
            }
            reports = 0;
            os_free_sized(small, size);
            os_free_sized(large, size);
            assert_int_equal(reports, 2);
        }
    }
    os_free(small);
    os_free(large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(every_call_serves_or_refuses_every_size, PAGES),
        in_fresh_heap(every_call_serves_or_refuses_sizes_around_every_class, PAGES),
        in_fresh_heap(a_resize_to_the_longest_object_of_c_is_refused, PAGES),
        in_fresh_heap(a_sized_free_of_a_size_that_no_block_has_is_reported, PAGES),
    };
    return cmocka_run_group_tests_name("core/sizes", tests, NULL, NULL);
}
