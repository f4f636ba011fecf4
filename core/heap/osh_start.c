/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_start.h"

#include "arch.h"
#include "os/os_heap.h"
#include "osh_arena_open.h"
#include "osh_brink.h"
#include "osh_depot.h"
#include "osh_fallback.h"
#include "osh_gaps.h"
#include "osh_guard.h"
#include "osh_harden.h"
#include "osh_layout.h"
#include "osh_report.h"
#include "osh_slab.h"
#include "osh_slab_open.h"
#include "osh_take.h"
#include "osh_tools.h"

#include <string.h>

enum { NOT_STARTED, STARTING, STARTED };
static osh_word_t progress = NOT_STARTED;
static osh_word_t was_small; /* 1: a region was refused because it is too small */

/* Lays out tables and pages in the region; false if not even one page fits. */
static bool lay_out(void *region, size_t bytes, bool zeroed)
{
    struct osh_layout layout = osh_layout((uintptr_t)region, bytes, OSH_ARCH_REGION_END);
    if (layout.pages == 0) {
        if (!OSH_ARCH_OPENS && bytes < OSH_LAYOUT_LEAST) {
            osh_store(&was_small, 1); /* only chooses a report's text: publishes nothing */
        }
        return false;
    }
    if (!zeroed) {
        memset((void *)layout.start, 0, layout.base - layout.start);
    }
    /* Huge pages begin at pages of even words. */
    uintptr_t first = OSH_ALIGN_UP(layout.base, OSH_HUGE_BYTES);
    if (OSH_ROW_LEAST > 0 && zeroed && layout.pages << OSH_PAGE_LOG2 >= OSH_ROW_REGION) {
        layout.pages -= (first - layout.base) >> OSH_PAGE_LOG2;
        layout.base = first;
    }
    osh_arena_start(layout.base, layout.pages, (void *)layout.start);
    if (OSH_ROW_LEAST > 0) {
        osh_arena_zeroed = zeroed;
    }
    if (OSH_ARCH_DECOMMITS) {
        osh_arena_purge_start(osh_arch_idle_bytes(), osh_arch_decay());
    }
    osh_slab_start(layout.pages, (void *)(layout.start + OSH_ARENA_TABLE_BYTES(layout.pages)));
    osh_slab_open_start(layout.pages);
    if (OSH_DEPOT_PARTS > 1) {
        osh_depot_start(OSH_ARCH_USABLE_CORES());
    }
    osh_fallback_start(layout.pages << OSH_PAGE_LOG2);
    /* Only the port's own region is zeroed, and only that is opened in steps. */
    if (OSH_ARCH_OPENS && zeroed && !osh_arena_open_first()) {
        return false;
    }
    osh_arena_mark_end();
    osh_gaps_released(layout.pages - 1); /* all pages are a gap */
    return true;
}

/* The fast paths read these fields without ordering. So every core must see all other fields before
 * it sees the two that admit it to the fast paths: osh_arch_publish() ensures this. */
static void open_fast_paths(void)
{
    osh_arch_publish();
    if (osh_arch_fast()) {
        uintptr_t bytes = osh_arena.pages << OSH_PAGE_LOG2;
        osh_hot.fast_bytes = bytes < OSH_START_REACH ? bytes : OSH_START_REACH;
        size_t table = OSH_TABLE_MAX < OSH_SLAB_MAX ? OSH_TABLE_MAX : OSH_SLAB_MAX;
        osh_hot.fast_sizes = table + 1;
    }
}

static bool start(void *region, size_t bytes, bool zeroed)
{
    if (!lay_out(region, bytes, zeroed)) {
        return false;
    }
    osh_tools_region((void *)osh_arena.tables,
                     osh_arena_address(osh_arena.pages) - osh_arena.tables);
    if (OSH_HARDENING > 0) {
        osh_guard_start();
    }
    osh_hot.base = osh_arena.base;
    osh_hot.page_class = osh_arena.page_class;
    osh_arch_start();
    open_fast_paths();
    if (OSH_BRINK_STOPS) {
        osh_brink_end();
    }
    return true;
}

/*
 * Starts the heap in `region`, or in the platform's region if that is NULL, unless it has started.
 * Once the OS has started this happens under a mutex: a task that spun here could keep the starter
 * from running. A caller that may not wait goes on without the mutex. If another start is in
 * progress, that caller returns without a heap, because it may have interrupted the starter.
 */
static int start_once(void *region, size_t bytes)
{
    int status = OS_HEAP_EALREADY;
    osh_word_t expected = NOT_STARTED;
    enum osh_taken taken = osh_take(OSH_MUTEX_RECLAIM, true);
    /* Observes an earlier start that failed; pairs with the store-release below. */
    if (osh_cas(&progress, &expected, STARTING)) {
        bool zeroed = region == NULL && OSH_ARCH_REGION_ZEROED;
        bool started =
            (region != NULL || osh_arch_region(&region, &bytes)) && start(region, bytes, zeroed);
        status = started ? 0 : OS_HEAP_EINVAL;
        /* Publishes all stores of the start; pairs with the load-acquires of `progress`. */
        osh_store_release(&progress, started ? STARTED : NOT_STARTED);
    }
    /* A start in progress here is on another core, by a caller without the mutex. That one cannot
     * wait, so it will finish. The load pairs with the store-release above. */
    while (taken == OSH_LOCKED && osh_load_acquire(&progress) == STARTING) {
        osh_arch_yield();
    }
    if (taken == OSH_LOCKED) {
        osh_arch_unlock(OSH_MUTEX_RECLAIM);
    }
    return status;
}

bool osh_heap_has_started(void)
{
    return osh_load_acquire(&progress) == STARTED; /* pairs with start_once() */
}

/* Without a region every allocation would give NULL for ever. A system that opens regions may have
 * one the next time, so there this is memory that is out. */
static OSH_COLD void report_no_region(void)
{
    if (osh_load(&was_small) != 0) { /* of this start, or of os_heap_init before it */
        osh_report(OS_HEAP_SMALL_REGION, (const void *)(uintptr_t)OSH_LAYOUT_LEAST, NULL);
    } else {
        osh_report(OS_HEAP_NO_REGION, NULL, NULL);
    }
}

bool osh_heap_started(void)
{
    if (OSH_LIKELY(osh_heap_has_started())) {
        return true;
    }
    int status = start_once(NULL, 0);
    if (!OSH_ARCH_OPENS && status == OS_HEAP_EINVAL) {
        report_no_region();
    }
    return status == 0 || osh_heap_has_started();
}

OSH_PUBLIC int os_heap_init(void *region, size_t bytes)
{
    return region == NULL ? OS_HEAP_EINVAL : start_once(region, bytes);
}
