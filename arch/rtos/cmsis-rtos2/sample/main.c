/* SPDX-License-Identifier: Apache-2.0 */
/* Two threads allocate blocks, and each frees the other's. */
#include "osheap_cmsis.h"

#include "os/os_heap.h"

#include <stdio.h>
#include <stdlib.h>

#include "cmsis_os2.h"

#define BLOCKS 1000u

static uint64_t region[8 * 1024];
static osMessageQueueId_t queues[2];
static unsigned numbers[2] = {0, 1};
static volatile unsigned done;

static void exchange(void *argument)
{
    unsigned number = *(unsigned *)argument;
    for (unsigned i = 0; i < BLOCKS; i++) {
        void *block = malloc(16 + i % 50 * (i % 100 == 0 ? 100 : 8));
        (void)osMessageQueuePut(queues[number], &block, 0, osWaitForever);
        (void)osMessageQueueGet(queues[1 - number], &block, NULL, osWaitForever);
        free(block);
    }
    if (++done == 2) {
        const char *wrong = os_heap_check();
        (void)printf("osheap: %u blocks, %s\n", 2 * BLOCKS, wrong == NULL ? "all is well" : wrong);
    }
    osThreadExit();
}

int main(void)
{
    (void)osKernelInitialize();
    osheap_cmsis_start(region, sizeof(region));
    for (unsigned i = 0; i < 2; i++) {
        queues[i] = osMessageQueueNew(4, sizeof(void *), NULL);
    }
    for (unsigned i = 0; i < 2; i++) {
        (void)osThreadNew(exchange, &numbers[i], NULL);
    }
    (void)osKernelStart();
    return 1; /* not reached */
}
