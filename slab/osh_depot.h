/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The depot: for every class a few slots, each empty or holding one magazine,
 * through which cores hand magazines to each other. Slots, not stacks: a slot
 * is one word that is only ever compared with "empty", so there is no ABA.
 *
 * Wait-free, any context, any core: O(OSH_DEPOT_SLOTS).
 */
#ifndef OSH_DEPOT_H
#define OSH_DEPOT_H

#include "arch.h"

/* Leaves a magazine in an empty slot; false when there is none. */
OSH_HIDDEN bool osh_depot_put(unsigned cls, struct osh_chain magazine);

/* Takes a magazine; the empty chain when there is none. */
OSH_HIDDEN struct osh_chain osh_depot_get(unsigned cls);

/* Takes every magazine there is and hands each to `give`. */
OSH_HIDDEN void osh_depot_reclaim(void (*give)(unsigned cls, struct osh_chain magazine));

/* What slot `slot` holds now: a snapshot. */
OSH_HIDDEN struct osh_chain osh_depot_peek(unsigned cls, unsigned slot);

#endif
