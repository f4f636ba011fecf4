/* SPDX-License-Identifier: Apache-2.0 */
/* pair, pair3000: malloc and free of one size, small and large, as hot as it gets. */
#include "measure.h"
#include "scenarios.h"

enum { SMALL = 32, LARGE = 3000, WARM = 64, PAIRS = 2000 };

static void repeat(unsigned core, size_t size)
{
    struct block b;
    for (unsigned i = 0; i < WARM + PAIRS; i++) {
        measure_record(i >= WARM);
        storm_new(core, &b, size);
        storm_drop(core, &b);
    }
}

static void run_small(unsigned core)
{
    repeat(core, SMALL);
}

static void run_large(unsigned core)
{
    struct block below; /* so that the heap of large blocks is not empty in between */
    storm_new(core, &below, LARGE);
    repeat(core, LARGE);
    storm_drop(core, &below);
}

const struct scenario storm_pair = {.name = "pair", .cores = 1, .run = run_small};
const struct scenario storm_pair3000 = {.name = "pair3000", .cores = 1, .run = run_large};
