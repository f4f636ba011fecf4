/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration of the images. */
#ifndef FREERTOS_CONFIG_H
#define FREERTOS_CONFIG_H

#include "osh_config.h"
#include "osheap_freertos.h"

#include <stddef.h>

#define configUSE_MUTEXES 1
#define configSUPPORT_STATIC_ALLOCATION 1
#define INCLUDE_xTaskGetSchedulerState 1
#define INCLUDE_xSemaphoreGetMutexHolder 1
#define INCLUDE_xTaskGetIdleTaskHandle 1
#define INCLUDE_vTaskDelay 1
#define configNUMBER_OF_CORES OSH_CORES
#define configISR_STACK_SIZE_WORDS 512

#ifndef TEST_REGIONS /* as in many a configuration: the preprocessor cannot compute it */
#define configTOTAL_HEAP_SIZE ((size_t)(256 * 1024))
#endif
#define configUSE_MALLOC_FAILED_HOOK 1
#define configHEAP_CLEAR_MEMORY_ON_FREE 1
#define configENABLE_HEAP_PROTECTOR 1

void test_assert_failed(const char *what);
#define configASSERT(condition) ((condition) ? (void)0 : test_assert_failed(#condition))

void test_trace_malloc(void *block, size_t size);
void test_trace_free(void *block, size_t size);
#define traceMALLOC(block, size) test_trace_malloc(block, size)
#define traceFREE(block, size) test_trace_free(block, size)

#endif
