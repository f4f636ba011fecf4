// SPDX-License-Identifier: Apache-2.0
// erosion: phases of different sizes pass over the heap, and each leaves long-lived
// survivors scattered among the holes of its short-lived blocks. The first cycle
// of phases is the same work for every allocator, and memory is read at each
// phase's end; the timed part repeats the cycle.
#include "block.h"
#include "memory.h"
#include "rng.h"
#include "sizes.h"

enum {
    PHASES = 8,
    TOTAL_BYTES = 8 * 1024 * 1024, // short-lived, all threads together
    ONE_SURVIVES_OF = 8,
    PHASES_SURVIVED = 3,
    REPLACEMENTS = 2, // of each slot, on average
    BATCH = 64,
};

static const struct {
    const char *label;
    uint32_t lo, hi;
} range[PHASES] = {
    {"64-128 B", 64, 128},      {"512 B-1 KiB", 512, 1024}, {"128-256 B", 128, 256},
    {"2-8 KiB", 2048, 8192},    {"64-256 B", 64, 256},      {"16-64 KiB", 16384, 65536},
    {"256 B-1 KiB", 256, 1024}, {"64 B-16 KiB", 64, 16384},
};

struct survivors {
    struct storm_block *block;
    uint32_t count;
};

struct own {
    struct storm_block *slot;
    uint32_t filled;
    uint32_t replaced;
    unsigned phase;
    struct survivors old[PHASES_SURVIVED];
};

static struct storm_sizes *sizes; // one table a phase
static uint32_t slots[PHASES];
static atomic_uint_fast64_t live_sum;

static void setup(void)
{
    sizes = storm_map(PHASES * sizeof(*sizes));
    uint32_t most = 0;
    for (unsigned p = 0; p < PHASES; p++) {
        storm_sizes_log(&sizes[p], 0, SIZES_COUNT, range[p].lo, range[p].hi);
        slots[p] = TOTAL_BYTES / storm.threads / storm_sizes_mean(&sizes[p]);
        slots[p] = slots[p] < ONE_SURVIVES_OF ? ONE_SURVIVES_OF : slots[p];
        most = slots[p] > most ? slots[p] : most;
    }
    for (unsigned i = 0; i < storm.threads; i++) {
        struct own *own = storm_map(sizeof(*own));
        own->slot = storm_map(most * sizeof(*own->slot));
        for (unsigned g = 0; g < PHASES_SURVIVED; g++) {
            own->old[g].block =
                storm_map((most / ONE_SURVIVES_OF + 1) * sizeof(struct storm_block));
        }
        storm.thread[i].state = own;
    }
}

// One batch of the current phase's allocations; false when the phase has had all.
static bool work(struct storm_thread *t, struct own *own)
{
    const struct storm_sizes *s = &sizes[own->phase];
    uint32_t n = slots[own->phase];
    if (own->filled < n) {
        for (int i = 0; i < BATCH && own->filled < n; i++, own->filled++) {
            storm_alloc(t, &own->slot[own->filled], storm_size(s, storm_random(t)));
            t->ops++;
        }
        return true;
    }
    if (own->replaced < REPLACEMENTS * n) {
        for (int i = 0; i < BATCH; i++, own->replaced++) {
            uint64_t r = storm_random(t);
            storm_replace(t, &own->slot[storm_below(r, n)], storm_size(s, r));
        }
        t->ops += UINT64_C(2) * BATCH;
        return true;
    }
    return false;
}

// The short-lived die, one of eight lives on; survivors of three phases ago die.
static void end_phase(struct storm_thread *t, struct own *own)
{
    struct survivors *old = &own->old[own->phase % PHASES_SURVIVED];
    uint32_t n = slots[own->phase];
    storm_release_all(t, old->block, old->count);
    t->ops += old->count;
    old->count = 0;
    for (uint32_t i = 0; i < n; i += ONE_SURVIVES_OF) {
        old->block[old->count++] = own->slot[i];
        own->slot[i].ptr = NULL;
    }
    storm_release_all(t, own->slot, n);
    t->ops += n - old->count;
    own->filled = 0;
    own->replaced = 0;
    own->phase = (own->phase + 1) % PHASES;
}

static uint64_t live(struct storm_thread *t)
{
    struct own *own = t->state;
    uint64_t bytes = storm_live_in(own->slot, own->filled);
    for (unsigned g = 0; g < PHASES_SURVIVED; g++) {
        bytes += storm_live_in(own->old[g].block, own->old[g].count);
    }
    return bytes;
}

// All threads meet, one reads: the sum of what is live, and the RSS.
static void read_memory(struct storm_thread *t, uint64_t *live_bytes, uint64_t *rss)
{
    // Relaxed: the barriers order it.
    atomic_fetch_add_explicit(&live_sum, live(t), memory_order_relaxed);
    pthread_barrier_wait(&storm.sync);
    if (t->id == 0) {
        *live_bytes = atomic_exchange_explicit(&live_sum, 0, memory_order_relaxed);
        *rss = storm_rss_bytes();
    }
    pthread_barrier_wait(&storm.sync);
}

static void fill(struct storm_thread *t)
{
    struct own *own = t->state;
    for (unsigned p = 0; p < PHASES; p++) {
        struct storm_point *point = &storm.point[p];
        while (work(t, own)) {
        }
        read_memory(t, &point->live_bytes, &point->rss_bytes);
        end_phase(t, own);
        read_memory(t, &point->live_after_bytes, &point->rss_after_bytes);
        if (t->id == 0) {
            point->label = range[p].label;
            storm.points = PHASES;
        }
    }
}

static void run(struct storm_thread *t)
{
    struct own *own = t->state;
    while (storm_running()) {
        if (!work(t, own)) {
            end_phase(t, own);
        }
    }
}

static void drain(struct storm_thread *t)
{
    struct own *own = t->state;
    storm_release_all(t, own->slot, own->filled);
    for (unsigned g = 0; g < PHASES_SURVIVED; g++) {
        storm_release_all(t, own->old[g].block, own->old[g].count);
    }
}

const struct storm_scenario storm_erosion = {
    .name = "erosion",
    .about = "survivors among short-lived blocks, eight phases of other sizes",
    .phases = 1,
    .setup = setup,
    .fill = fill,
    .run = run,
    .live = live,
    .drain = drain,
};
