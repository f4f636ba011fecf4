// SPDX-License-Identifier: Apache-2.0
#include "sizes.h"

#include <math.h>

void storm_sizes_log(struct storm_sizes *sizes, uint32_t first, uint32_t count, uint32_t lo,
                     uint32_t hi)
{
    double span = log2((double)hi / (double)lo);
    for (uint32_t i = 0; i < count; i++) {
        double at = count > 1 ? (double)i / (double)(count - 1) : 0.0;
        sizes->size[first + i] = (uint32_t)lround((double)lo * exp2(span * at));
    }
}

uint32_t storm_sizes_mean(const struct storm_sizes *sizes)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < SIZES_COUNT; i++) {
        sum += sizes->size[i];
    }
    return (uint32_t)(sum / SIZES_COUNT);
}
