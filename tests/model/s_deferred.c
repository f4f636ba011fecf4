/* SPDX-License-Identifier: Apache-2.0 */
/* Large frees: the try-lock, the deferred list, and who drains it. newlib's heap
 * behind them is the real one; being entered twice shows as a data race, or, by an
 * interrupt, in the guard around it. */
#include "arch.h"
#include "osh_arena.h"
#include "osh_deferred.h"
#include "osh_fallback.h"
#include "osh_newlib.h"
#include "osh_seal.h"
#include "scenario.h"

#define BYTES ((size_t)600)

static void *block[SCENARIO_TASKS];

/* The linker puts these around the library's calls into newlib. */
static unsigned inside;

__typeof__(osh_newlib_malloc) __real_osh_newlib_malloc;
__typeof__(osh_newlib_malloc) __wrap_osh_newlib_malloc;
__typeof__(osh_newlib_free) __real_osh_newlib_free;
__typeof__(osh_newlib_free) __wrap_osh_newlib_free;
__typeof__(osh_newlib_trim) __real_osh_newlib_trim;
__typeof__(osh_newlib_trim) __wrap_osh_newlib_trim;

static void begin(const char *what)
{
    if (machine_interrupt_depth() > 0) {
        machine_fail("an interrupt handler enters newlib's heap");
    }
    if (inside++ != 0) {
        machine_fail("newlib's heap is entered twice");
    }
    machine_step(what);
}

static void end(const char *what)
{
    machine_step(what);
    inside--;
}

void *__wrap_osh_newlib_malloc(size_t size)
{
    begin("newlib malloc begins");
    void *got = __real_osh_newlib_malloc(size);
    end("newlib malloc ends");
    return got;
}

void __wrap_osh_newlib_free(void *freed)
{
    begin("newlib free begins");
    __real_osh_newlib_free(freed);
    end("newlib free ends");
}

void __wrap_osh_newlib_trim(void)
{
    begin("newlib trim begins");
    __real_osh_newlib_trim();
    end("newlib trim ends");
}

static void *allocate(void)
{
    return osh_fallback_memalign(1, BYTES);
}

static void make_blocks(void)
{
    for (unsigned i = 0; i < SCENARIO_TASKS; i++) {
        block[i] = allocate();
        REQUIRE(block[i] != NULL);
    }
}

static void free_block(unsigned number)
{
    void *freed = block[number];
    block[number] = NULL;
    osh_fallback_free(freed, NULL);
}

static void free_0(void)
{
    free_block(0);
}

static void free_1(void)
{
    free_block(1);
}

static void free_2(void)
{
    free_block(2);
}

static void malloc_then_free(void)
{
    void *got = hold(allocate(), BYTES / 8 * 8);
    REQUIRE(got != NULL);
    unhold(got, BYTES / 8 * 8);
    osh_fallback_free(got, NULL);
}

static void handler_mallocs_and_frees(void)
{
    REQUIRE(allocate() == NULL);
    free_2();
}

static void none_pending(void)
{
    REQUIRE(!osh_deferred_pending());
    for (unsigned i = 0; i < SCENARIO_TASKS; i++) {
        if (block[i] != NULL) {
            free_block(i);
        }
    }
    nothing_is_lost();
}

const struct scenario deferred_two = {
    .name = "deferred-hand-over",
    .promise = "frees that meet a held lock are done when all calls have returned",
    .pages = 16,
    .setup = make_blocks,
    .task = {free_0, free_1},
    .core = {0, 1},
    .check = none_pending,
    .quick = {4, 0, 0, 3},
    .deep = {6, 0, 0, 4},
};

const struct scenario deferred_three = {
    .name = "deferred-three",
    .promise = "the same with an allocation and two frees",
    .pages = 16,
    .setup = make_blocks,
    .task = {malloc_then_free, free_1, free_2},
    .core = {0, 1, 2},
    .check = none_pending,
    .quick = {2, 0, 0, 1},
    .deep = {3, 0, 0, 2},
};

const struct scenario deferred_handler = {
    .name = "deferred-interrupt",
    .promise = "a handler's free never enters newlib's heap, and is done by who was inside",
    .pages = 16,
    .setup = make_blocks,
    .task = {malloc_then_free, free_1},
    .handler = {free_0, handler_mallocs_and_frees},
    .core = {0, 1},
    .check = none_pending,
    .quick = {2, 1, 0, 0},
    .deep = {2, 2, 0, 0},
};

/* No mutexes yet: a flag keeps the handler out. */
static void handler_that_is_a_task(void)
{
    free_2();
}

const struct scenario deferred_before = {
    .name = "deferred-before-os",
    .promise = "before the OS starts, what interrupts the heap's user defers its frees",
    .pages = 16,
    .before_os = true,
    .unmarked = true,
    .setup = make_blocks,
    .task = {malloc_then_free},
    .handler = {handler_that_is_a_task},
    .core = {0},
    .check = none_pending,
    .quick = {0, 1, 0, 0},
    .deep = {0, 1, 0, 2},
};

static void look(void)
{
    struct osh_fallback_stats stats;
    osh_fallback_look(&stats);
    REQUIRE(stats.pending <= stats.deferred);
    REQUIRE(stats.deferred <= 2);
}

const struct scenario deferred_look = {
    .name = "deferred-look",
    .promise = "no more frees are pending than were deferred, whenever one looks",
    .pages = 16,
    .setup = make_blocks,
    .task = {look, free_0, free_1},
    .core = {0, 1, 2},
    .check = none_pending,
    .quick = {2, 0, 0, 0},
    .deep = {3, 0, 0, 1},
};

/* Every large block was freed in handlers, and nobody has been inside since. */
static void all_deferred(void)
{
    make_blocks();
    for (unsigned i = 0; i < SCENARIO_TASKS; i++) {
        if (OSH_HARDENING > 0) {
            osh_seal_set(block[i], OSH_SEAL_DEFERRED);
        }
        osh_deferred_push(block[i]);
        block[i] = NULL;
    }
}

static void reclaim_then_no_page_is_newlibs(void)
{
    osh_fallback_reclaim();
    REQUIRE(osh_arena.brk_pages == 0);
}

const struct scenario deferred_reclaim = {
    .name = "deferred-reclaim",
    .promise = "a reclaim gives back the pages of what was deferred before it began",
    .pages = 16,
    .setup = all_deferred,
    .task = {reclaim_then_no_page_is_newlibs, reclaim_then_no_page_is_newlibs},
    .core = {0, 1},
    .check = none_pending,
    .quick = {3, 0, 0, 2},
    .deep = {5, 0, 0, 3},
};
