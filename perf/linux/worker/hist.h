// SPDX-License-Identifier: Apache-2.0
// Log-linear histograms of nanoseconds: 32 buckets to each power of two, so a
// percentile is known to about 3%.
#ifndef STORM_HIST_H
#define STORM_HIST_H

#include <stdint.h>

#include "storm.h"

#define HIST_SUB_BITS 5u
#define HIST_SUB (1u << HIST_SUB_BITS)
#define HIST_TOP_BIT 39u
#define HIST_BUCKETS ((HIST_TOP_BIT - HIST_SUB_BITS + 2u) * HIST_SUB)

// The kinds lie side by side: the few buckets in use share a page or two.
struct storm_hist {
    uint32_t count[HIST_BUCKETS][CALL_KINDS];
    uint64_t max[CALL_KINDS];
};

static inline unsigned storm_hist_bucket(uint64_t ns)
{
    if (ns < HIST_SUB) {
        return (unsigned)ns;
    }
    unsigned top = 63u - (unsigned)__builtin_clzll(ns);
    if (top > HIST_TOP_BIT) {
        return HIST_BUCKETS - 1;
    }
    unsigned sub = (unsigned)(ns >> (top - HIST_SUB_BITS)) & (HIST_SUB - 1);
    return (top - HIST_SUB_BITS + 1) * HIST_SUB + sub;
}

static inline void storm_hist_add(struct storm_hist *hist, enum storm_call call, uint64_t ns)
{
    hist->count[storm_hist_bucket(ns)][call]++;
    if (ns > hist->max[call]) {
        hist->max[call] = ns;
    }
}

#endif
