// SPDX-License-Identifier: Apache-2.0
// sharing: small objects written many times by the thread that has them. Rounds
// alternate: own objects only (lines shared because the allocator gave
// neighbours to two cores), and objects handed over by another thread, written
// and freed here (lines shared later, because of where freed objects go).
#include "block.h"
#include "mailbox.h"
#include "memory.h"

enum { OBJECTS = 16, WRITES = 64, SIZES = 8 };

struct set {
    struct storm_block object[OBJECTS];
};

struct own {
    struct set kept;
    struct set given[2];
    struct set *to_give;
    unsigned rounds;
};

static struct storm_mailbox *boxes;

static void setup(void)
{
    boxes = storm_map(storm.threads * sizeof(*boxes));
    for (unsigned i = 0; i < storm.threads; i++) {
        struct own *own = storm_map(sizeof(*own));
        own->to_give = &own->given[0];
        storm_exchange(&boxes[i], &own->given[1]);
        storm.thread[i].state = own;
    }
}

// Ends on the stamp word, which the free then checks.
static void write_often(const struct set *set)
{
    for (uint64_t pass = WRITES; pass-- > 0;) {
        for (uint32_t i = 0; i < OBJECTS; i++) {
            const struct storm_block *b = &set->object[i];
            if (b->ptr != NULL) {
                *(volatile uint64_t *)b->ptr = storm_stamp_word(b) ^ pass;
            }
        }
    }
}

// 8 to 64 bytes: up to eight objects on one line.
static uint32_t size_of_round(const struct own *own)
{
    return 8 * (own->rounds / 2 % SIZES + 1);
}

static void active_round(struct storm_thread *t, struct own *own)
{
    uint32_t size = size_of_round(own);
    for (uint32_t i = 0; i < OBJECTS; i++) {
        storm_alloc(t, &own->kept.object[i], size);
    }
    write_often(&own->kept);
    storm_release_all(t, own->kept.object, OBJECTS);
    t->ops += UINT64_C(2) * OBJECTS;
}

// Every other object goes away, so neighbours end up on different cores.
static void passive_round(struct storm_thread *t, struct own *own)
{
    uint32_t size = size_of_round(own);
    for (uint32_t i = 0; i < OBJECTS; i++) {
        storm_alloc(t, &own->kept.object[i], size);
        storm_alloc(t, &own->to_give->object[i], size);
    }
    own->to_give = storm_exchange(storm_mailbox_for(boxes, t, own->rounds / 2), own->to_give);
    write_often(&own->kept);
    write_often(own->to_give);
    storm_release_all(t, own->kept.object, OBJECTS);
    storm_release_all(t, own->to_give->object, OBJECTS);
    t->ops += UINT64_C(4) * OBJECTS;
}

static void run(struct storm_thread *t)
{
    struct own *own = t->state;
    while (storm_running()) {
        active_round(t, own);
        own->rounds++;
        passive_round(t, own);
        own->rounds++;
    }
}

static uint64_t live(struct storm_thread *t)
{
    struct own *own = t->state;
    return storm_live_in(own->given[0].object, OBJECTS) +
           storm_live_in(own->given[1].object, OBJECTS);
}

static void drain(struct storm_thread *t)
{
    struct own *own = t->state;
    storm_release_all(t, own->given[0].object, OBJECTS);
    storm_release_all(t, own->given[1].object, OBJECTS);
}

const struct storm_scenario storm_sharing = {
    .name = "sharing",
    .about = "objects of 8 B to 64 B written often on different cores",
    .phases = 1,
    .setup = setup,
    .run = run,
    .live = live,
    .drain = drain,
};
