// SPDX-License-Identifier: Apache-2.0
// brink: a fixed region filled until NULL, then kept between 95 and 100% of what
// it could hold. In the end everything is freed, one block of 80% of the region
// must be had, and the region must fill again as far as before.
#include "block.h"
#include "memory.h"
#include "rng.h"
#include "sizes.h"

enum {
    SMALLEST = 16,
    MIDDLE = 2048,
    LARGEST = 64 * 1024,
    LARGE_ENTRIES = SIZES_COUNT / 32, // above the middle
    BATCH = 16,
    NULLS_IN_A_ROW_TO_BE_FULL = 8,
};

struct own {
    struct storm_block *slot;
    uint32_t used; // slots in use lie in front
    uint64_t live;
    uint64_t first_fill;
    uint64_t lowest;
    uint64_t nulls;
    unsigned nulls_in_a_row;
    bool freeing;
    uint64_t low_mark;
};

static struct storm_sizes *sizes;
static uint32_t slots;

static void setup(void)
{
    sizes = storm_map(sizeof(*sizes));
    storm_sizes_log(sizes, 0, SIZES_COUNT - LARGE_ENTRIES, SMALLEST, MIDDLE);
    storm_sizes_log(sizes, SIZES_COUNT - LARGE_ENTRIES, LARGE_ENTRIES, MIDDLE, LARGEST);
    // Any thread may come to hold most of the region, in blocks of any size.
    slots = (uint32_t)(storm.region_bytes / 64);
    for (unsigned i = 0; i < storm.threads; i++) {
        struct own *own = storm_map_lazy(sizeof(*own));
        own->slot = storm_map_lazy(slots * sizeof(*own->slot));
        storm.thread[i].state = own;
    }
}

static bool add(struct storm_thread *t, struct own *own)
{
    uint32_t size = storm_size(sizes, storm_random(t));
    t->ops++;
    if (own->used == slots || !storm_try_alloc(t, &own->slot[own->used], size)) {
        own->nulls++;
        return false;
    }
    own->used++;
    own->live += size;
    return true;
}

static void remove_random(struct storm_thread *t, struct own *own)
{
    struct storm_block *b = &own->slot[storm_below(storm_random(t), own->used)];
    own->live -= b->size;
    storm_release(t, b);
    *b = own->slot[--own->used];
    t->ops++;
}

// One NULL may be a large request in a heap with room for small ones.
static void fill_until_null(struct storm_thread *t)
{
    struct own *own = t->state;
    for (int in_a_row = 0; in_a_row < NULLS_IN_A_ROW_TO_BE_FULL;) {
        in_a_row = add(t, own) ? 0 : in_a_row + 1;
    }
}

static void fill(struct storm_thread *t)
{
    struct own *own = t->state;
    fill_until_null(t);
    own->nulls = 0;
    own->first_fill = own->lowest = own->live;
}

// Half of the steps while filling replace a block, the others add one. When the
// region is full again, a twentieth of what is held goes.
static void step(struct storm_thread *t, struct own *own)
{
    if (own->freeing) {
        if (own->used == 0 || own->live <= own->low_mark) {
            own->freeing = false;
            own->lowest = own->live < own->lowest ? own->live : own->lowest;
        } else {
            remove_random(t, own);
        }
        return;
    }
    if (own->used > 0 && storm_random(t) % 2 == 0) {
        remove_random(t, own);
    }
    own->nulls_in_a_row = add(t, own) ? 0 : own->nulls_in_a_row + 1;
    if (own->nulls_in_a_row == NULLS_IN_A_ROW_TO_BE_FULL) {
        own->nulls_in_a_row = 0;
        own->freeing = true;
        own->low_mark = own->live / 100 * 95;
    }
}

static void run(struct storm_thread *t)
{
    struct own *own = t->state;
    while (storm_running()) {
        for (int i = 0; i < BATCH; i++) {
            step(t, own);
        }
    }
}

static uint64_t live(struct storm_thread *t)
{
    struct own *own = t->state;
    return own->live;
}

static void free_all(struct storm_thread *t, struct own *own)
{
    storm_release_all(t, own->slot, own->used);
    own->used = 0;
    own->live = 0;
}

// Alone: every other thread waits. What others freed must be usable here.
static void large_block(struct storm_thread *t)
{
    size_t bytes = storm.region_bytes / 10 * 8;
    void *ptr = storm_call_malloc(t, bytes);
    storm.recovery.large_bytes = bytes;
    storm.recovery.large_had = ptr != NULL;
    if (ptr != NULL) {
        storm_call_free(t, ptr);
    }
}

// While all threads rest at a barrier.
static void sum_run(void)
{
    struct storm_recovery *r = &storm.recovery;
    for (unsigned i = 0; i < storm.threads; i++) {
        const struct own *own = storm.thread[i].state;
        r->first_fill_bytes += own->first_fill;
        r->lowest_fill_bytes += own->lowest;
        r->nulls += own->nulls;
    }
}

static void sum_refill(void)
{
    for (unsigned i = 0; i < storm.threads; i++) {
        const struct own *own = storm.thread[i].state;
        storm.recovery.refill_bytes += own->live;
    }
}

static void drain(struct storm_thread *t)
{
    struct own *own = t->state;
    free_all(t, own);
    pthread_barrier_wait(&storm.sync);
    if (t->id == 0) {
        sum_run();
        large_block(t);
    }
    pthread_barrier_wait(&storm.sync);
    fill_until_null(t);
    pthread_barrier_wait(&storm.sync);
    if (t->id == 0) {
        sum_refill();
    }
    pthread_barrier_wait(&storm.sync);
    free_all(t, own);
}

const struct storm_scenario storm_brink = {
    .name = "brink",
    .about = "a fixed region kept 95 to 100% full; failures, stamps, recovery",
    .phases = 1,
    .region_only = true,
    .setup = setup,
    .fill = fill,
    .run = run,
    .live = live,
    .drain = drain,
};
