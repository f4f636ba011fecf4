/* SPDX-License-Identifier: Apache-2.0 */
/* What the images ask of the kernel that stands for FreeRTOS. */
#ifndef FREERTOS_TEST_H
#define FREERTOS_TEST_H

#include <stdbool.h>

#include "FreeRTOS.h"
#include "task.h"

/* The idle task of every core. */
extern TaskHandle_t test_idle;

/* Kernel calls so far. */
extern unsigned test_kernel_calls;

/* Calls of pvPortMalloc's and vPortFree's hooks and trace macros so far, and the last. */
struct test_traces {
    unsigned mallocs, frees, failures;
    void *block;
    size_t size;
};
extern struct test_traces test_traces;

/* Runs `call`: is an assertion of the port's false? */
bool test_asserts(void (*call)(void));

#endif
