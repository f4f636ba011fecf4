/* SPDX-License-Identifier: Apache-2.0 */
/* The way to NULL: what is tried when there seems to be no memory left. */
#ifndef OSH_EXHAUST_H
#define OSH_EXHAUST_H

#include "arch.h"
#include "osh_compiler.h"

#include <stddef.h>
#include <stdint.h>

/* What is tried before NULL is returned: added regions with all of `caps` (osh_regions.h), then
 * everything cached is offered back, and what follows. */
OSH_HIDDEN void *osh_heap_last_resort(size_t alignment, size_t size, uint32_t caps);

/* From free memory of any kind: any slab of this class or a larger one, a new slab, newlib's heap
 * wherever pages are free; then from an added region. By one comparison where the first region
 * refused that much and nothing has come free since: see osh_brink.h. Counts the failures. */
OSH_HIDDEN void *osh_heap_at_brink(size_t alignment, size_t size, uint32_t caps);

/* Offers everything cached back to slabs and arena, and leaves the cores' lists stopped. Any
 * context; in an interrupt it only ends level 2's quarantine. It does nothing when another task is
 * about it and the caller may not wait. */
OSH_HIDDEN void osh_heap_reclaim(void);

/* Sets the cores' lists going. Likewise, and never waits. */
OSH_HIDDEN void osh_heap_go_on(void);

/* Counts a request whose result is `block`, as refused or as served. Returns the block. */
OSH_HIDDEN void *osh_heap_counted(void *block);

/* Calls that returned NULL: a statistic, which publishes nothing. */
OSH_SHARED osh_word_t osh_heap_nulls;

/* Counts a refusal, and returns NULL. */
static inline void *osh_heap_refused(void)
{
    (void)osh_fetch_add(&osh_heap_nulls, 1); /* publishes nothing */
    OSH_ARCH_REFUSED();
    return NULL;
}

/* The number of calls that returned NULL because memory was out. */
OSH_HIDDEN size_t osh_heap_failures(void);

#endif
