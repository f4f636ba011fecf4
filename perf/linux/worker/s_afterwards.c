// SPDX-License-Identifier: Apache-2.0
// afterwards: a peak of small and large blocks, all freed, and then two seconds of a
// little work, as a server does between two busy hours. What is still resident then is
// the figure; how long it took is none.
#include <time.h>

#include "block.h"
#include "memory.h"
#include "rng.h"
#include "sizes.h"

enum {
    PEAK_BYTES = 96 * 1024 * 1024, // small blocks, and as much of large ones
    SMALLEST = 16,
    SMALL = 1024,
    LARGE = 64 * 1024,
    LARGEST = 4 * 1024 * 1024,
    NAPS = 200,
    NAP_NS = 10000000,
    NAPS_TO_VERIFY = 5,
    CALLS_A_NAP = 64,
};

struct own {
    struct storm_block *small;
    struct storm_block *large;
};

static struct storm_sizes *small_sizes;
static struct storm_sizes *large_sizes;
static uint32_t small_blocks;
static uint32_t large_blocks;
static uint64_t final_rss_bytes;

static void setup(void)
{
    small_sizes = storm_map(sizeof(*small_sizes));
    large_sizes = storm_map(sizeof(*large_sizes));
    storm_sizes_log(small_sizes, 0, SIZES_COUNT, SMALLEST, SMALL);
    storm_sizes_log(large_sizes, 0, SIZES_COUNT, LARGE, LARGEST);
    size_t bytes = storm_at_most(PEAK_BYTES) / storm.threads;
    small_blocks = (uint32_t)(bytes / storm_sizes_mean(small_sizes));
    large_blocks = (uint32_t)(bytes / storm_sizes_mean(large_sizes)) + 1;
    for (unsigned i = 0; i < storm.threads; i++) {
        struct own *own = storm_map(sizeof(*own));
        own->small = storm_map(small_blocks * sizeof(*own->small));
        own->large = storm_map(large_blocks * sizeof(*own->large));
        storm.thread[i].state = own;
    }
}

// Small and large ones in turn, so that they are neighbours where an allocator mixes them.
static void peak(struct storm_thread *t, struct own *own)
{
    uint32_t large = 0;
    for (uint32_t i = 0; i < small_blocks; i++) {
        storm_alloc(t, &own->small[i], storm_size(small_sizes, storm_random(t)));
        if ((uint64_t)i * large_blocks / small_blocks >= large) {
            storm_alloc(t, &own->large[large++], storm_size(large_sizes, storm_random(t)));
        }
    }
    pthread_barrier_wait(&storm.sync);
    storm_release_all(t, own->small, small_blocks);
    storm_release_all(t, own->large, large_blocks);
    t->ops += UINT64_C(2) * (small_blocks + large);
}

static void little_work(struct storm_thread *t, struct own *own)
{
    const struct timespec nap = {.tv_nsec = NAP_NS};
    unsigned naps = storm.verify ? NAPS_TO_VERIFY : NAPS;
    for (unsigned i = 0; i < naps; i++) {
        nanosleep(&nap, NULL);
        for (uint32_t k = 0; k < CALLS_A_NAP; k++) {
            storm_alloc(t, &own->small[k], storm_size(small_sizes, storm_random(t)));
        }
        storm_release_all(t, own->small, CALLS_A_NAP);
        t->ops += UINT64_C(2) * CALLS_A_NAP;
    }
}

static void run(struct storm_thread *t)
{
    peak(t, t->state);
    little_work(t, t->state);
    pthread_barrier_wait(&storm.sync);
    if (t->id == 0) {
        final_rss_bytes = storm_rss_bytes();
    }
}

static uint64_t live(struct storm_thread *t)
{
    (void)t;
    return 0;
}

static void finish(void)
{
    storm_measure("final_rss_bytes", final_rss_bytes);
}

const struct storm_scenario storm_afterwards = {
    .name = "afterwards",
    .about = "resident memory 2 s after a peak of 192 MiB, all of it freed",
    .phases = 1,
    .fixed_work = true,
    .setup = setup,
    .run = run,
    .live = live,
    .finish = finish,
};
