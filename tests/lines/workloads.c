/* SPDX-License-Identifier: Apache-2.0 */
/* What each core does. The queues and slots between cores are the program's and cost
 * nothing here; what it writes into blocks does. */
#include "workload.h"

#include "os/os_heap.h"

#include <string.h>

enum { WARM = 2, MEASURED = 4, BLOCK = 64 };

unsigned workload_cores;

/* The program writes its blocks, and whoever frees one has read it. */
static void *allocate_some(size_t size, size_t written)
{
    lines_enter_call();
    void *block = os_malloc(size);
    lines_leave_call();
    lines_access(block, written, LINES_WRITE);
    memset(block, 0x5a, written);
    return block;
}

static void *allocate(size_t size)
{
    return allocate_some(size, size);
}

static void release(void *block, size_t size)
{
    lines_access(block, size, LINES_READ);
    lines_enter_call();
    os_free(block);
    lines_leave_call();
}

/* Warm rounds, a meeting, counted rounds. A heap that still grows is not at rest. */
static void rounds(unsigned core, void (*round)(unsigned core))
{
    for (unsigned i = 0; i < WARM; i++) {
        round(core);
        lines_meet();
    }
    lines_count_from_here();
    for (unsigned i = 0; i < MEASURED; i++) {
        round(core);
    }
}

static void pair_round(unsigned core)
{
    (void)core;
    for (unsigned i = 0; i < 500; i++) {
        release(allocate(BLOCK), BLOCK);
    }
}

static void pair(unsigned core)
{
    rounds(core, pair_round);
}

enum { BULK_BLOCKS = 1000 };

static void bulk_round(unsigned core)
{
    static void *block[LINES_CORES_MOST][BULK_BLOCKS];
    for (unsigned i = 0; i < BULK_BLOCKS; i++) {
        block[core][i] = allocate(BLOCK);
    }
    for (unsigned i = 0; i < BULK_BLOCKS; i++) {
        release(block[core][i], BLOCK);
    }
}

static void bulk(unsigned core)
{
    rounds(core, bulk_round);
}

/* From one core to another, a batch at a time: full, or empty again. */
enum { BATCH = 64, BATCHES = 4, HANDED_A_ROUND = 16 };

struct queue {
    void *block[BATCHES][BATCH];
    unsigned put, taken;
};

static struct queue queues[LINES_CORES_MOST];

static void give_batch(struct queue *queue)
{
    while (queue->put - queue->taken == BATCHES) {
        lines_pause();
    }
    for (unsigned i = 0; i < BATCH; i++) {
        queue->block[queue->put % BATCHES][i] = allocate(BLOCK);
    }
    queue->put++;
}

static void take_batch(struct queue *queue)
{
    while (queue->put == queue->taken) {
        lines_pause();
    }
    for (unsigned i = 0; i < BATCH; i++) {
        release(queue->block[queue->taken % BATCHES][i], BLOCK);
    }
    queue->taken++;
}

/* Even cores allocate for the odd core after them. */
static void handoff_round(unsigned core)
{
    for (unsigned i = 0; i < HANDED_A_ROUND; i++) {
        if (core % 2 == 0) {
            give_batch(&queues[core]);
        } else {
            take_batch(&queues[core - 1]);
        }
    }
}

static void handoff(unsigned core)
{
    rounds(core, handoff_round);
}

/* Every core allocates for the next one and frees what the one before has allocated. */
static void remote_round(unsigned core)
{
    unsigned before = (core + workload_cores - 1) % workload_cores;
    for (unsigned i = 0; i < HANDED_A_ROUND / 2; i++) {
        give_batch(&queues[core]);
        take_batch(&queues[before]);
    }
}

static void remote(unsigned core)
{
    rounds(core, remote_round);
}

/* Slots that all share: 8 to 32 bytes, left by one core, written and freed by another. */
enum { SLOTS_A_CORE = 64, STEPS_A_ROUND = 500, STEP = 8, SIZES = 4 };

static void *slot[LINES_CORES_MOST * SLOTS_A_CORE];
static uint64_t random_state[LINES_CORES_MOST];

static unsigned random_below(unsigned core, unsigned n)
{
    uint64_t x = random_state[core] != 0 ? random_state[core] : 0x9E3779B97F4A7C15u * (core + 1);
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    random_state[core] = x;
    return (unsigned)((x >> 32) * n >> 32);
}

static void tiny_round(unsigned core)
{
    for (unsigned i = 0; i < STEPS_A_ROUND; i++) {
        unsigned at = random_below(core, SLOTS_A_CORE * workload_cores);
        size_t size = (size_t)STEP * (at % SIZES + 1);
        void *mine = allocate(size);
        void *theirs = slot[at];
        slot[at] = mine;
        if (theirs != NULL) {
            lines_access(theirs, size, LINES_WRITE);
            release(theirs, size);
        }
    }
}

static void tiny(unsigned core)
{
    rounds(core, tiny_round);
}

/* A core replaces blocks of its own at random; each doubling of sizes up to 128 KiB is as likely.
 * It writes and reads the first bytes, which may share a line with another core's block. */
enum { LIVE_A_CORE = 128, REPLACED_A_ROUND = 2000, LEAST_LOG2 = 3, DOUBLINGS = 14, WRITTEN = 64 };

static struct {
    void *block;
    size_t written;
} live[LINES_CORES_MOST][LIVE_A_CORE];

/* A process in which long blocks are cached: a small one does not keep them. */
static void use_much(void)
{
    enum { BLOCKS = 80, BYTES = 128 << 10 };
    for (unsigned i = 0; i < BLOCKS; i++) {
        (void)allocate_some(BYTES, 0); /* stays */
    }
}

static void mixed_round(unsigned core)
{
    for (unsigned i = 0; i < REPLACED_A_ROUND; i++) {
        unsigned at = random_below(core, LIVE_A_CORE);
        size_t least = (size_t)1 << (LEAST_LOG2 + random_below(core, DOUBLINGS));
        size_t size = least + random_below(core, (unsigned)least);
        if (live[core][at].block != NULL) {
            release(live[core][at].block, live[core][at].written);
        }
        live[core][at].written = size < WRITTEN ? size : WRITTEN;
        live[core][at].block = allocate_some(size, live[core][at].written);
    }
}

static void mixed(unsigned core)
{
    if (core == 0) {
        use_much();
    }
    rounds(core, mixed_round);
}

const struct workload workloads[] = {
    {"pair", "64 B allocated and freed at once", 1, pair},
    {"bulk", "1,000 of 64 B allocated, then freed in that order", 1, bulk},
    {"handoff", "even cores allocate batches of 64 for the odd core beside them", 2, handoff},
    {"remote", "every core allocates for the next, frees what the one before allocated", 2, remote},
    {"mixed", "8 B to 128 KiB, 128 live a core, replaced at random, and 10 MiB that stay", 1,
     mixed},
    {"tiny", "8 to 32 B exchanged through slots that all cores share", 2, tiny},
};
const unsigned workload_count = sizeof(workloads) / sizeof(workloads[0]);
