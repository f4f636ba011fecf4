// SPDX-License-Identifier: Apache-2.0
// The same pseudo-random work for every allocator.
#ifndef STORM_RNG_H
#define STORM_RNG_H

#include <stdint.h>

#include "storm.h"

// splitmix64: spreads a small seed over the whole word, never 0 for ours.
static inline uint64_t storm_rng_seed(uint64_t n)
{
    uint64_t z = (n + 1) * 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

// xorshift64: three shifts, so the harness stays cheap beside a fast malloc.
static inline uint64_t storm_random(struct storm_thread *t)
{
    uint64_t x = t->rng;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    t->rng = x;
    return x;
}

// 0 .. n-1 from the low 32 bits of `random`, by multiplication, not division.
static inline uint32_t storm_below(uint64_t random, uint32_t n)
{
    return (uint32_t)(((random & UINT32_MAX) * n) >> 32);
}

#endif
