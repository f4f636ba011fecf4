/* SPDX-License-Identifier: Apache-2.0 */
/* Written from the Pico SDK's documentation of pico_malloc. */
#ifndef _PICO_MALLOC_H
#define _PICO_MALLOC_H

#ifndef PICO_MALLOC_PANIC
#define PICO_MALLOC_PANIC 1
#endif

#endif
