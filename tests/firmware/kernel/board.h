/* SPDX-License-Identifier: Apache-2.0 */
/* What a board gives to the test kernel. */
#ifndef BOARD_H
#define BOARD_H

#include "osh_config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef BOARD_CORES /* `surplus` has more than the library */
#define BOARD_CORES OSH_CORES
#endif

unsigned board_core(void);

/* Lets the other cores out of reset; each calls kernel_enter(). */
void board_start_cores(void);

/* This core's timer: an interrupt, once, after about so many nanoseconds. Its
 * handler saves the context of the task and calls kernel_tick(). */
void board_timer_arm(uint32_t nanoseconds);

/* Interrupts of this core. */
uintptr_t board_mask(void);
void board_unmask(uintptr_t state);

/* Idles a little, at most until the next interrupt. */
void board_wait(void);

/* Runs on the stack that ends at `top`, with interrupts on; does not return. */
_Noreturn void board_run_on(uintptr_t top, void (*entry)(void));

/* The saved context of a task that is to begin at `entry`. */
uintptr_t board_new_context(uintptr_t stack_top, void (*entry)(void));

void board_puts(const char *text);
_Noreturn void board_exit(int status);

/* A call of the host's semihosting: its result. */
uintptr_t board_semihost(uintptr_t operation, uintptr_t parameter);

#endif
