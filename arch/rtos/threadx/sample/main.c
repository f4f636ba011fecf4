/* SPDX-License-Identifier: Apache-2.0 */
/* Two threads allocate blocks, and each frees the other's; a timer allocates where nobody may wait.
 */
#include "osheap_threadx.h"

#include "os/os_heap.h"

#include <stdio.h>
#include <stdlib.h>

#include "tx_api.h"

#define BLOCKS 1000u
#define STACK_BYTES 2048u
#define WORDS ((UINT)(sizeof(void *) / sizeof(ULONG))) /* a message is a pointer */

int main(void); /* of a program that is freestanding */

static ULONG region[16 * 1024];
static TX_THREAD threads[2];
static ULONG stacks[2][STACK_BYTES / sizeof(ULONG)];
static TX_QUEUE queues[2];
static void *queue_memory[2][16];
static TX_TIMER timer;
static CHAR name[] = "sample";
static volatile unsigned from_timer;
static volatile unsigned done;

static void on_timer(ULONG input)
{
    (void)input;
    void *block = malloc(40);
    from_timer += block != NULL;
    free(block);
}

static void exchange(ULONG number)
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        void *block = malloc(16 + i % 50 * (i % 100 == 0 ? 100 : 8));
        (void)tx_queue_send(&queues[number], &block, TX_WAIT_FOREVER);
        (void)tx_queue_receive(&queues[1 - number], &block, TX_WAIT_FOREVER);
        free(block);
    }
    while (from_timer == 0) {
        (void)tx_thread_sleep(1);
    }
    if (++done == 2) {
        const char *wrong = os_heap_check();
        struct os_heap_stats stats;
        os_heap_stats(&stats);
        (void)printf("osheap: %u blocks, %u bytes in use, %s\n", 2 * BLOCKS, (unsigned)stats.live,
                     wrong == NULL ? "all is well" : wrong);
    }
}

void tx_application_define(void *first_unused_memory)
{
    (void)first_unused_memory;
    osheap_threadx_start(region, sizeof(region));
    for (unsigned i = 0; i < 2; i++) {
        (void)tx_queue_create(&queues[i], name, WORDS, queue_memory[i], sizeof(queue_memory[i]));
        (void)tx_thread_create(&threads[i], name, exchange, i, stacks[i], STACK_BYTES, 5, 5, 1,
                               TX_AUTO_START);
    }
    (void)tx_timer_create(&timer, name, on_timer, 0, 1, 1, TX_AUTO_ACTIVATE);
}

int main(void)
{
    tx_kernel_enter();
}
