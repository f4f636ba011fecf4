/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In the child of a fork: repairs the changes that the parent's other threads had not finished.
 */
#ifndef OSH_SLAB_REPAIR_H
#define OSH_SLAB_REPAIR_H

#include "osh_compiler.h"

/* Makes maps and owners of pages agree with the bits again, and gives back pages that were neither
 * the arena's nor a slab's yet. Objects that another thread held inside a call stay lost: at most a
 * slab or a list of objects for each thread. There must be no other thread and no handler, and
 * the caller must not be inside the heap. O(pages that were ever opened). */
OSH_HIDDEN void osh_slab_repair(void);

#endif
