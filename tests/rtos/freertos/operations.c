/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A million calls of pvPortMalloc and vPortFree by tasks of all cores: with the scheduler
 * suspended, in critical sections, and as they come. Together the tasks hold more than there is, so
 * memory is out again and again.
 */
#include "check.h"
#include "freertos_test.h"
#include "kernel.h"
#include "os/os_heap.h"

#define TASKS (2 * BOARD_CORES + 1)
#define OPERATIONS 1000000u
#define SLOTS (1200u / TASKS)
#define MOST_AT_ONCE 6u /* calls in one critical section */

enum way { SUSPENDED, CRITICAL, PLAIN, WAYS };

static struct slot {
    unsigned char *block;
    size_t size;
} slots[TASKS][SLOTS];
static unsigned done_by[TASKS][WAYS];
static unsigned refused[TASKS][WAYS];

static void enter(enum way way)
{
    if (way == SUSPENDED) {
        vTaskSuspendAll();
    } else if (way == CRITICAL) {
        taskENTER_CRITICAL();
    }
}

static void leave(enum way way)
{
    if (way == SUSPENDED) {
        (void)xTaskResumeAll();
    } else if (way == CRITICAL) {
        taskEXIT_CRITICAL();
    }
}

/* The first and the last byte tell whose the block is. */
static void operate(struct slot *slot, unsigned task, enum way way, struct rng *rng)
{
    unsigned char mark = (unsigned char)(slot - slots[0] + 1);
    if (slot->block != NULL) {
        CHECK(slot->block[0] == mark && slot->block[slot->size - 1] == mark);
        vPortFree(slot->block);
        slot->block = NULL;
    } else {
        slot->size = 1 + rng_size(rng, 4);
        slot->block = pvPortMalloc(slot->size);
        if (slot->block == NULL) {
            refused[task][way]++;
        } else {
            slot->block[0] = mark;
            slot->block[slot->size - 1] = mark;
        }
    }
    done_by[task][way]++;
}

static void task(unsigned number)
{
    struct rng rng = {number * 77 + 1};
    for (unsigned done = 0; done < OPERATIONS / TASKS + MOST_AT_ONCE;) {
        enum way way = rng_next(&rng) % WAYS;
        unsigned calls = 1 + rng_next(&rng) % MOST_AT_ONCE;
        enter(way);
        for (unsigned i = 0; i < calls; i++) {
            operate(&slots[number][rng_next(&rng) % SLOTS], number, way, &rng);
        }
        leave(way);
        done += calls;
    }
    for (unsigned i = 0; i < SLOTS; i++) {
        vPortFree(slots[number][i].block);
    }
}

static unsigned sum(unsigned counts[TASKS][WAYS], enum way way)
{
    unsigned total = 0;
    for (unsigned i = 0; i < TASKS; i++) {
        total += counts[i][way];
    }
    return total;
}

static void done(void)
{
    static const char *const names[WAYS] = {"suspended", "critical", "plain"};
    unsigned operations = 0;
    for (enum way way = 0; way < WAYS; way++) {
        operations += sum(done_by, way);
        report(names[way], sum(done_by, way));
        report("refused", sum(refused, way));
        CHECK(sum(refused, way) > 100);
    }
    CHECK(operations >= OPERATIONS);
    struct os_heap_stats stats;
    (void)os_heap_trim();
    os_heap_stats(&stats);
    CHECK(stats.live == 0 && stats.free_pages == stats.region);
    passed();
}

int main(void)
{
    vPortFree(pvPortMalloc(1)); /* starts the heap, before other cores run */
    for (unsigned i = 0; i < TASKS; i++) {
        kernel_task(task, i);
    }
    kernel_run(done);
}
