/* SPDX-License-Identifier: Apache-2.0 */
/* The first calls of all, and the whole heap at work. */
#include "os/os_heap.h"
#include "osh_class.h"
#include "osh_guard.h"
#include "scenario.h"

#define SMALL ((size_t)256 - OSH_TRAILER_BYTES)
#define LARGE ((size_t)600)

static void *allocate(size_t size)
{
    return hold(os_malloc(size), size);
}

static void give(void *block, size_t size)
{
    if (block != NULL) {
        unhold(block, size);
        os_free(block);
    }
}

static void first_call(void)
{
    void *block = allocate(SMALL);
    REQUIRE(block != NULL);
    give(block, SMALL);
}

static void first_call_of_handler(void)
{
    give(allocate(SMALL), SMALL); /* may be NULL: the start was interrupted */
}

const struct scenario start_heap = {
    .name = "start",
    .promise = "one of several first calls starts the heap, the others find it whole",
    .pages = 8,
    .unstarted = true,
    .task = {first_call, first_call},
    .handler = {first_call_of_handler, NULL},
    .core = {0, 1},
    .check = nothing_is_lost,
    .quick = {1, 1, 0, 0},
    .deep = {2, 1, 0, 1},
};

static void *first_half[2];

static void two_small(void)
{
    first_half[0] = os_malloc(SMALL);
    first_half[1] = os_malloc(SMALL);
    REQUIRE(first_half[0] != NULL && first_half[1] != NULL);
}

static void free_0_then_large(void)
{
    os_free(first_half[0]);
    give(allocate(LARGE), LARGE);
}

static void free_1_then_small(void)
{
    os_free(first_half[1]);
    give(allocate(SMALL), SMALL);
}

const struct scenario heap_brink = {
    .name = "heap-brink",
    .promise = "at the brink, one that wants large and one that wants small lose nothing",
    .pages = 2,
    .setup = two_small,
    .task = {free_0_then_large, free_1_then_small},
    .core = {0, 1},
    .check = nothing_is_lost,
    .quick = {2, 0, 0, 1},
    .deep = {3, 0, 0, 2},
};
