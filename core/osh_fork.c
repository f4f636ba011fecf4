/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_fork.h"

#include "arch.h"
#include "osh_fallback.h"
#include "osh_heap.h"
#include "osh_magazine.h"
#include "osh_slab_repair.h"
#include "osh_take.h"

/* Of the thread that forks, and so of the one that the child has. */
static _Thread_local bool reclaim_is_ours;
static _Thread_local bool fallback_is_ours;

/* In the order in which a reclaim takes them. So no list is stopped, nobody starts the
 * heap, and newlib's heap is whole. */
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

/* Slabs and lists are changed without a mutex: there others may have been at work. In
 * an interrupt the interrupted call goes on in the child, so its work must not be
 * put in order for it. */
void osh_fork_in_child(void)
{
    if (osh_heap_has_started() && !osh_arch_in_interrupt()) {
        osh_slab_repair();
        osh_magazine_go_on();
    }
    osh_fork_in_parent();
}
