/* SPDX-License-Identifier: Apache-2.0 */
/* os_malloc and os_free after the fast path failed: for the other calls of the API. */
#ifndef OSH_HEAP_H
#define OSH_HEAP_H

#include "osh_compiler.h"

#include <stddef.h>
#include <stdint.h>

OSH_HIDDEN void *osh_malloc_slow(size_t size, const void *caller);
OSH_HIDDEN void osh_free_missed(void *ptr);
OSH_HIDDEN void osh_free_slow(void *ptr, const void *caller);

/* Gets a block of the first region, or of an added one with all of `caps`: starts the heap if
 * needed, and tries the last resort. `alignment` as in osh_heap_try. */
OSH_HIDDEN void *osh_heap_get(size_t alignment, size_t size, uint32_t caps);

#endif
