/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's calls for a program with one task, which runs where vTaskStartScheduler is called.
 */
#include "FreeRTOS.h"

#include <stdbool.h>

#include "semphr.h"
#include "task.h"

static TaskFunction_t entry;
static void *argument;
static bool running;
static unsigned suspended;

BaseType_t xTaskCreate(TaskFunction_t code, const char *name, uint32_t words, void *parameter,
                       UBaseType_t priority, TaskHandle_t *created)
{
    (void)name;
    (void)priority;
    (void)created;
    entry = code;
    argument = parameter;
    return pvPortMalloc(words * sizeof(StackType_t)) != NULL ? pdPASS : pdFALSE;
}

void vTaskStartScheduler(void)
{
    running = true;
    entry(argument);
}

BaseType_t xTaskGetSchedulerState(void)
{
    return !running         ? taskSCHEDULER_NOT_STARTED
           : suspended != 0 ? taskSCHEDULER_SUSPENDED
                            : taskSCHEDULER_RUNNING;
}

TaskHandle_t xTaskGetCurrentTaskHandle(void)
{
    return (TaskHandle_t)&entry;
}

TaskHandle_t xTaskGetIdleTaskHandle(void)
{
    return (TaskHandle_t)&argument;
}

void vTaskSuspendAll(void)
{
    suspended++;
}

BaseType_t xTaskResumeAll(void)
{
    suspended--;
    return pdFALSE;
}

void vTaskDelay(TickType_t ticks)
{
    (void)ticks;
}

void taskENTER_CRITICAL(void)
{
}

void taskEXIT_CRITICAL(void)
{
}

void taskDISABLE_INTERRUPTS(void)
{
}

SemaphoreHandle_t xSemaphoreCreateMutexStatic(StaticSemaphore_t *memory)
{
    *memory = (StaticSemaphore_t){NULL, 0};
    return (SemaphoreHandle_t)memory;
}

BaseType_t xSemaphoreTake(SemaphoreHandle_t mutex, TickType_t ticks)
{
    StaticSemaphore_t *memory = (StaticSemaphore_t *)mutex;
    (void)ticks;
    return memory->taken++ == 0 ? pdTRUE : pdFALSE;
}

BaseType_t xSemaphoreGive(SemaphoreHandle_t mutex)
{
    ((StaticSemaphore_t *)mutex)->taken = 0;
    return pdTRUE;
}

TaskHandle_t xSemaphoreGetMutexHolder(SemaphoreHandle_t mutex)
{
    return (TaskHandle_t)((StaticSemaphore_t *)mutex)->holder;
}

/* Named by the configuration: the kernel's handlers on M profile. */
void vPortSVCHandler(void);
void xPortPendSVHandler(void);
void xPortSysTickHandler(void);

void vPortSVCHandler(void)
{
}

void xPortPendSVHandler(void)
{
}

void xPortSysTickHandler(void)
{
}
