/* SPDX-License-Identifier: Apache-2.0 */
/* Everything out of the caches, which go on. */
#ifndef TESTS_RECLAIM_H
#define TESTS_RECLAIM_H

#include "arch.h"
#include "osh_magazine.h"
#include "osh_take.h"

static inline void reclaim_core(unsigned core, void (*give)(unsigned cls, struct osh_chain chain))
{
    (void)osh_arch_stop(core, give);
    osh_arch_go_on(core);
}

/* Under the mutex: a core whose lists begin meanwhile would set them going. */
static inline void reclaim_cores(void (*give)(unsigned cls, struct osh_chain chain))
{
    enum osh_taken taken = osh_take(OSH_MUTEX_RECLAIM, true);
    for (unsigned core = 0; core < osh_arch_cores(); core++) {
        reclaim_core(core, give);
    }
    if (taken == OSH_LOCKED) {
        osh_arch_unlock(OSH_MUTEX_RECLAIM);
    }
}

static inline void reclaim_magazines(void)
{
    osh_magazine_stop();
    osh_magazine_go_on();
}

#endif
