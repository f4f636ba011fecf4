/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The portable port's lists on Linux. Threads pick the lists of the CPU they
 * run on, and look again at every miss; where they really run does not matter
 * for correctness, and bounds memory by cores all the same.
 */
#ifndef OSH_PAIRS_H
#define OSH_PAIRS_H

#include "osh_lists.h"
#include "osh_pair.h"

/* initial-exec works wherever the library is linked; local-exec, one
 * instruction shorter, only where it ends in an executable. */
#ifndef OSH_TLS_MODEL
#define OSH_TLS_MODEL "initial-exec"
#endif

OSH_SHARED _Thread_local struct osh_lists *osh_pairs_mine __attribute__((tls_model(OSH_TLS_MODEL)));

OSH_INLINE void *osh_pairs_pop(unsigned cls)
{
    return osh_pair_pop(&osh_pairs_mine->of.pair[OSH_ACTIVE][cls]);
}

OSH_INLINE bool osh_pairs_push(unsigned cls, void *block)
{
    return osh_pair_push(&osh_pairs_mine->of.pair[OSH_ACTIVE][cls], block);
}

OSH_HIDDEN unsigned osh_pairs_core(void);

/* Any number of cores does: threads share the lists there are. */
#define OSH_PAIRS_CORES 64u /* where the kernel does not say how many */
OSH_HIDDEN void osh_pairs_start(unsigned cores);
/* The same, and after a miss on the lists of the CPU that this thread runs on now. */
OSH_HIDDEN void *osh_pairs_pop_here(unsigned cls);
OSH_HIDDEN bool osh_pairs_push_here(unsigned cls, void *block);

/* Sets those lists of the core going that are stopped. */
OSH_HIDDEN void osh_pairs_go_on(unsigned core);

OSH_HIDDEN bool osh_pairs_exchange(enum osh_which which, unsigned cls, struct osh_chain *io);
OSH_HIDDEN bool osh_pairs_stop(unsigned core, void (*give)(unsigned, struct osh_chain));
OSH_HIDDEN struct osh_chain osh_pairs_peek(unsigned core, enum osh_which which, unsigned cls);

#endif
