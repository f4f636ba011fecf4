/* SPDX-License-Identifier: Apache-2.0 */
/* The heap's hooks in ESP-IDF's FreeRTOS, and its region. */
#include "osheap_idf.h"

#include "os/os_heap.h"
#include "os/os_heap_port.h"

#include "esp_system.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
#include "freertos/task.h"
#include "sdkconfig.h"

static unsigned char region[CONFIG_OSHEAP_REGION_BYTES] __attribute__((aligned(16)));
static SemaphoreHandle_t mutexes[OS_HEAP_PORT_MUTEXES];
static StaticSemaphore_t blocks[OS_HEAP_PORT_MUTEXES];

/* True from the first time that the scheduler was seen to run: it does not stop again. */
static volatile bool started;

/* There only if the program adds a region: its object is linked for that call. */
#pragma weak os_heap_caps

bool osheap_has(const void *address)
{
    return (uintptr_t)address - (uintptr_t)region < sizeof(region) ||
           (os_heap_caps != NULL && os_heap_caps(address) != 0);
}

bool os_heap_port_started(void)
{
    if (!started) {
        started = xTaskGetSchedulerState() != taskSCHEDULER_NOT_STARTED;
    }
    return started;
}

bool os_heap_port_in_interrupt(void)
{
    return xPortInIsrContext() != 0;
}

/* Critical sections raise the interrupt controller's threshold, which xPortCanYield looks at. The
 * CPU's own mask, at which the heap looks, stays as it is. */
bool os_heap_port_may_wait(void)
{
    return xPortCanYield() && xTaskGetSchedulerState() != taskSCHEDULER_SUSPENDED;
}

void os_heap_port_lock(unsigned mutex)
{
    (void)xSemaphoreTake(mutexes[mutex], portMAX_DELAY);
}

/* Not recursive: refuses its owner. */
bool os_heap_port_try_lock(unsigned mutex)
{
    return xSemaphoreTake(mutexes[mutex], 0) == pdTRUE;
}

void os_heap_port_unlock(unsigned mutex)
{
    (void)xSemaphoreGive(mutexes[mutex]);
}

void os_heap_port_fail(const char *reason, const void *address)
{
    (void)address;
    esp_system_abort(reason);
}

bool os_heap_port_region(void **start, size_t *bytes)
{
    *start = region;
    *bytes = sizeof(region);
    return true;
}

/* Static constructors run on one core, before the scheduler and the other core. Ahead of those of
 * C++ programs, which may allocate. */
__attribute__((constructor(101))) static void start(void)
{
    for (unsigned i = 0; i < OS_HEAP_PORT_MUTEXES; i++) {
        mutexes[i] = xSemaphoreCreateMutexStatic(&blocks[i]);
    }
    if (os_heap_init(region, sizeof(region)) == OS_HEAP_EINVAL) {
        esp_system_abort("CONFIG_OSHEAP_REGION_BYTES is too small");
    }
}
