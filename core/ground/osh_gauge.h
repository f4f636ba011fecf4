/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The counts behind os_heap_gauge: bytes taken out of slabs, out of newlib's heap and out of added
 * regions. They change when chains leave slabs or come back, under newlib's mutex, and with each
 * block of an added region. A hit changes nothing.
 */
#ifndef OSH_GAUGE_H
#define OSH_GAUGE_H

#include "osh_atomic.h"
#include "osh_compiler.h"
#include "osh_config.h"

#include <stddef.h>

struct osh_gauge {
    /* Bytes of objects that are live or cached, and of blocks in added regions. */
    osh_word_t slabs OSH_ALIGNED(OSH_CACHELINE);
    osh_word_t newlib; /* usable bytes of newlib's blocks; under its mutex */
    osh_word_t most;   /* the largest sum so far, or since the restart */
    osh_word_t rows;   /* bytes of rows of pages, where OSH_ROW_LEAST > 0 */
};

OSH_SHARED struct osh_gauge osh_gauge;

/* Bytes of rows. */
static inline osh_word_t osh_gauge_in_rows(void)
{
    return OSH_ROW_LEAST > 0 ? osh_load(&osh_gauge.rows) : 0;
}

/* The counts publish nothing. Each is exact; their sum is, while no call is under way. */
static inline void osh_gauge_taken(size_t bytes)
{
    osh_word_t slabs = osh_fetch_add(&osh_gauge.slabs, bytes) + bytes;
    osh_raise(&osh_gauge.most, slabs + osh_load(&osh_gauge.newlib) + osh_gauge_in_rows());
}

static inline void osh_gauge_given(size_t bytes)
{
    (void)osh_fetch_add(&osh_gauge.slabs, (osh_word_t)0 - bytes);
}

/* Under newlib's mutex. */
static inline void osh_gauge_newlib_freed(size_t bytes)
{
    osh_store(&osh_gauge.newlib, osh_load(&osh_gauge.newlib) - bytes);
}

/* `grown` bytes more; fewer if the sum wraps. Under newlib's mutex. */
static inline void osh_gauge_newlib(size_t grown)
{
    osh_word_t newlib = osh_load(&osh_gauge.newlib) + grown;
    osh_store(&osh_gauge.newlib, newlib);
    osh_raise(&osh_gauge.most, newlib + osh_load(&osh_gauge.slabs) + osh_gauge_in_rows());
}

/* `grown` bytes more; fewer if the sum wraps. */
static inline void osh_gauge_rows(size_t grown)
{
    osh_word_t rows = osh_fetch_add(&osh_gauge.rows, grown) + grown;
    osh_raise(&osh_gauge.most, rows + osh_load(&osh_gauge.slabs) + osh_load(&osh_gauge.newlib));
}

/* Any context. What others take meanwhile raises `most` before or after the second step, and is in
 * one of the sums either way. */
static inline void osh_gauge_restart(void)
{
    osh_store(&osh_gauge.most, 0);
    osh_raise(&osh_gauge.most,
              osh_load(&osh_gauge.slabs) + osh_load(&osh_gauge.newlib) + osh_gauge_in_rows());
}

#endif
