/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks allocated by one task and freed by another, on whatever core. */
#include "check.h"
#include "kernel.h"
#include "os/os_heap.h"

#define PAIRS (BOARD_CORES > 1 ? BOARD_CORES : 2)
#define BLOCKS (8000u / TEST_SHARE)
#define BOX 16u

/* One producer, one consumer. */
struct mailbox {
    struct stamped slots[BOX];
    unsigned put;
    unsigned taken;
};
static struct mailbox boxes[PAIRS];

static void produce(struct mailbox *box, struct rng *rng)
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        struct stamped s;
        while (!stamped_new(&s, rng_size(rng, 1))) {
            kernel_yield();
        }
        /* Observes that the slot is free; pairs with the release in consume(). */
        while (i - __atomic_load_n(&box->taken, __ATOMIC_ACQUIRE) == BOX) {
            kernel_yield();
        }
        box->slots[i % BOX] = s;
        /* Publishes the block; pairs with the acquire in consume(). */
        __atomic_store_n(&box->put, i + 1, __ATOMIC_RELEASE);
    }
}

static void consume(struct mailbox *box)
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        /* Observes the block; pairs with the release in produce(). */
        while (__atomic_load_n(&box->put, __ATOMIC_ACQUIRE) == i) {
            kernel_yield();
        }
        struct stamped s = box->slots[i % BOX];
        /* Publishes that the slot is free; pairs with the acquire in produce(). */
        __atomic_store_n(&box->taken, i + 1, __ATOMIC_RELEASE);
        stamped_free(&s);
    }
}

static void task(unsigned number)
{
    struct rng rng = {number + 1};
    if (number % 2 == 0) {
        produce(&boxes[number / 2], &rng);
    } else {
        consume(&boxes[number / 2]);
    }
}

static void done(void)
{
    struct os_heap_stats stats;
    (void)os_heap_trim();
    os_heap_stats(&stats);
    report("blocks", BLOCKS * PAIRS);
    report("migrations", kernel_migrations());
    report("deferred", (unsigned)stats.deferred_frees);
    CHECK(stats.live == 0);
    CHECK(stats.free_pages == stats.region);
    passed();
}

int main(void)
{
    for (unsigned i = 0; i < 2 * PAIRS; i++) {
        kernel_task(task, i);
    }
    kernel_run(done);
}
