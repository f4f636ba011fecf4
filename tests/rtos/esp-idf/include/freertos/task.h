/* SPDX-License-Identifier: Apache-2.0 */
/* Written from the documentation of FreeRTOS. */
#ifndef INC_TASK_H
#define INC_TASK_H

#define taskSCHEDULER_SUSPENDED ((BaseType_t)0)
#define taskSCHEDULER_NOT_STARTED ((BaseType_t)1)
#define taskSCHEDULER_RUNNING ((BaseType_t)2)

typedef struct tskTaskControlBlock *TaskHandle_t;

BaseType_t xTaskGetSchedulerState(void);
BaseType_t xTaskCreate(void (*pxTaskCode)(void *), const char *pcName, uint32_t usStackDepth,
                       void *pvParameters, UBaseType_t uxPriority, TaskHandle_t *pxCreatedTask);
void vTaskDelete(TaskHandle_t xTaskToDelete);

#endif
