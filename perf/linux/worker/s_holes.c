// SPDX-License-Identifier: Apache-2.0
// holes: large blocks come and go among 16,000 free ones of many sizes, each between two
// that live. Only the first page of a block is written: 36 GiB of addresses, 130 MiB of
// memory. Every pair is timed; searching a long bin shows in the worst of them.
#include <sys/prctl.h>

#include "block.h"
#include "clock.h"
#include "memory.h"
#include "rng.h"
#include "sizes.h"

enum {
    HOLES = 16000, // all threads together, and as many that live
    SMALLEST = 128 * 1024,
    LARGEST = 4 * 1024 * 1024,
    WRITTEN = STORM_OS_PAGE,
};

struct own {
    struct storm_block *block;
    uint64_t live_bytes;
    uint64_t pairs;
    uint64_t ticks;
    uint64_t worst_ticks;
};

static struct storm_sizes *sizes;
static uint32_t holes;

static void setup(void)
{
    // With a huge page behind each of these pages nobody's memory would suffice.
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
    sizes = storm_map(sizeof(*sizes));
    storm_sizes_log(sizes, 0, SIZES_COUNT, SMALLEST, LARGEST);
    size_t wanted = (size_t)2 * HOLES * storm_sizes_mean(sizes);
    holes = (uint32_t)(storm_at_most(wanted) / 2 / storm_sizes_mean(sizes) / storm.threads);
    for (unsigned i = 0; i < storm.threads; i++) {
        struct own *own = storm_map(sizeof(*own));
        own->block = storm_map((size_t)2 * holes * sizeof(*own->block));
        storm.thread[i].state = own;
    }
}

static uint32_t allocate(struct storm_thread *t, struct storm_block *b)
{
    uint32_t size = storm_size(sizes, storm_random(t));
    storm_alloc_as(t, b, size, WRITTEN, t->seq++);
    return size;
}

static void fill(struct storm_thread *t)
{
    struct own *own = t->state;
    for (uint32_t i = 0; i < 2 * holes; i++) {
        uint32_t size = allocate(t, &own->block[i]);
        own->live_bytes += i % 2 == 0 ? size : 0;
    }
    for (uint32_t i = 1; i < 2 * holes; i += 2) {
        storm_release(t, &own->block[i]);
    }
}

static void run(struct storm_thread *t)
{
    struct own *own = t->state;
    while (storm_running()) {
        struct storm_block b;
        uint64_t begin = storm_tick_begin();
        allocate(t, &b);
        storm_release(t, &b);
        uint64_t spent = storm_tick_end() - begin;
        t->ops += 2;
        if (t->recording) {
            own->pairs++;
            own->ticks += spent;
            own->worst_ticks = spent > own->worst_ticks ? spent : own->worst_ticks;
        }
    }
}

static uint64_t live(struct storm_thread *t)
{
    struct own *own = t->state;
    return own->live_bytes;
}

static void drain(struct storm_thread *t)
{
    struct own *own = t->state;
    storm_release_all(t, own->block, (size_t)2 * holes);
}

static void finish(void)
{
    uint64_t pairs = 0;
    uint64_t ticks = 0;
    uint64_t worst = 0;
    for (unsigned i = 0; i < storm.threads; i++) {
        const struct own *own = storm.thread[i].state;
        pairs += own->pairs;
        ticks += own->ticks;
        worst = own->worst_ticks > worst ? own->worst_ticks : worst;
    }
    storm_measure("pair_mean_ns", pairs > 0 ? storm_ticks_to_ns(ticks / pairs) : 0);
    storm_measure("pair_worst_ns", storm_ticks_to_ns(worst));
}

const struct storm_scenario storm_holes = {
    .name = "holes",
    .about = "128 KiB to 4 MiB among 16,000 free blocks; each pair timed",
    .phases = 1,
    .setup = setup,
    .fill = fill,
    .run = run,
    .live = live,
    .drain = drain,
    .finish = finish,
};
