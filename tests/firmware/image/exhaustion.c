/* SPDX-License-Identifier: Apache-2.0 */
/* Tasks of all cores take all there is, by small and by large blocks, and give
 * it back, again and again. */
#include "check.h"
#include "kernel.h"
#include "os/os_heap.h"
#include "osh_config.h"

#define TASKS (BOARD_CORES + 1)
#define ROUNDS (TEST_SHARE > 4u ? 2u : 8u / TEST_SHARE)

static unsigned failures[TASKS];
static size_t most[TASKS];

static void task(unsigned number)
{
    struct rng rng = {number + 1};
    for (unsigned round = 0; round < ROUNDS;) {
        bool large = (number + round) % 2 == 0;
        void *chain = NULL;
        void *block;
        size_t bytes = 0;
        size_t size = large ? 2 * OSH_SLAB_MAX : 16 + rng_next(&rng) % 200;
        while ((block = os_malloc(size)) != NULL) {
            *(void **)block = chain;
            chain = block;
            bytes += size;
        }
        if (bytes == 0) {
            kernel_yield(); /* others have it all: until one of them has given back */
            continue;
        }
        round++;
        failures[number]++;
        most[number] = bytes > most[number] ? bytes : most[number];
        while (chain != NULL) {
            void *next = *(void **)chain;
            os_free(chain);
            chain = next;
        }
    }
}

static void done(void)
{
    struct os_heap_stats stats;
    (void)os_heap_trim();
    os_heap_stats(&stats);
    size_t record = 0;
    for (unsigned i = 0; i < TASKS; i++) {
        CHECK(failures[i] == ROUNDS);
        record = most[i] > record ? most[i] : record;
    }
    report("most", (unsigned)record);
    report("failed", (unsigned)stats.out_of_memory);
    CHECK(stats.live == 0);
    CHECK(stats.free_pages == stats.region);
    CHECK(record > stats.region / 4);
    passed();
}

int main(void)
{
    for (unsigned i = 0; i < TASKS; i++) {
        kernel_task(task, i);
    }
    kernel_run(done);
}
