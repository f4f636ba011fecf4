/* SPDX-License-Identifier: Apache-2.0 */
/* os_heap_stats and os_heap_trim: everything is derived from the structures. */
#include "arch.h"
#include "os/os_heap.h"
#include "osh_fallback.h"
#include "osh_heap.h"
#include "osh_heap_guard.h"
#include "osh_magazine.h"
#include "osh_slab.h"
#include "osh_slab_table.h"

#include <string.h>

static size_t cached_of_class(unsigned cls)
{
    size_t blocks = 0;
    for (unsigned list = 0; list < osh_magazine_lists(); list++) {
        blocks += osh_magazine_peek(cls, list).count;
    }
    return blocks * osh_class_bytes(cls);
}

/* Bytes in objects that are not free in their slabs: live or cached. */
static size_t out_of_slabs(size_t *slab_pages)
{
    size_t bytes = 0;
    for (size_t page = 0; page < osh_arena.pages; page++) {
        if (page % OSH_WORD_BITS == 0 && osh_load(&osh_arena.claimed[page / OSH_WORD_BITS]) == 0) {
            page += OSH_WORD_BITS - 1;
            continue;
        }
        struct osh_slab_state slab = osh_slab_state(page);
        if (slab.cls != 0) {
            *slab_pages += (size_t)1 << osh_class_run(slab.cls);
            bytes += (osh_class_info[slab.cls].objects - slab.free) * osh_class_bytes(slab.cls);
        }
    }
    return bytes;
}

OSH_PUBLIC void os_heap_stats(struct os_heap_stats *stats)
{
    memset(stats, 0, sizeof(*stats));
    if (!osh_heap_started()) {
        return;
    }
    size_t slab_pages = 0;
    size_t out = out_of_slabs(&slab_pages);
    for (unsigned cls = 1; cls <= OSH_CLASS_MAX; cls++) {
        stats->cached += cached_of_class(cls);
    }
    struct osh_fallback_stats fallback = osh_fallback_stats();
    size_t quarantined = 0; /* of newlib's blocks */
    if (OSH_HARDENING >= 3) {
        size_t slabs;
        osh_heap_quarantined(&slabs, &quarantined);
        stats->cached += slabs;
        quarantined = quarantined < fallback.live ? quarantined : fallback.live;
    }
    stats->port = osh_arch_name();
    stats->cores = osh_arch_cores();
    stats->page = OSH_PAGE_BYTES;
    stats->region = osh_arena.pages << OSH_PAGE_LOG2;
    stats->tables = osh_arena.base - osh_arena.tables;
    stats->slab_pages = slab_pages << OSH_PAGE_LOG2;
    stats->fallback_pages = fallback.pages << OSH_PAGE_LOG2;
    stats->free_pages = stats->region - stats->slab_pages - stats->fallback_pages;
    /* A core at work may move blocks into its caches between the two looks. */
    stats->live = (out > stats->cached ? out - stats->cached : 0) + fallback.live - quarantined;
    stats->cached += quarantined;
    stats->free = stats->region - stats->live - stats->cached;
    stats->high_water = osh_load(&osh_arena.most_used) << OSH_PAGE_LOG2;
    stats->deferred_frees = fallback.deferred;
    stats->deferred_pending = fallback.pending;
    stats->out_of_memory = osh_heap_failures();
    stats->cached_bound = osh_class_cached_bound;
}

OSH_PUBLIC size_t os_heap_trim(void)
{
    if (!osh_heap_started() || osh_arch_in_interrupt()) {
        return 0;
    }
    osh_heap_reclaim();
    return osh_arena_decommit();
}
