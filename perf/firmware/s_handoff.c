/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff: an even core allocates batches, the odd core behind it frees them, in
 * turns and a few batches later; a core alone does both.
 */
#include "cores.h"
#include "measure.h"
#include "scenarios.h"

enum { BATCH = 32, QUEUE = 4, BATCHES = 512 / BOARD_CORES, WARM = BATCHES / 4, LOW = 4, HIGH = 9 };

static struct block queue[BOARD_CORES][QUEUE][BATCH];

static void produce(unsigned core, struct block *batch)
{
    for (unsigned i = 0; i < BATCH; i++) {
        storm_new(core, &batch[i], storm_size(core, LOW, HIGH));
    }
}

static void consume(unsigned core, struct block *batch)
{
    for (unsigned i = 0; i < BATCH; i++) {
        storm_drop(core, &batch[i]);
    }
}

static void run(unsigned core)
{
    bool alone = BOARD_CORES == 1;
    struct block(*batches)[BATCH] = queue[core / 2];
    for (unsigned i = 0; i < BATCHES + QUEUE; i++) {
        cores_wait_turn(core);
        measure_record(i >= WARM && i < BATCHES);
        if (i >= QUEUE - 1 && (alone || core % 2 != 0)) {
            consume(core, batches[(i + 1) % QUEUE]);
        }
        if (i < BATCHES && (alone || core % 2 == 0)) {
            produce(core, batches[i % QUEUE]);
        }
        cores_pass_turn(core);
    }
}

const struct scenario storm_handoff = {.name = "handoff", .cores = BOARD_CORES, .run = run};
