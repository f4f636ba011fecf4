// SPDX-License-Identifier: Apache-2.0
// pair: malloc and free of one size, as hot as it gets.
#include "block.h"

enum { SIZE = 64, BATCH = 128 };

static void run(struct storm_thread *t)
{
    struct storm_block b;
    while (storm_running()) {
        for (int i = 0; i < BATCH; i++) {
            storm_alloc(t, &b, SIZE);
            storm_release(t, &b);
        }
        t->ops += UINT64_C(2) * BATCH;
    }
}

static uint64_t live(struct storm_thread *t)
{
    (void)t;
    return SIZE;
}

const struct storm_scenario storm_pair = {
    .name = "pair",
    .about = "hot malloc/free of one size, 64 B",
    .phases = 1,
    .run = run,
    .live = live,
};
