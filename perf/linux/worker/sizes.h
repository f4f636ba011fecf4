// SPDX-License-Identifier: Apache-2.0
// Request sizes, computed before the run so that drawing one is a load.
#ifndef STORM_SIZES_H
#define STORM_SIZES_H

#include <stdint.h>

// Small enough to stay in L1 beside the blocks.
#define SIZES_COUNT 1024u

struct storm_sizes {
    uint32_t size[SIZES_COUNT];
};

// Fills `count` entries from `first` on, log-distributed over lo..hi bytes:
// every doubling is equally likely.
void storm_sizes_log(struct storm_sizes *sizes, uint32_t first, uint32_t count, uint32_t lo,
                     uint32_t hi);

uint32_t storm_sizes_mean(const struct storm_sizes *sizes);

// Uses the top bits of `random`; the low ones pick a slot.
static inline uint32_t storm_size(const struct storm_sizes *sizes, uint64_t random)
{
    return sizes->size[(random >> 40) % SIZES_COUNT];
}

#endif
