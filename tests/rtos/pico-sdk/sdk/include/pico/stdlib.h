/* SPDX-License-Identifier: Apache-2.0 */
/* Written from the Pico SDK's documentation of pico_stdio and pico_time: what the sample uses. */
#ifndef _PICO_STDLIB_H
#define _PICO_STDLIB_H

#include "pico.h"

bool stdio_init_all(void);

typedef struct repeating_timer repeating_timer_t;
typedef bool (*repeating_timer_callback_t)(repeating_timer_t *rt);
struct repeating_timer {
    int64_t delay_us;
    void *pool;
    int32_t alarm_id;
    repeating_timer_callback_t callback;
    void *user_data;
};
bool add_repeating_timer_ms(int32_t delay_ms, repeating_timer_callback_t callback, void *user_data,
                            repeating_timer_t *out);

#endif
