/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For FreeRTOSConfig.h, so that a task that is deleted inside the heap is reported:
 *
 *     #include "osheap_freertos.h"
 *     #define traceTASK_DELETE(task) os_heap_task_deleted(task)
 *     #define INCLUDE_xSemaphoreGetMutexHolder 1
 */
#ifndef OSHEAP_FREERTOS_H
#define OSHEAP_FREERTOS_H

#ifndef __ASSEMBLER__
/**
 * Reports, by configASSERT, that the task `task` is deleted while it has a mutex of the heap. No
 * other task can ever have that mutex, and FreeRTOS itself reads the deleted task's control block
 * when another task waits for it. Contexts: vTaskDelete's critical section. Complexity: O(1).
 */
void os_heap_task_deleted(void *task);

/* For vPortHeapResetState: the scheduler has not started, and no task has a mutex of the heap. */
void osheap_hooks_reset(void);
#endif

#endif
