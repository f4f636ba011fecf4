// SPDX-License-Identifier: Apache-2.0
// growth: long-lived blocks of one size; most are freed, a few live on; then the program
// needs another size. What the first size left must serve the next one, or memory grows.
#include "block.h"
#include "memory.h"

enum {
    TOTAL_BYTES = 32 * 1024 * 1024, // of one size, all threads together
    SIZES = 6,
    ONE_STAYS_OF = 32,
    SIZES_SURVIVED = 3, // then those that stayed are freed too
    BATCH = 64,
};

static const uint32_t size_of[SIZES] = {48, 640, 96, 3000, 200, 1500};

struct survivors {
    struct storm_block *block;
    uint32_t count;
};

struct own {
    struct storm_block *block;
    uint32_t held;
    uint32_t looked_at;
    unsigned size;
    struct survivors old[SIZES_SURVIVED];
};

static uint32_t blocks_of(unsigned size)
{
    return TOTAL_BYTES / storm.threads / size_of[size];
}

static void setup(void)
{
    uint32_t most = blocks_of(0);
    for (unsigned i = 0; i < storm.threads; i++) {
        struct own *own = storm_map(sizeof(*own));
        own->block = storm_map(most * sizeof(*own->block));
        for (unsigned k = 0; k < SIZES_SURVIVED; k++) {
            own->old[k].block = storm_map((most / ONE_STAYS_OF + 1) * sizeof(*own->block));
        }
        storm.thread[i].state = own;
    }
}

static void allocate(struct storm_thread *t, struct own *own, uint32_t until)
{
    while (own->held < until) {
        storm_alloc(t, &own->block[own->held++], size_of[own->size]);
        t->ops++;
    }
}

static void free_most(struct storm_thread *t, struct own *own, uint32_t until)
{
    struct survivors *old = &own->old[own->size % SIZES_SURVIVED];
    for (; own->looked_at < until; own->looked_at++) {
        struct storm_block *b = &own->block[own->looked_at];
        if (own->looked_at % ONE_STAYS_OF == 0) {
            old->block[old->count++] = *b;
            b->ptr = NULL;
        } else {
            storm_release(t, b);
            t->ops++;
        }
    }
}

static void next_size(struct storm_thread *t, struct own *own)
{
    own->size = (own->size + 1) % SIZES;
    own->held = own->looked_at = 0;
    struct survivors *old = &own->old[own->size % SIZES_SURVIVED];
    storm_release_all(t, old->block, old->count);
    t->ops += old->count;
    old->count = 0;
}

static uint32_t at_most(uint32_t value, uint32_t most)
{
    return value < most ? value : most;
}

// A batch of what comes next: the run may end in the middle and go on from there.
static void step(struct storm_thread *t, struct own *own)
{
    uint32_t all = blocks_of(own->size);
    if (own->held < all) {
        allocate(t, own, at_most(own->held + BATCH, all));
    } else if (own->looked_at < all) {
        free_most(t, own, at_most(own->looked_at + BATCH, all));
    } else {
        next_size(t, own);
    }
}

// All sizes once: then peak memory does not depend on how far a run comes.
static void fill(struct storm_thread *t)
{
    struct own *own = t->state;
    unsigned seen = 0;
    while (seen < SIZES) {
        unsigned before = own->size;
        step(t, own);
        seen += own->size != before ? 1 : 0;
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
    uint64_t bytes = storm_live_in(own->block, own->held);
    for (unsigned k = 0; k < SIZES_SURVIVED; k++) {
        bytes += storm_live_in(own->old[k].block, own->old[k].count);
    }
    return bytes;
}

static void drain(struct storm_thread *t)
{
    struct own *own = t->state;
    storm_release_all(t, own->block, own->held);
    for (unsigned k = 0; k < SIZES_SURVIVED; k++) {
        storm_release_all(t, own->old[k].block, own->old[k].count);
    }
}

const struct storm_scenario storm_growth = {
    .name = "growth",
    .about = "32 MiB of one size, most freed, then of another",
    .phases = 1,
    .setup = setup,
    .fill = fill,
    .run = run,
    .live = live,
    .drain = drain,
};
