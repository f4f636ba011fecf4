/* SPDX-License-Identifier: Apache-2.0 */
/* Mynewt's three calls before the OS starts, in sysinit, in tasks and handlers, and beside a task
 * that has the heap's mutex. */
#include "check.h"
#include "kernel.h"
#include "mynewt_test.h"
#include "os/mynewt.h"
#include "os/os_heap.h"
#include "os/os_heap_port.h"

#include <string.h>

#define LARGE 5000u
#define LARGER 20000u /* none is kept */

void os_heap_mynewt_init(void);
extern char __HeapBase[], __HeapLimit[];

static volatile bool ready;
static volatile bool held;
static volatile bool finished;
static void *volatile for_handler;
static volatile unsigned handled;

static void blocks_lie_between_the_linker_scripts_symbols(void)
{
    char *small = os_malloc(40);
    char *large = os_malloc(LARGE);
    CHECK(small >= __HeapBase && small < __HeapLimit);
    CHECK(large >= __HeapBase && large + LARGE <= __HeapLimit);
    os_free(large);
    os_free(small);
}

static void realloc_keeps_contents(void)
{
    char *block = os_malloc(40);
    memset(block, 7, 40);
    block = os_realloc(block, LARGE);
    CHECK(block != NULL && block[0] == 7 && block[39] == 7);
    os_free(block);
}

static void handler(void)
{
    void *small = os_malloc(40);
    CHECK(small != NULL && os_malloc(LARGER) == NULL);
    os_free(small);
    os_free(for_handler);
    for_handler = NULL;
    handled++;
}

static void hold(unsigned number)
{
    (void)number;
    while (!ready) {
        kernel_yield();
    }
    os_heap_port_lock(0);
    CHECK(!os_heap_port_try_lock(0)); /* its owner is refused */
    held = true;
    while (!finished) {
        kernel_yield();
    }
    os_heap_port_unlock(0);
}

static void work(unsigned number)
{
    (void)number;
    blocks_lie_between_the_linker_scripts_symbols();
    realloc_keeps_contents();
    for_handler = os_malloc(LARGE);
    test_on_tick(handler);
    while (handled < 20) {
        kernel_yield();
    }
    test_on_tick(NULL);
    void *large = os_malloc(LARGE);
    ready = true;
    while (!held) {
        kernel_yield();
    }
    os_sched_suspend();
    os_sched_suspend();
    CHECK(os_malloc(LARGER) == NULL);
    os_free(large);
    CHECK(os_sched_resume() == 1);
    CHECK(os_malloc(LARGER) == NULL);
    CHECK(os_sched_resume() == 0);
    CHECK(test_waits == 0);
    finished = true;
    large = os_malloc(LARGER); /* waits */
    CHECK(large != NULL);
    os_free(large);
}

static void done(void)
{
    struct os_heap_stats stats;
    (void)os_heap_trim();
    os_heap_stats(&stats);
    CHECK(stats.live == 0);
    report("waits", test_waits);
    passed();
}

int main(void)
{
    blocks_lie_between_the_linker_scripts_symbols(); /* hal_bsp_init may allocate */
    sysinit_active = 1;
    os_heap_mynewt_init();
    sysinit_active = 0;
    realloc_keeps_contents();
    kernel_task(hold, 0);
    kernel_task(work, 1);
    kernel_run(done);
}
