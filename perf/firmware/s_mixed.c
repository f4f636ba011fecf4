/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mixed16, mixed256, mixed2048: so many live blocks of small sizes, replaced at
 * random. mixed: sizes across slabs and large blocks.
 */
#include "measure.h"
#include "scenarios.h"

enum { REPLACED = 20000, MOST = 2048 };

static struct block slots[MOST];

static void replace(unsigned core, unsigned live, unsigned turns, unsigned low, unsigned high)
{
    for (unsigned i = 0; i < turns; i++) {
        struct block *b = &slots[storm_random(core) % live];
        storm_replace(core, b, storm_size(core, low, high));
    }
}

static void mix(unsigned core, unsigned live, unsigned low, unsigned high)
{
    for (unsigned i = 0; i < live; i++) {
        storm_new(core, &slots[i], storm_size(core, low, high));
    }
    replace(core, live, 2 * live, low, high);
    measure_record(true);
    replace(core, live, REPLACED, low, high);
    measure_record(false);
    for (unsigned i = 0; i < live; i++) {
        storm_drop(core, &slots[i]);
    }
}

static void run_16(unsigned core)
{
    mix(core, 16, 3, 8);
}

static void run_256(unsigned core)
{
    mix(core, 256, 3, 8);
}

static void run_2048(unsigned core)
{
    mix(core, 2048, 3, 8);
}

static void run_large(unsigned core)
{
    mix(core, 64, 3, 13);
}

const struct scenario storm_mixed16 = {.name = "mixed16", .cores = 1, .run = run_16};
const struct scenario storm_mixed256 = {.name = "mixed256", .cores = 1, .run = run_256};
const struct scenario storm_mixed2048 = {.name = "mixed2048", .cores = 1, .run = run_2048};
const struct scenario storm_mixed = {.name = "mixed", .cores = 1, .run = run_large};
