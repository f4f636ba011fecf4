/* SPDX-License-Identifier: Apache-2.0 */
/*
 * While a task has the heap's mutex: it is deleted, which is an assertion; the idle task asks for a
 * large block, and does not wait; large blocks are freed and come back.
 */
#include "check.h"
#include "freertos_test.h"
#include "kernel.h"
#include "os/os_heap.h"
#include "os/os_heap_port.h"
#include "osheap_freertos.h"

#define LARGE 5000u
#define LARGER 20000u /* none is kept */

static void *volatile holder;
static volatile bool ready;
static volatile bool finished;

static void hold(unsigned number)
{
    (void)number;
    while (!ready) {
        kernel_yield();
    }
    os_heap_port_lock(0);
    holder = kernel_self();
    while (!finished) {
        kernel_yield();
    }
    os_heap_port_unlock(0);
}

static void delete_the_holder(void)
{
    os_heap_task_deleted(holder);
}

static void delete_another(void)
{
    os_heap_task_deleted(kernel_self());
}

static void others(unsigned number)
{
    (void)number;
    void *large = pvPortMalloc(LARGE);
    CHECK(large != NULL);
    ready = true; /* the mutexes exist now */
    while (holder == NULL) {
        kernel_yield();
    }
    CHECK(test_asserts(delete_the_holder));
    CHECK(!test_asserts(delete_another));
    TaskHandle_t idle = test_idle;
    test_idle = kernel_self();
    CHECK(pvPortMalloc(LARGER) == NULL); /* it would block */
    vPortFree(large);
    void *small = pvPortMalloc(40);
    CHECK(small != NULL);
    vPortFree(small);
    test_idle = idle;
    finished = true;
    large = pvPortMalloc(LARGER); /* waits */
    CHECK(large != NULL);
    vPortFree(large);
}

static void done(void)
{
    struct os_heap_stats stats;
    (void)os_heap_trim();
    os_heap_stats(&stats);
    CHECK(stats.live == 0);
    passed();
}

int main(void)
{
    vPortFree(pvPortMalloc(1)); /* starts the heap, before other cores run */
    kernel_task(others, 0);
    kernel_task(hold, 1);
    kernel_run(done);
}
