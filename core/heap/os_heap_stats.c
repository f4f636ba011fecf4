/* SPDX-License-Identifier: Apache-2.0 */
/* os_heap_stats. All figures are derived from the heap's structures. */
#include "arch.h"
#include "os/os_heap.h"
#include "osh_arena.h"
#include "osh_exhaust.h"
#include "osh_fallback.h"
#include "osh_guard.h"
#include "osh_heap_guard.h"
#include "osh_hit.h"
#include "osh_look.h"
#include "osh_regions.h"
#include "osh_start.h"

#include <string.h>

/* whole - part, but 0 if `part` is larger: the two were read at different moments, so while other
 * cores work a page or a block may have been counted twice. */
static size_t less(size_t whole, size_t part)
{
    return whole > part ? whole - part : 0;
}

OSH_PUBLIC void os_heap_stats(struct os_heap_stats *stats)
{
    memset(stats, 0, sizeof(*stats));
    if (!osh_heap_started()) {
        return;
    }
    struct osh_look look = {0};
    (void)osh_look_at_pages(&look, false);
    (void)osh_look_at_cached(&stats->cached, OSH_COUNT_BYTES);
    struct osh_fallback_stats fallback;
    osh_fallback_look(&fallback);
    size_t quarantined = 0; /* bytes of newlib's blocks in quarantine */
    size_t elsewhere = 0;   /* and of blocks in added regions */
    if (OSH_HARDENING >= 2) {
        size_t slabs;
        osh_heap_quarantined(&slabs, &quarantined, &elsewhere);
        stats->cached += slabs;
        quarantined = quarantined < fallback.live ? quarantined : fallback.live;
    }
    stats->port = osh_arch_name();
    stats->cores = osh_arch_cores();
    stats->page = OSH_PAGE_BYTES;
    stats->region = osh_arena.pages << OSH_PAGE_LOG2;
    stats->tables = osh_arena.base - osh_arena.tables;
    stats->slab_pages = look.slab_pages << OSH_PAGE_LOG2;
    stats->fallback_pages = fallback.pages << OSH_PAGE_LOG2;
    stats->free_pages = less(stats->region, stats->slab_pages + stats->fallback_pages);
    stats->live = less(look.out, stats->cached) + fallback.live - quarantined;
    stats->cached += quarantined + fallback.kept;
    stats->free = less(stats->region, stats->live + stats->cached);
    stats->high_water = osh_load(&osh_arena.most_used) << OSH_PAGE_LOG2;
    stats->deferred_frees = fallback.deferred;
    stats->deferred_pending = fallback.pending;
    stats->out_of_memory = osh_heap_failures();
    osh_holes_add(&look.holes, fallback.holes.count, fallback.holes.smallest,
                  fallback.holes.largest);
    stats->free_blocks = look.holes.count;
    stats->smallest_free = look.holes.smallest;
    stats->largest_free = look.holes.largest;
    stats->cached_bound = stats->cores * osh_class_core_bound + osh_class_shared_bound;
    if (osh_regions() != NULL) {
        osh_regions()->stats(stats);
        stats->live = less(stats->live, elsewhere);
        stats->cached += elsewhere;
    }
    stats->largest_free = osh_hit_room(less(stats->largest_free, OSH_TRAILER_BYTES));
}
