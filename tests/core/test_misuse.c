/* SPDX-License-Identifier: Apache-2.0 */
#include "crew.h"
#include "fresh_heap.h"
#include "os/os_heap.h"
#include "osh_arena.h"
#include "osh_class.h"
#include "sizes.h"

#include <stdio.h>

#define NOT_OURS REPORTED("foreign", "the pointer is not of this heap")
#define NO_BLOCKS \
    REPORTED("no page", "the pointer is in a page that holds no blocks: freed already?")
#define DOUBLE_FREE REPORTED("twice", "double free: the block is free already")

#define BAD_LINK REPORTED("link", "the link in a free block was overwritten")
#define WRONG_SIZE REPORTED("size", "the size is not the block's")

static char foreign[64];

static void free_of_a_foreign_pointer(void)
{
    os_free(foreign);
}

static void free_of_a_foreign_pointer_before_the_first_malloc(void)
{
    os_free(foreign);
}

static void free_sized_of_a_foreign_pointer(void)
{
    os_free_sized(foreign, sizeof(foreign));
}

static void realloc_of_a_foreign_pointer(void)
{
    (void)os_realloc(foreign, 100);
}

static void realloc_to_0_of_a_foreign_pointer(void)
{
    (void)os_realloc(foreign, 0);
}

static void usable_size_of_a_foreign_pointer(void)
{
    (void)os_malloc_usable_size(foreign);
}

static void free_of_the_heaps_own_tables(void)
{
    os_free((void *)osh_arena.tables);
}

static void free_of_the_first_byte_after_the_heap(void)
{
    os_free((void *)osh_arena_address(osh_arena.pages));
}

static void free_of_a_block_that_is_free_in_its_slab(void)
{
    void *block = os_malloc(SMALL_SIZE);
    void *neighbour = os_malloc(SMALL_SIZE);
    os_free(block);
    (void)os_heap_trim();
    os_free(block);
    (void)os_heap_trim();
    os_free(neighbour);
}

static void free_of_the_block_that_was_freed_last(void)
{
    if (OSH_HARDENING == 0) {
        skip_because("level 0 does not look");
    }
    pin_to_cpu(0);
    void *block = os_malloc(SMALL_SIZE);
    os_free(block);
    os_free(block);
}

static void free_of_a_block_that_is_deeper_in_a_list(void)
{
    void *block = os_malloc(SMALL_SIZE);
    void *neighbour = os_malloc(SMALL_SIZE);
    assert_non_null(os_malloc(SMALL_SIZE)); /* the list has room for the third free */
    os_free(block);
    os_free(neighbour);
    os_free(block);
    (void)os_heap_trim();
}

static void free_of_a_block_in_a_page_given_back(void)
{
    void *block = os_malloc(SMALL_SIZE);
    os_free(block);
    (void)os_heap_trim();
    os_free(block);
}

/* Memory was short meanwhile, but the block is of the class that its size calls for. */
static void wrong_size_of_a_block_had_by_the_last_resort(void)
{
    NOT_AT_LEVEL_2
    if (OSH_HARDENING == 0 || usable_cpus() < 2) {
        skip_because("sizes are not looked at, or there is one CPU");
    }
    os_free(os_malloc(SMALL_SIZE)); /* starts the heap */
    unsigned cls = osh_class_of(SMALL_SIZE);
    size_t all = (osh_arena.pages >> osh_class_run(cls)) * osh_class_objects(cls);
    pin_to_cpu(0);
    void *first = os_malloc(SMALL_SIZE);
    for (size_t i = 1; i < all; i++) {
        (void)os_malloc(SMALL_SIZE);
    }
    pin_to_cpu(1);
    os_free(first); /* into a cache where only a reclaim finds it */
    pin_to_cpu(0);
    os_free_sized(os_malloc(SMALL_SIZE), 1);
}

/* A list that leads to another class's block is not followed there. */
static void link_to_a_block_of_another_class(void)
{
    if (OSH_HARDENING != 1) {
        skip_because("links are not looked at, or are encoded");
    }
    pin_to_cpu(0);
    void *first = os_malloc(SMALL_SIZE);
    void *last = os_malloc(SMALL_SIZE);
    void *other = os_malloc(2 * SMALL_SIZE);
    os_free(last);
    os_free(first);
    *(void **)first = other;
    (void)os_heap_trim();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stopped_with(free_of_a_foreign_pointer, ROOMY_HEAP, NOT_OURS),
        stopped_with(free_of_a_foreign_pointer_before_the_first_malloc, PLATFORM_REGION, NOT_OURS),
        stopped_with(free_sized_of_a_foreign_pointer, ROOMY_HEAP, NOT_OURS),
        stopped_with(realloc_of_a_foreign_pointer, ROOMY_HEAP, NOT_OURS),
        stopped_with(realloc_to_0_of_a_foreign_pointer, ROOMY_HEAP, NOT_OURS),
        stopped_with(usable_size_of_a_foreign_pointer, ROOMY_HEAP, NOT_OURS),
        stopped_with(free_of_the_heaps_own_tables, ROOMY_HEAP, NOT_OURS),
        stopped_with(free_of_the_first_byte_after_the_heap, ROOMY_HEAP, NOT_OURS),
        stopped_with(free_of_a_block_that_is_free_in_its_slab, ROOMY_HEAP, DOUBLE_FREE),
        stopped_with(free_of_the_block_that_was_freed_last, ROOMY_HEAP, DOUBLE_FREE),
        stopped_with(free_of_a_block_that_is_deeper_in_a_list, ROOMY_HEAP, DOUBLE_FREE),
        stopped_with(free_of_a_block_in_a_page_given_back, ROOMY_HEAP, NO_BLOCKS),
        stopped_with(link_to_a_block_of_another_class, ROOMY_HEAP, BAD_LINK),
        stopped_with(wrong_size_of_a_block_had_by_the_last_resort, 64, WRONG_SIZE),
    };
    return cmocka_run_group_tests_name("core/misuse", tests, NULL, NULL);
}
