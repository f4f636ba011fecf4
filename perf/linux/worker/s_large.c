// SPDX-License-Identifier: Apache-2.0
// large: random replacement of big blocks with 2,000, 500, 64 and 8 of them live
// in turn, shared out over the threads. Most first, so that the later phases meet
// a heap with large holes. What leads from one phase to the next is not timed.
#include "block.h"
#include "memory.h"
#include "rng.h"
#include "sizes.h"

enum { SMALLEST = 16 * 1024, MOST = 2000, LEVELS = 4, BATCH = 4 };

// 2,000 blocks of up to 4 MiB would be 1.5 GB, mostly time spent in page faults.
static const struct {
    unsigned live;
    uint32_t largest;
} level[LEVELS] = {
    {MOST, 1024 * 1024},
    {500, 4 * 1024 * 1024},
    {64, 4 * 1024 * 1024},
    {8, 4 * 1024 * 1024},
};

struct own {
    uint32_t held;
    struct storm_block slot[MOST + 1];
};

static struct storm_sizes *sizes; // one table a level

static unsigned live_blocks(unsigned phase)
{
    return level[phase].live;
}

static void setup(void)
{
    sizes = storm_map(LEVELS * sizeof(*sizes));
    for (unsigned p = 0; p < LEVELS; p++) {
        storm_sizes_log(&sizes[p], 0, SIZES_COUNT, SMALLEST, level[p].largest);
        storm.first_phase += level[p].live > storm.large_live ? 1 : 0;
    }
    for (unsigned i = 0; i < storm.threads; i++) {
        storm.thread[i].state = storm_map(sizeof(struct own));
    }
}

static uint32_t share(const struct storm_thread *t, unsigned phase)
{
    unsigned all = level[phase].live;
    uint32_t mine = all / storm.threads + (t->id < all % storm.threads ? 1 : 0);
    return mine > 0 ? mine : 1;
}

// All anew, so that the phase begins with the sizes it draws.
static void enter(struct storm_thread *t, unsigned phase)
{
    struct own *own = t->state;
    storm_release_all(t, own->slot, own->held);
    own->held = share(t, phase);
    for (uint32_t i = 0; i < own->held; i++) {
        storm_alloc(t, &own->slot[i], storm_size(&sizes[phase], storm_random(t)));
    }
}

static void run(struct storm_thread *t)
{
    struct own *own = t->state;
    for (unsigned phase; (phase = storm_phase()) != STORM_STOPPED;) {
        for (int i = 0; i < BATCH; i++) {
            uint64_t r = storm_random(t);
            storm_replace(t, &own->slot[storm_below(r, own->held)], storm_size(&sizes[phase], r));
        }
        t->ops += UINT64_C(2) * BATCH;
        t->phase_ops[phase] += UINT64_C(2) * BATCH;
    }
}

static uint64_t live(struct storm_thread *t)
{
    struct own *own = t->state;
    return storm_live_in(own->slot, own->held);
}

static void drain(struct storm_thread *t)
{
    struct own *own = t->state;
    storm_release_all(t, own->slot, own->held);
}

const struct storm_scenario storm_large = {
    .name = "large",
    .about = "16 KiB to 4 MiB with 2,000, 500, 64 and 8 blocks live",
    .phases = LEVELS,
    .setup = setup,
    .enter = enter,
    .run = run,
    .live = live,
    .drain = drain,
    .phase_label = live_blocks,
};
