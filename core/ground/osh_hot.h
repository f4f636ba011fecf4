/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The variables that the fast paths read. Nobody writes them after the heap's start. One cache
 * line.
 */
#ifndef OSH_HOT_H
#define OSH_HOT_H

#include "osh_compiler.h"
#include "osh_config.h"

#include <stddef.h>
#include <stdint.h>

struct osh_lists;
struct osh_start;

struct osh_hot {
    /* os_malloc tries osh_arch_pop first for sizes below this. 0 before the heap has a
     * region, and if the running port is not the inline one. */
    size_t fast_sizes;
    /* os_free tries osh_arch_push first for blocks less than this above `base`. 0 as
     * above, else the bytes of all pages, at most OSH_START_REACH. */
    uintptr_t fast_bytes;
    uintptr_t base;            /* first page */
    const uint8_t *page_class; /* a byte per page: its class, 0 if no slab */
    union {
        intptr_t rseq; /* Linux: where the rseq area lies from the thread pointer */
        const struct osh_start *starts; /* osh_start, where OSH_CPU_HOT_TABLES */
    };
    struct osh_lists *lists; /* the lists of core 0; the others follow */
    unsigned link_shift;     /* how a block's first word holds the next: see osh_link */
    uintptr_t link_mask;
} OSH_ALIGNED(OSH_CACHELINE);

OSH_SHARED struct osh_hot osh_hot;

#endif
