/* SPDX-License-Identifier: Apache-2.0 */
/* Written from the Pico SDK's documentation of pico_sync: the calls and types that the port uses.
 */
#ifndef _PICO_MUTEX_H
#define _PICO_MUTEX_H

#include "pico.h"

typedef struct {
    void *spin_lock;
} lock_core_t;

typedef struct mutex {
    lock_core_t core;
    int8_t owner;
} mutex_t;

#define auto_init_mutex(name) static __attribute__((section(".mutex_array"))) mutex_t name

void mutex_enter_blocking(mutex_t *mtx);
bool mutex_try_enter(mutex_t *mtx, uint32_t *owner_out);
void mutex_exit(mutex_t *mtx);

#endif
