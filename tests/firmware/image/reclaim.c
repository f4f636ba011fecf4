/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One task takes every core's lists away again and again, while the others do nothing but hit
 * them: so many a reclaim meets an operation that is under way. No block has two owners, and none
 * is lost.
 */
#include "check.h"
#include "kernel.h"
#include "os/os_heap.h"

#define WORKERS (BOARD_CORES + 1)
#define ROUNDS (40000u / TEST_SHARE)
#define SIZE 8u /* of the class that a reclaim takes first */
#define HELD 3u

static unsigned char finished[WORKERS];
static unsigned trims;

static void worker(unsigned number)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        volatile unsigned *blocks[HELD];
        for (unsigned i = 0; i < HELD; i++) {
            blocks[i] = os_malloc(SIZE);
            CHECK(blocks[i] != NULL);
            blocks[i][0] = blocks[i][1] = number * HELD + i;
        }
        for (unsigned i = 0; i < HELD; i++) {
            CHECK(blocks[i][0] == number * HELD + i && blocks[i][1] == number * HELD + i);
            os_free((void *)blocks[i]);
        }
    }
    /* Publishes that this worker is done; pairs with all_finished(). */
    __atomic_store_n(&finished[number], 1, __ATOMIC_RELEASE);
}

static bool all_finished(void)
{
    for (unsigned i = 0; i < WORKERS; i++) {
        /* Observes that the worker is done; pairs with its release. */
        if (__atomic_load_n(&finished[i], __ATOMIC_ACQUIRE) == 0) {
            return false;
        }
    }
    return true;
}

static void reclaimer(unsigned number)
{
    (void)number;
    while (!all_finished()) {
        (void)os_heap_trim();
        trims++;
    }
}

static void done(void)
{
    struct os_heap_stats stats;
    (void)os_heap_trim();
    os_heap_stats(&stats);
    report("trims", trims);
    CHECK(stats.live == 0);
    CHECK(stats.free_pages == stats.region);
    CHECK(trims > 1);
    passed();
}

int main(void)
{
    kernel_task(reclaimer, WORKERS);
    for (unsigned i = 0; i < WORKERS; i++) {
        kernel_task(worker, i);
    }
    kernel_run(done);
}
