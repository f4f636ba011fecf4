// SPDX-License-Identifier: Apache-2.0
// burst: many allocated, then all freed: last first, first first, shuffled, in
// turn. One half of each burst is freed by another thread.
#include "block.h"
#include "mailbox.h"
#include "memory.h"
#include "rng.h"
#include "sizes.h"

enum { HALF = 10000, SMALLEST = 16, LARGEST = 256 };
enum order { LAST_FIRST, FIRST_FIRST, SHUFFLED, ORDERS };

struct half {
    struct storm_block block[HALF];
};

struct own {
    struct half kept;
    struct half given[2];
    struct half *to_give;
    unsigned bursts;
};

static struct storm_sizes *sizes;
static struct storm_mailbox *boxes;
static struct own *owns;
static uint16_t *shuffle;

static void setup(void)
{
    sizes = storm_map(sizeof(*sizes));
    storm_sizes_log(sizes, 0, SIZES_COUNT, SMALLEST, LARGEST);
    boxes = storm_map(storm.threads * sizeof(*boxes));
    owns = storm_map(storm.threads * sizeof(*owns));
    shuffle = storm_map(HALF * sizeof(*shuffle));
    for (uint32_t i = 0; i < HALF; i++) {
        uint32_t j = storm_below(storm_rng_seed(i), i + 1);
        shuffle[i] = shuffle[j];
        shuffle[j] = (uint16_t)i;
    }
    for (unsigned i = 0; i < storm.threads; i++) {
        owns[i].to_give = &owns[i].given[0];
        storm_exchange(&boxes[i], &owns[i].given[1]);
        storm.thread[i].state = &owns[i];
    }
}

static void take(struct storm_thread *t, struct half *h)
{
    for (uint32_t i = 0; i < HALF; i++) {
        storm_alloc(t, &h->block[i], storm_size(sizes, storm_random(t)));
    }
    t->ops += HALF;
}

// The very first half to arrive in a mailbox is still empty.
static void give_back(struct storm_thread *t, struct half *h, enum order order)
{
    if (h->block[0].ptr == NULL) {
        return;
    }
    for (uint32_t i = 0; i < HALF; i++) {
        uint32_t at = order == FIRST_FIRST ? i : order == LAST_FIRST ? HALF - 1 - i : shuffle[i];
        storm_release(t, &h->block[at]);
    }
    t->ops += HALF;
}

static void burst(struct storm_thread *t)
{
    struct own *own = t->state;
    enum order order = (enum order)(own->bursts % ORDERS);
    take(t, &own->kept);
    take(t, own->to_give);
    own->to_give = storm_exchange(storm_mailbox_for(boxes, t, own->bursts++), own->to_give);
    give_back(t, &own->kept, order);
    give_back(t, own->to_give, order);
}

static void run(struct storm_thread *t)
{
    while (storm_running()) {
        burst(t);
    }
}

static uint64_t live(struct storm_thread *t)
{
    struct own *own = t->state;
    return storm_live_in(own->given[0].block, HALF) + storm_live_in(own->given[1].block, HALF);
}

static void drain(struct storm_thread *t)
{
    struct own *own = t->state;
    storm_release_all(t, own->given[0].block, HALF);
    storm_release_all(t, own->given[1].block, HALF);
}

const struct storm_scenario storm_burst = {
    .name = "burst",
    .about = "20,000 allocated, then freed LIFO, FIFO, shuffled; half elsewhere",
    .phases = 1,
    .setup = setup,
    .fill = burst,
    .run = run,
    .live = live,
    .drain = drain,
};
