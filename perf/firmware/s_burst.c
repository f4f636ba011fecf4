/* SPDX-License-Identifier: Apache-2.0 */
/* burst: many allocated, then all freed: last first, first first, shuffled, in turn. */
#include "measure.h"
#include "scenarios.h"

enum { BLOCKS = 1000, BURSTS = 12, WARM = 3, LOW = 4, HIGH = 8 };
enum order { LAST_FIRST, FIRST_FIRST, SHUFFLED, ORDERS };

static struct block blocks[BLOCKS];
static uint16_t shuffled[BLOCKS];

static void shuffle(unsigned core)
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        unsigned j = storm_random(core) % (i + 1);
        shuffled[i] = shuffled[j];
        shuffled[j] = (uint16_t)i;
    }
}

static void run(unsigned core)
{
    shuffle(core);
    for (unsigned burst = 0; burst < BURSTS; burst++) {
        enum order order = (enum order)(burst % ORDERS);
        measure_record(burst >= WARM);
        for (unsigned i = 0; i < BLOCKS; i++) {
            storm_new(core, &blocks[i], storm_size(core, LOW, HIGH));
        }
        for (unsigned i = 0; i < BLOCKS; i++) {
            unsigned at = order == FIRST_FIRST  ? i
                          : order == LAST_FIRST ? BLOCKS - 1 - i
                                                : shuffled[i];
            storm_drop(core, &blocks[at]);
        }
    }
}

const struct scenario storm_burst = {.name = "burst", .cores = 1, .run = run};
