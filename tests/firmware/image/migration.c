/* SPDX-License-Identifier: Apache-2.0 */
/*
 * More tasks than cores sit on the same few classes, so that they are preempted
 * inside operations and go on with them on other cores, while one of them takes
 * every core's lists away again and again.
 */
#include "check.h"
#include "kernel.h"
#include "os/os_heap.h"

#define TASKS (2 * BOARD_CORES + 2)
#define ROUNDS (40000u / TEST_SHARE)
/* Until tasks have migrated, where the host gives a core little time. */
#define MOST_ROUNDS (100 * ROUNDS)
#define MIGRATIONS (TEST_SHARE > 10u ? 0u : 10u)
#define HELD 6

static unsigned trims;
static unsigned char finished[TASKS];

static bool few_migrations(void)
{
    return BOARD_CORES > 1 && kernel_migrations() <= MIGRATIONS;
}

static void worker(unsigned number)
{
    static const size_t sizes[] = {8, 24, 64, 200};
    struct stamped held[HELD] = {{NULL, 0}};
    struct rng rng = {number + 1};
    for (unsigned round = 0; round < ROUNDS || (few_migrations() && round < MOST_ROUNDS); round++) {
        struct stamped *s = &held[rng_next(&rng) % HELD];
        if (s->block == NULL) {
            CHECK(stamped_new(s, sizes[rng_next(&rng) % 4]));
        } else {
            stamped_free(s);
        }
    }
    for (unsigned i = 0; i < HELD; i++) {
        stamped_free(&held[i]);
    }
    /* Publishes that this worker is done; pairs with all_finished(). */
    __atomic_store_n(&finished[number], 1, __ATOMIC_RELEASE);
}

static bool all_finished(void)
{
    for (unsigned i = 0; i < TASKS - 1; i++) {
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
    report("migrations", kernel_migrations());
    report("interrupted", kernel_interrupted());
    CHECK(stats.live == 0);
    CHECK(stats.free_pages == stats.region);
    CHECK(trims > (TEST_SHARE > 10u ? 1u : 10u));
    CHECK(!few_migrations());
    passed();
}

int main(void)
{
    kernel_task(reclaimer, TASKS - 1);
    for (unsigned i = 0; i < TASKS - 1; i++) {
        kernel_task(worker, i);
    }
    kernel_run(done);
}
