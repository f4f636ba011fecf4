/* SPDX-License-Identifier: Apache-2.0 */
/* How the heap gets its region, once. */
#include "arch.h"
#include "os/os_heap.h"
#include "osh_guard.h"
#include "osh_heap.h"
#include "osh_layout.h"
#include "osh_slab.h"
#include "osh_tools.h"

#include <string.h>

enum { NOT_STARTED, STARTING, STARTED };
static osh_word_t progress = NOT_STARTED;

/* Lays tables and pages out in the region; false when not even one page fits. */
static bool lay_out(void *region, size_t bytes, bool zeroed)
{
    uintptr_t start = OSH_ALIGN_UP((uintptr_t)region, OSH_CACHELINE);
    uintptr_t end = (uintptr_t)region + bytes;
    if (end < start) {
        return false;
    }
    size_t pages = (end - start) >> OSH_PAGE_LOG2;
    if (pages > OSH_ARCH_REGION_MAX >> OSH_PAGE_LOG2) {
        pages = OSH_ARCH_REGION_MAX >> OSH_PAGE_LOG2;
    }
    for (; pages > 0; pages--) {
        uintptr_t base = OSH_LAYOUT_BASE(start, pages);
        if (base - start + ((uintptr_t)pages << OSH_PAGE_LOG2) <= end - start) {
            if (!zeroed) {
                memset((void *)start, 0, base - start);
            }
            osh_arena_start(base, pages, (void *)start);
            osh_slab_start(pages, (void *)(start + OSH_ARENA_TABLE_BYTES(pages)));
            return true;
        }
    }
    return false;
}

/* The fast paths read these fields without ordering: so everybody must be made
 * to see the rest before the two that let them in. */
static void open_fast_paths(void)
{
    osh_hot.base = osh_arena.base;
    osh_hot.page_class = osh_arena.page_class;
    osh_arch_publish();
    if (osh_arch_fast()) {
        osh_hot.fast_bytes = osh_arena.pages << OSH_PAGE_LOG2;
        size_t table = OSH_TABLE_MAX < OSH_SLAB_MAX ? OSH_TABLE_MAX : OSH_SLAB_MAX;
        osh_hot.fast_sizes = table + 1;
    }
}

/* True for the one caller that is to start the heap; others wait for it. In an
 * interrupt there is no waiting: then false, with the heap not started. */
static bool win_start(void)
{
    osh_word_t expected = NOT_STARTED;
    /* Pairs with the stores of finish(). */
    if (osh_cas(&progress, &expected, STARTING)) {
        return true;
    }
    while (osh_load_acquire(&progress) == STARTING && !osh_arch_in_interrupt()) {
        osh_arch_yield();
    }
    return false;
}

static bool finish(bool started)
{
    /* Publishes all that starting wrote; pairs with the loads of `progress`. */
    osh_store_release(&progress, started ? STARTED : NOT_STARTED);
    return started;
}

static bool start(void *region, size_t bytes, bool zeroed)
{
    if (!lay_out(region, bytes, zeroed)) {
        return finish(false);
    }
    osh_tools_region((void *)osh_arena.tables,
                     osh_arena_address(osh_arena.pages) - osh_arena.tables);
    if (OSH_HARDENING > 0) {
        osh_guard_start();
    }
    osh_arch_start();
    open_fast_paths();
    return finish(true);
}

bool osh_heap_started(void)
{
    if (OSH_LIKELY(osh_load_acquire(&progress) == STARTED)) {
        return true;
    }
    if (!win_start()) {
        return osh_load_acquire(&progress) == STARTED;
    }
    void *region;
    size_t bytes;
    if (!osh_arch_region(&region, &bytes)) {
        return finish(false);
    }
    return start(region, bytes, OSH_ARCH_REGION_ZEROED);
}

OSH_PUBLIC int os_heap_init(void *region, size_t bytes)
{
    if (region == NULL) {
        return OS_HEAP_EINVAL;
    }
    if (!win_start()) {
        return OS_HEAP_EALREADY;
    }
    return start(region, bytes, false) ? 0 : OS_HEAP_EINVAL;
}
