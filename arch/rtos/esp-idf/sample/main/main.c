/* SPDX-License-Identifier: Apache-2.0 */
/* Two tasks allocate blocks, each frees the other's; malloc is still ESP-IDF's. */
#include "os/os_heap.h"
#include "osheap_idf.h"

#include <stdio.h>
#include <stdlib.h>

#include "freertos/FreeRTOS.h"
#include "freertos/queue.h"
#include "freertos/task.h"

#define BLOCKS 1000u

void app_main(void);

static QueueHandle_t queues[2];
static unsigned numbers[2] = {0, 1};
static volatile unsigned done;

static void exchange(void *argument)
{
    unsigned number = *(unsigned *)argument;
    for (unsigned i = 0; i < BLOCKS; i++) {
        void *block = os_malloc(16 + i % 50 * (i % 100 == 0 ? 100 : 8));
        (void)xQueueSend(queues[number], &block, portMAX_DELAY);
        (void)xQueueReceive(queues[1 - number], &block, portMAX_DELAY);
        os_free(block);
    }
    if (++done == 2) {
        void *other = malloc(40);
        const char *wrong = osheap_has(other) ? "malloc is not ESP-IDF's" : os_heap_check();
        free(other);
        (void)printf("osheap: %u blocks, %s\n", 2 * BLOCKS, wrong == NULL ? "all is well" : wrong);
    }
    vTaskDelete(NULL);
}

void app_main(void)
{
    for (unsigned i = 0; i < 2; i++) {
        queues[i] = xQueueCreate(4, sizeof(void *));
    }
    for (unsigned i = 0; i < 2; i++) {
        (void)xTaskCreate(exchange, "sample", 4096, &numbers[i], 5, NULL);
    }
}
