/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calls: every public call on every path that can be brought about, from a task and
 * from an interrupt handler. For the longest of each, not for means.
 */
#include "arch.h"
#include "cores.h"
#include "lines.h"
#include "measure.h"
#include "os/os_heap.h"
#include "os/os_heap_port.h"
#include "storm.h"

enum { SMALL = 32, LARGE = 3 * OSH_SLAB_MAX, TURNS = 200, STACK = 8192 };

/* All of them pass words in the same registers, on every CPU there is a port for. */
union function {
    void *(*sized)(size_t size);
    void *(*two_sizes)(size_t count, size_t size);
    void *(*resize)(void *block, size_t size);
    void (*end)(void *block);
    void (*end_sized)(void *block, size_t size);
    size_t (*ask)(const void *block);
    size_t (*trim)(void);
    void (*stats)(struct os_heap_stats *stats);
    const char *(*check)(void);
    measure_any any;
};

static const union function f_malloc = {.sized = os_malloc};
static const union function f_calloc = {.two_sizes = os_calloc};
static const union function f_aligned = {.two_sizes = os_aligned_alloc};
static const union function f_realloc = {.resize = os_realloc};
static const union function f_free = {.end = os_free};
static const union function f_free_sized = {.end_sized = os_free_sized};
static const union function f_usable = {.ask = os_malloc_usable_size};
static const union function f_trim = {.trim = os_heap_trim};
static const union function f_stats = {.stats = os_heap_stats};
static const union function f_check = {.check = os_heap_check};

/* A call that gives a block, or with `wanted` false must not. */
static void *get(const char *name, union function f, uintptr_t first, uintptr_t second, bool wanted)
{
    uintptr_t block;
    uint32_t length = measure_call(f.any, first, second, &block);
    if ((block != 0) != wanted) {
        line_text(name);
        line_end();
        line_die(wanted ? "no block there: second argument" : "a block there: second argument",
                 (uint32_t)second);
    }
    measure_longest(name, length);
    return (void *)block; /* NOLINT */
}

static void call(const char *name, union function f, const void *block, uintptr_t second)
{
    measure_longest(name, measure_call(f.any, (uintptr_t)block, second, NULL));
}

/* What both contexts may do. */
static void small_anywhere(bool interrupt)
{
    void *block = os_malloc(SMALL);
    os_free(block); /* the next one is a hit */
    block = get(interrupt ? "os_malloc_small_hit_interrupt" : "os_malloc_small_hit", f_malloc,
                SMALL, 0, true);
    block = get(interrupt ? "os_realloc_same_class_interrupt" : "os_realloc_same_class", f_realloc,
                (uintptr_t)block, SMALL - 1, true);
    block = get(interrupt ? "os_realloc_32_to_200_interrupt" : "os_realloc_32_to_200", f_realloc,
                (uintptr_t)block, 200, true);
    block = get(interrupt ? "os_realloc_200_to_32_interrupt" : "os_realloc_200_to_32", f_realloc,
                (uintptr_t)block, SMALL, true);
    call(interrupt ? "os_malloc_usable_size_interrupt" : "os_malloc_usable_size", f_usable, block,
         0);
    call(interrupt ? "os_free_small_hit_interrupt" : "os_free_small_hit", f_free, block, 0);
    block = get(interrupt ? "os_calloc_64_interrupt" : "os_calloc_64", f_calloc, 4, 16, true);
    call(interrupt ? "os_free_sized_interrupt" : "os_free_sized", f_free_sized, block, 64);
    block = get(interrupt ? "os_aligned_alloc_64_interrupt" : "os_aligned_alloc_64", f_aligned, 64,
                64, true);
    os_free(block);
    call(interrupt ? "os_free_null_interrupt" : "os_free_null", f_free, NULL, 0);
}

/* More than all magazines of the class hold, so that every kind of miss is met. */
static void *many[TURNS];

static void misses(const char *malloc_name, const char *free_name, size_t size)
{
    for (unsigned i = 0; i < TURNS; i++) {
        many[i] = get(malloc_name, f_malloc, size, 0, true);
    }
    for (unsigned i = 0; i < TURNS; i++) {
        call(free_name, f_free, many[(i * 7) % TURNS], 0);
    }
}

static void large_in_task(void)
{
    void *block = get("os_malloc_large", f_malloc, LARGE, 0, true);
    block = get("os_realloc_large_in_place", f_realloc, (uintptr_t)block, LARGE + 64, true);
    void *behind = os_malloc(LARGE);
    block = get("os_realloc_large_moves", f_realloc, (uintptr_t)block, (uintptr_t)3 * LARGE, true);
    os_free(behind);
    call("os_malloc_usable_size_large", f_usable, block, 0);
    block = get("os_realloc_large_to_32", f_realloc, (uintptr_t)block, SMALL, true);
    block = get("os_realloc_32_to_large", f_realloc, (uintptr_t)block, LARGE, true);
    call("os_free_large", f_free, block, 0);
    block = get("os_calloc_large", f_calloc, 3, OSH_SLAB_MAX, true);
    os_free(block);
    block = get("os_aligned_alloc_large", f_aligned, 64, LARGE, true);
    os_free(block);
}

/* Another task holds the mutex: a free must not wait for it. */
static void large_while_locked(void)
{
    void *block = os_malloc(LARGE);
    void *other = os_malloc(LARGE);
    if (!os_heap_port_try_lock(OSH_MUTEX_FALLBACK)) {
        line_die("the mutex is held", 0);
    }
    call("os_free_large_deferred", f_free, block, 0);
    call("os_free_large_deferred", f_free, other, 0);
    os_heap_port_unlock(OSH_MUTEX_FALLBACK);
    block = get("os_malloc_large_drains_two", f_malloc, LARGE, 0, true);
    os_free(block);
}

static void *large_for_interrupt;

static void in_interrupt(void)
{
    for (unsigned i = 0; i < 8; i++) {
        small_anywhere(true);
    }
    misses("os_malloc_small_refill_interrupt", "os_free_small_overflow_interrupt", SMALL);
    misses("os_malloc_small_refill_interrupt", "os_free_small_overflow_interrupt", 200);
    (void)get("os_malloc_large_interrupt", f_malloc, LARGE, 0, false);
    (void)get("os_realloc_large_interrupt", f_realloc, (uintptr_t)large_for_interrupt,
              (uintptr_t)8 * LARGE, false);
    call("os_free_large_interrupt", f_free, large_for_interrupt, 0);
}

static void with_interrupts(void)
{
    for (unsigned i = 0; i < 8; i++) {
        small_anywhere(false);
        large_in_task();
        large_while_locked();
    }
    misses("os_malloc_small_refill", "os_free_small_overflow", SMALL);
    misses("os_malloc_small_refill", "os_free_small_overflow", 200);
    large_for_interrupt = os_malloc(LARGE);
    cores_interrupt(in_interrupt);
    struct os_heap_stats stats;
    call("os_heap_stats", f_stats, &stats, 0);
    call("os_heap_check", f_check, NULL, 0);
    call("os_heap_trim", f_trim, NULL, 0);
    storm_finish();
}

static unsigned char stack[STACK] __attribute__((aligned(16)));

static void run(unsigned core)
{
    (void)core;
    board_run_on((uintptr_t)stack + sizeof(stack), with_interrupts);
}

/* A region of its own size: stats, check and trim walk all of it. */
const struct scenario storm_calls = {
    .name = "calls", .cores = 1, .region_bytes = 256 * 1024, .run = run};
