/* SPDX-License-Identifier: Apache-2.0 */
/* From a pointer to what kind of block it is. */
#ifndef OSH_FIND_H
#define OSH_FIND_H

#include "osh_class.h"
#include "osh_compiler.h"

/* Class of a live block, 0 for a block of the newlib heap, OSH_ELSEWHERE for a block of an added
 * region (osh_regions.h). OSH_NO_CLASS, after a report, if `ptr`
 * is no live block, as far as the hardening level detects it. */
OSH_HIDDEN unsigned osh_heap_class_at(const void *ptr, const void *caller);
#define OSH_NO_CLASS OSH_CLASSES

#endif
