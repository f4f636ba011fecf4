// SPDX-License-Identifier: Apache-2.0
// births: threads start, allocate, free half and die. The survivors are freed by
// a thread of the next generation, born elsewhere.
#include "block.h"
#include "mailbox.h"
#include "memory.h"
#include "rng.h"
#include "sizes.h"

enum {
    SURVIVORS = 256, // and as many that die young
    SMALLEST = 16,
    LARGEST = 512,
    STACK_BYTES = 128 * 1024,
};

struct estate {
    struct storm_block block[SURVIVORS];
};

struct lineage {
    struct storm_thread *parent;
    struct estate estate[2];
    struct estate *inherited;
    unsigned generation;
};

static struct storm_sizes *sizes;
static struct storm_mailbox *boxes;
static pthread_attr_t small_stack;

static void setup(void)
{
    sizes = storm_map(sizeof(*sizes));
    storm_sizes_log(sizes, 0, SIZES_COUNT, SMALLEST, LARGEST);
    boxes = storm_map(storm.threads * sizeof(*boxes));
    pthread_attr_init(&small_stack);
    pthread_attr_setstacksize(&small_stack, STACK_BYTES);
    struct lineage *lineage = storm_map(storm.threads * sizeof(*lineage));
    for (unsigned i = 0; i < storm.threads; i++) {
        lineage[i].parent = &storm.thread[i];
        lineage[i].inherited = &lineage[i].estate[0];
        storm_exchange(&boxes[i], &lineage[i].estate[1]);
        storm.thread[i].state = &lineage[i];
    }
}

// The parent sleeps meanwhile, so the child may use its random state and samples.
static void *life(void *arg)
{
    struct lineage *l = arg;
    struct storm_thread *t = l->parent;
    struct estate *estate = l->inherited;
    storm_release_all(t, estate->block, SURVIVORS);
    struct storm_block young[SURVIVORS];
    for (uint32_t i = 0; i < SURVIVORS; i++) {
        storm_alloc(t, &young[i], storm_size(sizes, storm_random(t)));
        storm_alloc(t, &estate->block[i], storm_size(sizes, storm_random(t)));
    }
    storm_release_all(t, young, SURVIVORS);
    t->ops += UINT64_C(4) * SURVIVORS;
    l->inherited = storm_exchange(storm_mailbox_for(boxes, t, l->generation++), estate);
    return NULL;
}

static void run(struct storm_thread *t)
{
    while (storm_running()) {
        pthread_t child;
        int error = pthread_create(&child, &small_stack, life, t->state);
        if (error != 0) {
            storm_die(EXIT_SYSTEM, "cannot start a thread: %s", strerror(error));
        }
        pthread_join(child, NULL);
    }
}

static uint64_t live(struct storm_thread *t)
{
    struct lineage *l = t->state;
    return storm_live_in(l->estate[0].block, SURVIVORS) +
           storm_live_in(l->estate[1].block, SURVIVORS);
}

static void drain(struct storm_thread *t)
{
    struct lineage *l = t->state;
    storm_release_all(t, l->estate[0].block, SURVIVORS);
    storm_release_all(t, l->estate[1].block, SURVIVORS);
}

const struct storm_scenario storm_births = {
    .name = "births",
    .about = "threads start, allocate 512, die; survivors are freed by others",
    .phases = 1,
    .setup = setup,
    .run = run,
    .live = live,
    .drain = drain,
};
