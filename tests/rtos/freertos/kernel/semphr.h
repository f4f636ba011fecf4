/* SPDX-License-Identifier: Apache-2.0 */
/* Functions, where FreeRTOS has macros of the same types. */
#ifndef SEMAPHORE_H
#define SEMAPHORE_H

#include "FreeRTOS.h"
#include "task.h"

typedef struct QueueDefinition *SemaphoreHandle_t;

SemaphoreHandle_t xSemaphoreCreateMutexStatic(StaticSemaphore_t *memory);
BaseType_t xSemaphoreTake(SemaphoreHandle_t mutex, TickType_t ticks);
BaseType_t xSemaphoreGive(SemaphoreHandle_t mutex);
TaskHandle_t xSemaphoreGetMutexHolder(SemaphoreHandle_t mutex);

#endif
