/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In the child of a fork: what threads that are no more have left in the middle.
 */
#ifndef OSH_SLAB_REPAIR_H
#define OSH_SLAB_REPAIR_H

#include "osh_compiler.h"

/* Makes maps and owners of pages agree with the bits again; a page that was on its way
 * between arena and slab goes back. Objects that a thread had in its hands remain lost, at
 * most a slab or a list of them a thread. The caller is alone: no other
 * thread, no handler, and not itself inside the heap. O(pages that were ever opened). */
OSH_HIDDEN void osh_slab_repair(void);

#endif
