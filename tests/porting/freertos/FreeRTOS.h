/* SPDX-License-Identifier: Apache-2.0 */
/* Of FreeRTOS what docs/porting.md uses, as its reference manual declares it. */
#ifndef INC_FREERTOS_H
#define INC_FREERTOS_H

#include <stdint.h>

typedef long BaseType_t;
typedef uint32_t TickType_t;
typedef struct {
    void *private[20];
} StaticSemaphore_t;

#define pdTRUE ((BaseType_t)1)
#define portMAX_DELAY ((TickType_t)0xffffffffu)

#endif
