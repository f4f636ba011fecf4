/* SPDX-License-Identifier: Apache-2.0 */
/* Written from the documentation of FreeRTOS and ESP-IDF: what the port and its sample use. */
#ifndef INC_FREERTOS_H
#define INC_FREERTOS_H

#include <stdbool.h>
#include <stdint.h>

typedef int BaseType_t;
typedef unsigned int UBaseType_t;
typedef uint32_t TickType_t;

#define pdTRUE ((BaseType_t)1)
#define portMAX_DELAY ((TickType_t)0xffffffffUL)

typedef struct {
    void *members[20];
} StaticSemaphore_t;

/* From the port: nesting of handlers, and the interrupt threshold that critical sections raise. */
BaseType_t xPortInIsrContext(void);
bool xPortCanYield(void);

#endif
