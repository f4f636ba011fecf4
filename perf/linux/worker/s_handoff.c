// SPDX-License-Identifier: Apache-2.0
// handoff: producers allocate batches, consumers free them. The number of batches
// is fixed, so memory is bounded and a fast producer waits.
#include <ck_ring.h>
#include <sched.h>

#include "block.h"
#include "memory.h"
#include "rng.h"
#include "sizes.h"

enum {
    BATCH = 64,
    BATCHES_A_THREAD = 16,
    SMALLEST = 16,
    LARGEST = 512,
    SPINS_BEFORE_YIELD = 100,
};

struct batch {
    struct storm_block block[BATCH];
};

struct queue {
    _Alignas(STORM_LINE) ck_ring_t ring;
    ck_ring_buffer_t *buffer;
};

static struct storm_sizes *sizes;
static struct batch *batches;
static unsigned batch_count;
static struct queue empty;
static struct queue full;

static void queue_open(struct queue *q, unsigned capacity)
{
    ck_ring_init(&q->ring, capacity);
    q->buffer = storm_map(capacity * sizeof(*q->buffer));
}

// Never full: each ring holds more than all batches.
static void queue_put(struct queue *q, struct batch *b)
{
    ck_ring_enqueue_mpmc(&q->ring, q->buffer, b);
}

// NULL only when the run has ended. Yields after a short spin, so that more
// threads than cores get on.
static struct batch *queue_get(struct queue *q)
{
    void *b;
    for (unsigned spins = 0; !ck_ring_dequeue_mpmc(&q->ring, q->buffer, &b); spins++) {
        if (!storm_running()) {
            return NULL;
        }
        if (spins < SPINS_BEFORE_YIELD) {
            ck_pr_stall();
        } else {
            sched_yield();
        }
    }
    return b;
}

static void setup(void)
{
    sizes = storm_map(sizeof(*sizes));
    storm_sizes_log(sizes, 0, SIZES_COUNT, SMALLEST, LARGEST);
    batch_count = BATCHES_A_THREAD * storm.threads;
    batches = storm_map(batch_count * sizeof(*batches));
    unsigned capacity = 1;
    while (capacity <= batch_count + 1) {
        capacity *= 2;
    }
    queue_open(&empty, capacity);
    queue_open(&full, capacity);
    for (unsigned i = 0; i < batch_count; i++) {
        queue_put(&empty, &batches[i]);
    }
}

static bool produce(struct storm_thread *t)
{
    struct batch *b = queue_get(&empty);
    if (b == NULL) {
        return false;
    }
    for (int i = 0; i < BATCH; i++) {
        storm_alloc(t, &b->block[i], storm_size(sizes, storm_random(t)));
    }
    queue_put(&full, b);
    t->ops += BATCH;
    return true;
}

static bool consume(struct storm_thread *t)
{
    struct batch *b = queue_get(&full);
    if (b == NULL) {
        return false;
    }
    for (int i = 0; i < BATCH; i++) {
        storm_release(t, &b->block[i]);
    }
    queue_put(&empty, b);
    t->ops += BATCH;
    return true;
}

// A lone thread is both; it keeps half of the batches in the queue.
static void fill(struct storm_thread *t)
{
    if (storm.threads == 1) {
        for (unsigned i = 0; i < batch_count / 2; i++) {
            produce(t);
        }
    }
}

static void run(struct storm_thread *t)
{
    bool alone = storm.threads == 1;
    bool producer = t->id % 2 == 0;
    while (storm_running()) {
        if (alone || producer) {
            produce(t);
        }
        if (alone || !producer) {
            consume(t);
        }
    }
}

// One thread answers for all batches: they belong to nobody.
static uint64_t live(struct storm_thread *t)
{
    uint64_t bytes = 0;
    for (unsigned i = 0; t->id == 0 && i < batch_count; i++) {
        bytes += storm_live_in(batches[i].block, BATCH);
    }
    return bytes;
}

static void drain(struct storm_thread *t)
{
    for (unsigned i = 0; t->id == 0 && i < batch_count; i++) {
        storm_release_all(t, batches[i].block, BATCH);
    }
}

const struct storm_scenario storm_handoff = {
    .name = "handoff",
    .about = "producers allocate 16 B to 512 B, consumers free, batches of 64",
    .phases = 1,
    .setup = setup,
    .fill = fill,
    .run = run,
    .live = live,
    .drain = drain,
};
