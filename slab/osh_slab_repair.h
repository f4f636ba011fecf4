/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In the child of a fork: what threads that are no more have left in the middle.
 */
#ifndef OSH_SLAB_REPAIR_H
#define OSH_SLAB_REPAIR_H

#include "osh_compiler.h"

/* Makes counts and owners of pages agree with the bits again. A reservation that nobody
 * collects becomes free objects, objects that were not counted yet are counted, a page
 * that was on its way between arena and slab goes back. The caller is alone: no other
 * thread, no handler, and not itself inside the heap. O(pages that were ever opened). */
OSH_HIDDEN void osh_slab_repair(void);

#endif
