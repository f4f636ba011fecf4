// SPDX-License-Identifier: Apache-2.0
// bulk: many blocks of one size allocated, then all freed, first one first, as when a
// list or a vector of nodes is taken down from its front. By then the first blocks have
// left the core's cache, so whatever the allocator does to a block it does to cold memory;
// burst has the other orders.
#include "block.h"
#include "memory.h"

enum { BLOCKS = 50000, SIZE = 64, BATCH = 500 };

struct own {
    struct storm_block block[BLOCKS];
    uint32_t held;
    uint32_t freed;
};

static void setup(void)
{
    for (unsigned i = 0; i < storm.threads; i++) {
        storm.thread[i].state = storm_map(sizeof(struct own));
    }
}

// A batch of what comes next: the run may end in the middle and go on from there.
static void step(struct storm_thread *t, struct own *own)
{
    if (own->held < BLOCKS) {
        for (int i = 0; i < BATCH; i++) {
            storm_alloc(t, &own->block[own->held++], SIZE);
        }
    } else {
        for (int i = 0; i < BATCH; i++) {
            storm_release(t, &own->block[own->freed++]);
        }
        if (own->freed == BLOCKS) {
            own->held = own->freed = 0;
        }
    }
    t->ops += BATCH;
}

static void fill(struct storm_thread *t)
{
    for (int i = 0; i < 2 * BLOCKS / BATCH; i++) {
        step(t, t->state);
    }
}

static void run(struct storm_thread *t)
{
    while (storm_running()) {
        step(t, t->state);
    }
}

static uint64_t live(struct storm_thread *t)
{
    struct own *own = t->state;
    return (uint64_t)SIZE * (own->held - own->freed);
}

static void drain(struct storm_thread *t)
{
    struct own *own = t->state;
    storm_release_all(t, &own->block[own->freed], own->held - own->freed);
}

const struct storm_scenario storm_bulk = {
    .name = "bulk",
    .about = "50,000 of 64 B allocated, then freed in the same order",
    .phases = 1,
    .setup = setup,
    .fill = fill,
    .run = run,
    .live = live,
    .drain = drain,
};
