// SPDX-License-Identifier: Apache-2.0
// fresh: a program that grows. Nothing is freed, so every block lies in memory that the
// process has never touched, and page faults are most of the time. The work is the same
// for every allocator, however fast: peak memory can be compared.
#include "block.h"
#include "memory.h"
#include "rng.h"
#include "sizes.h"

enum { TOTAL_BYTES = 256 * 1024 * 1024, SMALLEST = 16, LARGEST = 8192 };

struct own {
    struct storm_block *block;
    uint32_t used;
};

static struct storm_sizes *sizes;
static uint32_t blocks;

static void setup(void)
{
    sizes = storm_map(sizeof(*sizes));
    storm_sizes_log(sizes, 0, SIZES_COUNT, SMALLEST, LARGEST);
    blocks = (uint32_t)(storm_at_most(TOTAL_BYTES) / storm.threads / storm_sizes_mean(sizes));
    for (unsigned i = 0; i < storm.threads; i++) {
        struct own *own = storm_map(sizeof(*own));
        own->block = storm_map(blocks * sizeof(*own->block));
        storm.thread[i].state = own;
    }
}

static void run(struct storm_thread *t)
{
    struct own *own = t->state;
    while (own->used < blocks) {
        storm_alloc(t, &own->block[own->used++], storm_size(sizes, storm_random(t)));
    }
    t->ops += own->used;
}

static uint64_t live(struct storm_thread *t)
{
    struct own *own = t->state;
    return storm_live_in(own->block, own->used);
}

static void drain(struct storm_thread *t)
{
    struct own *own = t->state;
    storm_release_all(t, own->block, own->used);
}

const struct storm_scenario storm_fresh = {
    .name = "fresh",
    .about = "256 MiB of 16 B to 8 KiB, none of it touched before",
    .phases = 1,
    .fixed_work = true,
    .setup = setup,
    .run = run,
    .live = live,
    .drain = drain,
};
