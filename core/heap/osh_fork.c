/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_fork.h"

#include "arch.h"
#include "osh_fallback.h"
#include "osh_gaps.h"
#include "osh_gauge.h"
#include "osh_kept.h"
#include "osh_magazine.h"
#include "osh_regions.h"
#include "osh_slab_repair.h"
#include "osh_start.h"
#include "osh_take.h"

/* Which mutexes the forking thread took. The child's only thread is a copy of it. */
static _Thread_local bool reclaim_is_ours;
static _Thread_local bool fallback_is_ours;

/* Takes both mutexes, in the order in which a reclaim takes them. While they are held nobody stops
 * a list or sets it going, nobody starts the heap, and newlib's heap is whole. */
void osh_fork_prepare(void)
{
    reclaim_is_ours = osh_take(OSH_MUTEX_RECLAIM, true) == OSH_LOCKED;
    fallback_is_ours = osh_fallback_hold();
}

void osh_fork_in_parent(void)
{
    if (fallback_is_ours) {
        osh_fallback_let_go();
    }
    if (reclaim_is_ours) {
        osh_arch_unlock(OSH_MUTEX_RECLAIM);
    }
}

/* Slabs and lists change without a mutex, so other threads may have been changing them at the fork:
 * repairs them. Not in an interrupt: the interrupted call continues in the child and finishes its
 * own changes. */
void osh_fork_in_child(void)
{
    if (osh_heap_has_started() && !osh_arch_in_interrupt()) {
        osh_slab_repair();
        if (osh_regions() != NULL) { /* their blocks are counted with the slabs' objects */
            osh_gauge_taken(osh_regions()->repair());
        }
        osh_gaps_repair(); /* after all pages without an owner came free */
        if (OSH_KEPT_BYTES > 0) {
            osh_kept_repair();
        }
        osh_magazine_go_on();
    }
    osh_fork_in_parent();
}
