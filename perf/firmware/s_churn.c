/* SPDX-License-Identifier: Apache-2.0 */
/*
 * churn: each core in its turn replaces blocks at random in a table; the tables go
 * round the cores, so that a block is freed by another core than allocated it.
 */
#include "cores.h"
#include "measure.h"
#include "scenarios.h"

enum { TABLES = 2 * BOARD_CORES, SLOTS = 48, BATCH = 64, ROUNDS = 256 / BOARD_CORES };
enum { LOW = 3, HIGH = 9 };

static struct block table[TABLES][SLOTS];

static void replace(unsigned core, struct block *slot)
{
    for (unsigned i = 0; i < BATCH; i++) {
        struct block *b = &slot[storm_random(core) % SLOTS];
        storm_replace(core, b, storm_size(core, LOW, HIGH));
    }
}

static void run(unsigned core)
{
    /* Empty slots fill up in the first rounds. */
    for (unsigned round = 0; round < ROUNDS; round++) {
        cores_wait_turn(core);
        measure_record(round >= ROUNDS / 4);
        replace(core, table[(2 * core + round) % TABLES]);
        cores_pass_turn(core);
    }
    cores_wait_turn(core);
    measure_record(false);
    for (unsigned i = 0; i < 2 * SLOTS; i++) {
        storm_drop(core, &table[2 * core + i / SLOTS][i % SLOTS]);
    }
    cores_pass_turn(core);
}

const struct scenario storm_churn = {.name = "churn", .cores = BOARD_CORES, .run = run};
