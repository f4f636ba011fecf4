// SPDX-License-Identifier: Apache-2.0
// Slots through which threads exchange what they hold, without waiting.
#ifndef STORM_MAILBOX_H
#define STORM_MAILBOX_H

#include <stdatomic.h>

#include "storm.h"

struct storm_mailbox {
    _Alignas(STORM_LINE) _Atomic(void *) content;
};

// Leaves `mine`, takes what lies there. Acquire and release: the blocks written
// by whoever left it are seen by whoever takes it, at this same exchange.
static inline void *storm_exchange(struct storm_mailbox *box, void *mine)
{
    return atomic_exchange_explicit(&box->content, mine, memory_order_acq_rel);
}

// The mailbox for a thread's n-th exchange: walking round lets a thing left by
// one thread reach every other.
static inline struct storm_mailbox *storm_mailbox_for(struct storm_mailbox *boxes,
                                                      const struct storm_thread *t, unsigned n)
{
    return &boxes[(t->id + n) % storm.threads];
}

#endif
