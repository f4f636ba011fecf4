/* SPDX-License-Identifier: Apache-2.0 */
#include "calls.h"

#include "arch.h"
#include "input.h"
#include "judged.h"
#include "os/os_heap_linux.h"
#include "world.h"

#include <stdlib.h>

#define NESTED_MOST 3

static bool may_allocate; /* here: not where a mutex could be waited for in vain */

static void act(void);

/* An interrupt of this core: bracketed it may do anything, else it only frees. */
static void interrupt(bool bracketed)
{
    bool before = may_allocate;
    may_allocate = bracketed;
    if (bracketed) {
        os_heap_signal_enter();
    }
    for (unsigned left = 1 + input_byte() % 6; left > 0 && input_left(); left--) {
        act();
    }
    if (bracketed) {
        os_heap_signal_leave();
    }
    may_allocate = before;
}

/* At a seam of a call that is in flight. */
static void nested(void)
{
    unsigned how = input_byte();
    unsigned core = input_byte();
    bool before = may_allocate;
    if (judged.depth == NESTED_MOST) {
        return;
    }
    TELL("at a seam: %s\n", how % 2 == 0 ? "an interrupt" : "another core");
    judged.depth++;
    if (how % 2 == 0 || !world_os_started() || osh_arch_in_interrupt()) {
        interrupt(osh_arch_in_interrupt() || how % 4 != 2);
    } else {
        may_allocate = !world_would_block();
        world_run_on(core);
        for (unsigned left = 1 + how / 2 % 8; left > 0 && input_left(); left--) {
            act();
        }
    }
    may_allocate = before;
    judged.depth--;
}

static void change_the_world(unsigned what)
{
    TELL("world: %u\n", what % 5);
    switch (what % 5) {
    case 0:
        if (world_os_started()) {
            world_run_on(input_byte());
        }
        break;
    case 1:
        if (judged.depth == 0) { /* the OS is not started within a call of the heap */
            world_start_os();
        }
        break;
    case 2:
        world_memory_out(what & 8, input_byte() % 16, 1 + input_byte() % 32);
        break;
    default:
        world_at_seam(input_byte() % 32, nested);
    }
}

static void act(void)
{
    unsigned what = input_byte();
    unsigned kind = what % 32;
    if (kind < 12 || kind == 21) {
        struct block *block = input_place();
        if (kind < 7 || !may_allocate) {
            judged_release(block);
        } else {
            judged_allocate(block, input_size(), kind == 21 ? 1 : kind - 7);
        }
    } else if (kind < 16) {
        if (may_allocate) {
            judged_resize(input_place(), input_size(), kind % 2);
        }
    } else if (kind == 16 && may_allocate) {
        judged_fill(input_size());
    } else if (kind == 17) {
        judged_release_every(1 + input_byte() % 4);
    } else if (kind == 18 && may_allocate) {
        judged_trim();
    } else if (kind == 19) {
        judged_look();
    } else if (kind == 20 && judged.depth < NESTED_MOST && judged.depth == 0) {
        judged.depth++;
        interrupt(true);
        judged.depth--;
    } else if (kind > 21) {
        change_the_world(what / 32 + kind);
    }
}

/* All is given back: then it must all be there. */
static void finish(void)
{
    world_at_seam(0, NULL);
    world_memory_out(false, 0, 0);
    judged_release_every(1);
    judged_look();
    judged_trim();
    judged_look();
    struct os_heap_stats stats = judged_stats();
    if (stats.live + stats.cached + stats.slab_pages + stats.fallback_pages != 0 ||
        stats.free_pages != stats.region || stats.deferred_pending != 0) {
        world_fail("something is left", NULL);
    }
    judged_allocate(&blocks[0], stats.region / 10 * 8, 2);
    if (blocks[0].at == NULL) {
        world_fail("no block of most of an empty heap", NULL);
    }
    judged_release(&blocks[0]);
}

uint64_t calls_run(const uint8_t *bytes, size_t count)
{
    judged = (struct judged){.tells = getenv("OSHEAP_FUZZ_TRACE") != NULL};
    input_begin(bytes, count);
    may_allocate = true;
    unsigned shape = input_byte();
    world_begin((32 + shape % 8 * 32) * KIB, (size_t)(shape / 8) * 8);
    if (shape & 8) {
        world_add_region(shape & 16 ? OS_HEAP_CAP_DMA : OS_HEAP_CAP_DMA | OS_HEAP_CAP_DEFAULT);
    }
    blocks_begin();
    while (input_left()) {
        act();
    }
    finish();
    return judged.calls;
}
