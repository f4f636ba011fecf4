/* SPDX-License-Identifier: Apache-2.0 */
/* Written from the Pico SDK's documentation: what the port and its sample use. */
#ifndef _PICO_H
#define _PICO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef unsigned int uint;

/* From pico/platform.h. */
uint __get_current_exception(void);
__attribute__((noreturn, format(printf, 1, 2))) void panic(const char *fmt, ...);
static inline void tight_loop_contents(void)
{
}

#endif
