/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The depot: magazines that are in no core's lists. Each class has slots, each empty or with one
 * magazine. A slot is one word, which is only compared with "empty": there is no ABA.
 *
 * On Linux the slots of a class are in parts, one for each core that the process may use, so that a
 * core gets back what it put: memory that it used last, and no other core. Each part begins with a
 * few slots. It gets twice as many when it has refused a magazine, was then emptied, and so would
 * have had use for that magazine; all parts together at most OSH_DEPOT_GROWTH bytes more.
 *
 * Lock-free, any context, any core: O(slots of the class).
 */
#ifndef OSH_DEPOT_H
#define OSH_DEPOT_H

#include "arch.h"

/* The depot has a part for each of so many cores, at most OSH_DEPOT_PARTS. Once, when the heap
 * starts; no magazine is in the depot. */
OSH_HIDDEN void osh_depot_start(unsigned cores);

/* Leaves a magazine in an empty slot of this core's part. False: it has none. */
OSH_HIDDEN bool osh_depot_put(unsigned cls, struct osh_chain magazine);

/* Takes the magazine that was put last in this core's part. The empty chain: it has none. */
OSH_HIDDEN struct osh_chain osh_depot_get(unsigned cls);

/* The same from the other parts, those that seem to have some. But not from a long part as long as
 * its own core has taken from it more often than others have asked, unless no page is left. */
OSH_HIDDEN struct osh_chain osh_depot_get_elsewhere(unsigned cls, bool no_page);

/* Before a class takes more pages: looks at a few parts of other classes, in turn. Passes a few
 * magazines of one that has grown to `give`, and takes half of the added slots from one that is
 * empty. O(OSH_DEPOT_SHRINKS). */
OSH_HIDDEN void osh_depot_shrink(unsigned cls,
                                 void (*give)(unsigned cls, struct osh_chain magazine));

/* Takes every magazine and passes each to `give`. */
OSH_HIDDEN void osh_depot_reclaim(void (*give)(unsigned cls, struct osh_chain magazine));

/* Bytes of all blocks in the depot: a snapshot, too much while a part has empty slots below its
 * top. O(parts x classes). Where there are no parts: 0. */
OSH_HIDDEN size_t osh_depot_bytes(void);

/* Slots that the class has or had. */
OSH_HIDDEN unsigned osh_depot_slots(unsigned cls);

/* What slot `slot`, below osh_depot_slots(cls), holds now: a snapshot. */
OSH_HIDDEN struct osh_chain osh_depot_peek(unsigned cls, unsigned slot);

#endif
