/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A handler frees large blocks while a task holds the heap's mutex: it does not
 * wait, and the blocks are not lost. And the heap is used before the OS starts,
 * by main and by blocks that live on.
 */
#include "check.h"
#include "kernel.h"
#include "os/os_heap.h"
#include "os/os_heap_port.h"
#include "osh_config.h"

#define BLOCKS 8u
#define LARGE (2 * OSH_SLAB_MAX)

static struct stamped from_boot[2];
static void *large[BLOCKS];
static volatile unsigned freed;
static volatile bool may_free;

static void handler(void)
{
    if (may_free && board_core() == 0) {
        CHECK(os_malloc(LARGE) == NULL); /* at once, not the mutex */
        for (unsigned i = 0; i < BLOCKS; i++) {
            os_free(large[i]);
        }
        may_free = false;
        freed = BLOCKS;
    }
}

static void task(unsigned number)
{
    (void)number;
    struct os_heap_stats before;
    struct os_heap_stats after;
    os_heap_stats(&before);
    for (unsigned i = 0; i < BLOCKS; i++) {
        large[i] = os_malloc(LARGE);
        CHECK(large[i] != NULL);
    }
    os_heap_port_lock(0);
    may_free = true;
    while (freed == 0) {
        kernel_yield();
    }
    void *small = os_malloc(40); /* small ones do not need the mutex */
    CHECK(small != NULL);
    os_free(small);
    os_heap_port_unlock(0);
    os_heap_stats(&after); /* enters the fallback, which drains */
    /* Two of a size at most are kept for the next request. */
    size_t deferred = after.deferred_frees - before.deferred_frees;
    CHECK(deferred <= BLOCKS && deferred >= BLOCKS - 2);
    CHECK(after.deferred_pending == deferred);
    os_heap_stats(&after);
    CHECK(after.deferred_pending == 0);
    CHECK(after.live == before.live);
}

static void done(void)
{
    stamped_free(&from_boot[0]);
    stamped_free(&from_boot[1]);
    struct os_heap_stats stats;
    (void)os_heap_trim();
    os_heap_stats(&stats);
    CHECK(stats.live == 0);
    passed();
}

int main(void)
{
    CHECK(!os_heap_port_started());
    CHECK(stamped_new(&from_boot[0], 30));
    CHECK(stamped_new(&from_boot[1], LARGE));
    kernel_task(task, 0);
    kernel_on_tick(handler);
    kernel_run(done);
}
