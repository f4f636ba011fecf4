// SPDX-License-Identifier: Apache-2.0
// tiny: blocks of 8 to 32 bytes go through shared slots from one thread to another.
// Whoever takes one out writes it and frees it, so that neighbours of a cache line end up
// with two cores, who then allocate and write them.
#include "block.h"
#include "memory.h"
#include "rng.h"

enum { SLOTS_A_THREAD = 512, BATCH = 64, STEP = 8, SIZES = 4 };

// The slot tells size and stamp, so a pointer is all that changes hands.
static _Atomic(void *) *slots;
static uint32_t slot_count;

static void setup(void)
{
    slot_count = SLOTS_A_THREAD * storm.threads;
    slots = storm_map(slot_count * sizeof(*slots));
}

static struct storm_block block_of(uint32_t slot, void *ptr)
{
    return (struct storm_block){.ptr = ptr, .size = STEP * (slot % SIZES + 1), .seq = slot};
}

// Two threads that were given one block both leave it in a slot. The second to take it
// out finds what the first wrote last, or, of another slot, another stamp.
static void release(struct storm_thread *t, struct storm_block *b)
{
    uint64_t word = ~storm_stamp_word(b);
    if (storm.verify) {
        storm_check_stamp(b, b->size);
    } else {
        storm_check_first(b);
    }
    memcpy(b->ptr, &word, sizeof(word));
    storm_call_free(t, b->ptr);
}

// Acquire and release: what the thread that left a block wrote into it is seen by
// whoever takes it, at this same exchange.
static void *exchange(uint32_t slot, void *mine)
{
    return atomic_exchange_explicit(&slots[slot], mine, memory_order_acq_rel);
}

static void step(struct storm_thread *t)
{
    uint32_t slot = storm_below(storm_random(t), slot_count);
    struct storm_block mine = block_of(slot, NULL);
    storm_alloc_as(t, &mine, mine.size, mine.size, mine.seq);
    struct storm_block theirs = block_of(slot, exchange(slot, mine.ptr));
    t->ops++;
    if (theirs.ptr != NULL) {
        release(t, &theirs);
        t->ops++;
    }
}

static void run(struct storm_thread *t)
{
    while (storm_running()) {
        for (int i = 0; i < BATCH; i++) {
            step(t);
        }
    }
}

// One thread answers for the slots: they belong to nobody.
static uint64_t live(struct storm_thread *t)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; t->id == 0 && i < slot_count; i++) {
        bytes += atomic_load_explicit(&slots[i], memory_order_relaxed) != NULL
                     ? block_of(i, NULL).size
                     : 0;
    }
    return bytes;
}

static void drain(struct storm_thread *t)
{
    for (uint32_t i = t->id; i < slot_count; i += storm.threads) {
        struct storm_block left = block_of(i, exchange(i, NULL));
        if (left.ptr != NULL) {
            release(t, &left);
        }
    }
}

const struct storm_scenario storm_tiny = {
    .name = "tiny",
    .about = "8 B to 32 B exchanged between threads, written and freed there",
    .phases = 1,
    .setup = setup,
    .run = run,
    .live = live,
    .drain = drain,
};
