/* SPDX-License-Identifier: Apache-2.0 */
/* pair: malloc and free of one size, as hot as it gets. */
#include "measure.h"
#include "scenarios.h"

enum { SIZE = 32, WARM = 64, PAIRS = 2000 };

static void run(unsigned core)
{
    struct block b;
    for (unsigned i = 0; i < WARM + PAIRS; i++) {
        measure_record(i >= WARM);
        storm_new(core, &b, SIZE);
        storm_drop(core, &b);
    }
}

const struct scenario storm_pair = {.name = "pair", .cores = 1, .run = run};
