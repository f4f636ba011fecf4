/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FREERTOS_CONFIG_H
#define FREERTOS_CONFIG_H

/* What the heap needs. */
#define configUSE_MUTEXES 1
#define configSUPPORT_STATIC_ALLOCATION 1
#define configSUPPORT_DYNAMIC_ALLOCATION 1
#define INCLUDE_xTaskGetSchedulerState 1
#define configTOTAL_HEAP_SIZE ((size_t)(256 * 1024))

/* What it uses if it is there. */
#define INCLUDE_xTaskGetIdleTaskHandle 1 /* the idle hook may allocate */
#define INCLUDE_xSemaphoreGetMutexHolder 1
#include "osheap_freertos.h"
#define traceTASK_DELETE(task) os_heap_task_deleted(task)

/* The application's own. */
#define configKERNEL_PROVIDED_STATIC_MEMORY 1
#define configUSE_PREEMPTION 1
#define configUSE_IDLE_HOOK 0
#define configUSE_TICK_HOOK 0
#define configCPU_CLOCK_HZ 25000000u
#define configTICK_RATE_HZ 1000u
#define configTICK_TYPE_WIDTH_IN_BITS TICK_TYPE_WIDTH_32_BITS
#define configMAX_PRIORITIES 4
#define configMINIMAL_STACK_SIZE 256
#define configPRIO_BITS 3
#define configMAX_SYSCALL_INTERRUPT_PRIORITY (2 << 5)
#define configKERNEL_INTERRUPT_PRIORITY (7 << 5)
#define configCHECK_HANDLER_INSTALLATION 1
#define INCLUDE_vTaskDelay 1
#define INCLUDE_vTaskDelete 1

/* As QEMU's board has them: see startup.c. */
#define vPortSVCHandler SVC_Handler
#define xPortPendSVHandler PendSV_Handler
#define xPortSysTickHandler SysTick_Handler
#ifndef __ASSEMBLER__
void example_failed(const char *what);
#define configASSERT(condition) ((condition) ? (void)0 : example_failed(#condition))
#endif

#endif
