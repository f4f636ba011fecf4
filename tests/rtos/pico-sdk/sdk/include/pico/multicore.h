/* SPDX-License-Identifier: Apache-2.0 */
/* Written from the Pico SDK's documentation of pico_multicore: what the sample uses. */
#ifndef _PICO_MULTICORE_H
#define _PICO_MULTICORE_H

#include "pico.h"

void multicore_launch_core1(void (*entry)(void));
void multicore_fifo_push_blocking(uint32_t data);
uint32_t multicore_fifo_pop_blocking(void);

#endif
