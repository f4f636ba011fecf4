/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The portable port's lists on Linux. A thread uses the lists of the CPU on which it
 * runs, and asks for the CPU again at every miss. The lists are right for any thread on any CPU, so
 * an old CPU number does no harm. The number of cores bounds the memory in lists.
 */
#ifndef OSH_PAIRS_H
#define OSH_PAIRS_H

#include "osh_lists.h"
#include "osh_pair.h"

/* initial-exec works in any program. local-exec is one instruction shorter, but works only if the
 * library is linked into an executable. */
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

/* Any number of cores is right, because threads can share lists. */
#define OSH_PAIRS_CORES 64u /* used if the kernel does not tell the number of CPUs */
OSH_HIDDEN void osh_pairs_start(unsigned cores);
/* Pop and push; after a miss they try again on the lists of the CPU on which the thread runs now.
 */
OSH_HIDDEN void *osh_pairs_pop_here(unsigned cls);
OSH_HIDDEN bool osh_pairs_push_here(unsigned cls, void *block);

/* Makes the stopped lists of the core empty and running. */
OSH_HIDDEN void osh_pairs_go_on(unsigned core);

OSH_HIDDEN bool osh_pairs_exchange(enum osh_which which, unsigned cls, struct osh_chain *io);
OSH_HIDDEN bool osh_pairs_stop(unsigned core, void (*give)(unsigned, struct osh_chain));
OSH_HIDDEN struct osh_chain osh_pairs_peek(unsigned core, enum osh_which which, unsigned cls);

#endif
