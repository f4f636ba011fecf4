/* SPDX-License-Identifier: Apache-2.0 */
/* Written from the Pico SDK's documentation: a function in the table that runtime_init runs in the
 * order of the names of its sections. */
#ifndef _PICO_RUNTIME_INIT_H
#define _PICO_RUNTIME_INIT_H

#define PICO_RUNTIME_INIT_MUTEX "01100"
#define PICO_RUNTIME_INIT_FUNC_RUNTIME(func, priority_string) \
    static void (*const pico_init_##func)(void)               \
        __attribute__((used, section(".preinit_array." priority_string))) = func

#endif
