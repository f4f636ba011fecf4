/* SPDX-License-Identifier: Apache-2.0 */
/* The storm's allocator when it is not alone: its own check at the end of a run
 * would look at a heap that others are using. soak.c checks when they rest. */
#ifndef BESIDE_H
#define BESIDE_H

#define storm_check_heap storm_check_heap_alone
#include "alloc/osheap.h"
#undef storm_check_heap

static inline const char *storm_check_heap(void)
{
    return NULL;
}

#endif
