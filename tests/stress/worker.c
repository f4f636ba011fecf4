/* SPDX-License-Identifier: Apache-2.0 */
#include "worker.h"

#include "board.h"
#include "crew.h"
#include "os/os_heap.h"
#include "sizes.h"
#include "stamp.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define SLOTS 64

struct worker {
    void *held[SLOTS];
    uint64_t seed;
};

static uint64_t pick(struct worker *worker, uint64_t limit)
{
    return random_below(&worker->seed, limit);
}

/* Mostly small, sometimes around a boundary, now and then large. */
static size_t pick_size(struct worker *worker)
{
    uint64_t kind = pick(worker, 64);
    size_t size = (size_t)8 << pick(worker, 8);
    if (kind == 0) {
        size = LARGE_SIZE(1) + pick(worker, LARGE_SIZE(2));
    } else if (kind < 8) {
        size = osh_class_bytes(1 + (unsigned)pick(worker, OSH_CLASS_MAX)) - 1 + pick(worker, 3);
    } else {
        size += pick(worker, size);
    }
    return size < PARCEL_MIN ? PARCEL_MIN : size;
}

static void must(bool condition, const char *what)
{
    if (!condition) {
        (void)fprintf(stderr, "stress: %s\n", what);
        abort();
    }
}

static void *allocate(struct worker *worker)
{
    size_t size = pick_size(worker);
    void *block;
    switch (pick(worker, 4)) {
    case 0:
        block = os_calloc(1, size);
        must(block == NULL || is_zero(block, size < 4096 ? size : 4096), "calloc's block is dirty");
        break;
    case 1: {
        size_t alignment = (size_t)1 << pick(worker, OSH_PAGE_LOG2 + 2);
        block = os_aligned_alloc(alignment, size);
        must(is_aligned(block, alignment), "aligned_alloc's block is not aligned");
        size &= ~(size_t)1; /* not for os_free_sized: see parcel_free() */
        break;
    }
    default:
        block = os_malloc(size);
        must(is_aligned(block, alignment_for(size)), "malloc's block is not aligned");
    }
    return parcel_pack(block, size, worker->seed);
}

static void *resize(struct worker *worker, void *block)
{
    size_t old = parcel_bytes(block);
    size_t size = pick(worker, 4) == 0 ? old + old / 8 : pick_size(worker);
    size_t common = old < size ? old : size;
    common = common < 512 ? common : 512;
    parcel_check(block);
    stamp_all(block, common, worker->seed);
    uint64_t key = worker->seed;
    void *resized =
        pick(worker, 2) == 0 ? os_realloc(block, size) : os_reallocarray(block, 1, size);
    block = resized != NULL ? resized : block;
    must(is_stamped_all(block, common, key), "realloc lost contents");
    return parcel_pack(block, resized != NULL ? size : old, key);
}

static void look_around(struct worker *worker)
{
    struct os_heap_stats stats;
    if (pick(worker, 8) == 0) {
        (void)os_heap_trim();
    } else {
        os_heap_stats(&stats);
        must(stats.cached <= stats.cached_bound, "more is cached than the bound");
        must(stats.region >= stats.slab_pages, "more slab pages than pages");
    }
}

static void turn(struct worker *worker)
{
    void **slot = &worker->held[pick(worker, SLOTS)];
    uint64_t what = pick(worker, 512);
    if (what == 0) {
        look_around(worker);
    } else if (what < 100) {
        *slot = board_exchange(pick(worker, 1024), *slot);
        if (*slot != NULL) {
            parcel_check(*slot);
        }
    } else if (*slot == NULL) {
        *slot = allocate(worker);
    } else if (what < 200) {
        *slot = resize(worker, *slot);
    } else {
        parcel_free(*slot);
        *slot = NULL;
    }
}

void worker_run(unsigned member, void *shared)
{
    const struct work *work = shared;
    struct worker worker = {.seed = work->seed * 64 + member + 1};
    for (unsigned i = 0; i < work->turns; i++) {
        turn(&worker);
    }
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        parcel_free(worker.held[slot]);
    }
}
