// SPDX-License-Identifier: Apache-2.0
// mixed: random replacement over sizes that span slabs and fallback.
#include "block.h"
#include "memory.h"
#include "rng.h"
#include "sizes.h"

enum { SLOTS = 512, BATCH = 16, SMALLEST = 8, LARGEST = 256 * 1024 };

static struct storm_sizes *sizes;

static void setup(void)
{
    sizes = storm_map(sizeof(*sizes));
    storm_sizes_log(sizes, 0, SIZES_COUNT, SMALLEST, LARGEST);
    for (unsigned i = 0; i < storm.threads; i++) {
        storm.thread[i].state = storm_map(SLOTS * sizeof(struct storm_block));
    }
}

static void fill(struct storm_thread *t)
{
    struct storm_block *slot = t->state;
    for (uint32_t i = 0; i < SLOTS; i++) {
        storm_alloc(t, &slot[i], storm_size(sizes, storm_random(t)));
    }
}

static void run(struct storm_thread *t)
{
    struct storm_block *slot = t->state;
    while (storm_running()) {
        for (int i = 0; i < BATCH; i++) {
            uint64_t r = storm_random(t);
            storm_replace(t, &slot[storm_below(r, SLOTS)], storm_size(sizes, r));
        }
        t->ops += UINT64_C(2) * BATCH;
    }
}

static uint64_t live(struct storm_thread *t)
{
    return storm_live_in(t->state, SLOTS);
}

static void drain(struct storm_thread *t)
{
    storm_release_all(t, t->state, SLOTS);
}

const struct storm_scenario storm_mixed = {
    .name = "mixed",
    .about = "random replacement, 8 B to 256 KiB, 512 live a thread",
    .phases = 1,
    .setup = setup,
    .fill = fill,
    .run = run,
    .live = live,
    .drain = drain,
};
