// SPDX-License-Identifier: Apache-2.0
// churn and crowd: random replacement in tables that wander between threads, as
// in larson. churn gives each thread as much to hold; crowd divides one fixed
// amount among them, so that its memory can be compared across thread counts.
#include "block.h"
#include "mailbox.h"
#include "memory.h"
#include "rng.h"
#include "sizes.h"

enum {
    CHURN_SLOTS = 4096,   // a thread
    CROWD_SLOTS = 131072, // all threads together
    BATCH = 64,
    BATCHES_TO_EXCHANGE = 16,
    SMALLEST = 8,
    LARGEST = 1024,
};

struct table {
    struct storm_block *slot;
};

struct own {
    struct table *mine;
    struct table *start[2];
    unsigned exchanges;
    unsigned batches;
};

static struct storm_sizes *sizes;
static struct storm_mailbox *boxes;
static uint32_t table_slots;

// Two tables a thread: one in hand, one on its way.
static void setup(uint32_t slots_a_thread)
{
    sizes = storm_map(sizeof(*sizes));
    storm_sizes_log(sizes, 0, SIZES_COUNT, SMALLEST, LARGEST);
    boxes = storm_map(storm.threads * sizeof(*boxes));
    table_slots = slots_a_thread / 2;
    size_t tables = (size_t)2 * storm.threads;
    struct table *table = storm_map(tables * sizeof(*table));
    struct own *own = storm_map(storm.threads * sizeof(*own));
    struct storm_block *slot = storm_map(tables * table_slots * sizeof(*slot));
    for (size_t i = 0; i < tables; i++) {
        table[i].slot = &slot[i * table_slots];
    }
    for (unsigned i = 0; i < storm.threads; i++) {
        own[i].start[0] = own[i].mine = &table[(size_t)2 * i];
        own[i].start[1] = &table[(size_t)2 * i + 1];
        storm.thread[i].state = &own[i];
    }
}

static void setup_churn(void)
{
    setup(CHURN_SLOTS);
}

static void setup_crowd(void)
{
    setup(CROWD_SLOTS / storm.threads);
}

static void fill(struct storm_thread *t)
{
    struct own *own = t->state;
    for (unsigned k = 0; k < 2; k++) {
        for (uint32_t i = 0; i < table_slots; i++) {
            storm_alloc(t, &own->start[k]->slot[i], storm_size(sizes, storm_random(t)));
        }
    }
    storm_exchange(&boxes[t->id], own->start[1]);
}

static void run(struct storm_thread *t)
{
    struct own *own = t->state;
    while (storm_running()) {
        struct storm_block *slot = own->mine->slot;
        for (int i = 0; i < BATCH; i++) {
            uint64_t r = storm_random(t);
            storm_replace(t, &slot[storm_below(r, table_slots)], storm_size(sizes, r));
        }
        t->ops += UINT64_C(2) * BATCH;
        if (++own->batches % BATCHES_TO_EXCHANGE == 0) {
            own->mine = storm_exchange(storm_mailbox_for(boxes, t, own->exchanges++), own->mine);
        }
    }
}

// At rest every table is either in a thread's hand or in a mailbox.
static uint64_t live(struct storm_thread *t)
{
    struct own *own = t->state;
    return storm_live_in(own->start[0]->slot, table_slots) +
           storm_live_in(own->start[1]->slot, table_slots);
}

static void drain(struct storm_thread *t)
{
    struct own *own = t->state;
    storm_release_all(t, own->start[0]->slot, table_slots);
    storm_release_all(t, own->start[1]->slot, table_slots);
}

const struct storm_scenario storm_churn = {
    .name = "churn",
    .about = "random replacement, 8 B to 1 KiB, tables exchanged between threads",
    .phases = 1,
    .setup = setup_churn,
    .fill = fill,
    .run = run,
    .live = live,
    .drain = drain,
};

const struct storm_scenario storm_crowd = {
    .name = "crowd",
    .about = "churn with many threads over one fixed amount of live memory",
    .phases = 1,
    .setup = setup_crowd,
    .fill = fill,
    .run = run,
    .live = live,
    .drain = drain,
};
