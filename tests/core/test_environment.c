/* SPDX-License-Identifier: Apache-2.0 */
/* What the environment may say on Linux; anything else stops the program. */
#include "fresh_heap.h"
#include "os/os_heap.h"
#include "sizes.h"

#include <stdlib.h>
#include <unistd.h>

static void sets_the_region(const char *word)
{
    heap_option(word);
    struct os_heap_stats stats;
    os_heap_stats(&stats);
    assert_in_range(stats.region + stats.tables, 0xf00000, 0x1000000);
}

static void environment_sets_the_platforms_region(void)
{
    sets_the_region("region=0x1000000");
}

static void a_number_with_zeros_in_front_is_decimal(void)
{
    sets_the_region("region=00016777216");
}

static void take(const char *word)
{
    heap_option(word);
    os_free(os_malloc(SMALL_SIZE));
    _exit(EXIT_SUCCESS); /* a check would walk all of a region that should not be */
}

#define REGION_BYTES(name, text)                \
    static void environment_region_##name(void) \
    {                                           \
        take("region=" text);                   \
    }
REGION_BYTES(many, "many")
REGION_BYTES(with_a_minus, "-1")
REGION_BYTES(with_a_minus_and_a_good_size, "-18446744073692774400")
REGION_BYTES(with_a_plus, "+0x1000000")
REGION_BYTES(empty, "")
REGION_BYTES(after_a_space, " 0x1000000")
REGION_BYTES(before_a_space, "0x1000000 ")
REGION_BYTES(with_a_unit, "16M")
REGION_BYTES(with_an_exponent, "1e9")
REGION_BYTES(of_0x_alone, "0x")
REGION_BYTES(of_no_hexadecimal_digit, "0xg")
REGION_BYTES(of_0, "0")
REGION_BYTES(of_one_page, "4096")
REGION_BYTES(of_65_bits, "18446744073726328832")
REGION_BYTES(of_all_64_bits, "18446744073709551615")
REGION_BYTES(beyond_the_addresses, "0x800000000000")

static void environment_with_an_unknown_port_is_refused(void)
{
    take("port=Portable");
}

static void environment_with_an_empty_port_is_refused(void)
{
    take("port=");
}

static void environment_with_an_unknown_name_is_refused(void)
{
    take("regions=0x1000000");
}

static void environment_with_a_name_alone_is_refused(void)
{
    take("port");
}

static void environment_with_idle_bytes_that_are_none_is_refused(void)
{
    take("idle=on");
}

static void environment_with_a_decay_that_is_too_short_is_refused(void)
{
    take("decay=9");
}

static void environment_that_asks_for_help_is_answered_and_taken(void)
{
    heap_option("help:port=portable:idle=off:idle=0");
    struct os_heap_stats stats;
    os_heap_stats(&stats);
    assert_string_equal(stats.port, "portable");
}

static void environment_with_a_port_that_is_known_is_taken(void)
{
    heap_option("port=portable");
    struct os_heap_stats stats;
    os_heap_stats(&stats);
    assert_string_equal(stats.port, "portable");
}

#define refused_region(name) \
    stopped_with(name, PLATFORM_REGION, "OSHEAP_OPTIONS: region must be a number")

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(environment_sets_the_platforms_region, PLATFORM_REGION),
        in_fresh_heap(a_number_with_zeros_in_front_is_decimal, PLATFORM_REGION),
        refused_region(environment_region_many),
        refused_region(environment_region_with_a_minus),
        refused_region(environment_region_with_a_minus_and_a_good_size),
        refused_region(environment_region_with_a_plus),
        refused_region(environment_region_empty),
        refused_region(environment_region_after_a_space),
        refused_region(environment_region_before_a_space),
        refused_region(environment_region_with_a_unit),
        refused_region(environment_region_with_an_exponent),
        refused_region(environment_region_of_0x_alone),
        refused_region(environment_region_of_no_hexadecimal_digit),
        refused_region(environment_region_of_0),
        refused_region(environment_region_of_one_page),
        refused_region(environment_region_of_65_bits),
        refused_region(environment_region_of_all_64_bits),
        refused_region(environment_region_beyond_the_addresses),
        stopped_with(environment_with_an_unknown_port_is_refused, PLATFORM_REGION,
                     "OSHEAP_OPTIONS: port must be"),
        stopped_with(environment_with_an_empty_port_is_refused, PLATFORM_REGION,
                     "OSHEAP_OPTIONS: port must be"),
        stopped_with(environment_with_an_unknown_name_is_refused, PLATFORM_REGION,
                     "OSHEAP_OPTIONS has the names region, port, idle, decay, help"),
        stopped_with(environment_with_a_name_alone_is_refused, PLATFORM_REGION,
                     "OSHEAP_OPTIONS has the names region, port, idle, decay, help"),
        stopped_with(environment_with_idle_bytes_that_are_none_is_refused, PLATFORM_REGION,
                     "OSHEAP_OPTIONS: idle must be"),
        stopped_with(environment_with_a_decay_that_is_too_short_is_refused, PLATFORM_REGION,
                     "OSHEAP_OPTIONS: decay must be"),
        in_fresh_heap(environment_that_asks_for_help_is_answered_and_taken, PLATFORM_REGION),
        in_fresh_heap(environment_with_a_port_that_is_known_is_taken, PLATFORM_REGION),
    };
    return cmocka_run_group_tests_name("core/environment", tests, NULL, NULL);
}
