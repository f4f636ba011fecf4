/* SPDX-License-Identifier: Apache-2.0 */
/* os_heap_trim. */
#include "arch.h"
#include "os/os_heap.h"
#include "osh_arena.h"
#include "osh_brink.h"
#include "osh_depot.h"
#include "osh_exhaust.h"
#include "osh_slab.h"
#include "osh_start.h"
#include "osh_take.h"
#include "osh_trim.h"

size_t osh_heap_decommit(void)
{
    if (!osh_heap_started() || !OSH_ARCH_DECOMMITS) {
        return 0;
    }
    /* osh_arena_decommit() claims the free pages meanwhile. A task that finds no page takes this
     * mutex in the last resort, and so waits until the pages are free again. */
    enum osh_taken taken = osh_take(OSH_MUTEX_RECLAIM, true);
    if (taken == OSH_REFUSED) {
        return 0; /* a handler that nobody announced has interrupted a reclaim */
    }
    if (OSH_DEPOT_SLOTS > 0) {
        osh_depot_reclaim(osh_slab_put);
    }
    size_t bytes = osh_arena_decommit();
    if (taken == OSH_LOCKED) {
        osh_arch_unlock(OSH_MUTEX_RECLAIM);
    }
    return bytes;
}

OSH_PUBLIC size_t os_heap_trim(void)
{
    /* osh_heap_reclaim() itself does nothing in an interrupt. */
    if (!osh_heap_started() || (OSH_ARCH_DECOMMITS && osh_arch_in_interrupt())) {
        return 0;
    }
    osh_heap_reclaim();
    if (OSH_BRINK_STOPS) {
        osh_heap_go_on();
    }
    return osh_heap_decommit();
}
