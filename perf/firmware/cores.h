/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel.h without its kernel: no timer, no preemption, so that nothing but the
 * calls is counted. Cores run at once, which under -icount means in turns: one
 * goes on until it yields.
 */
#ifndef CORES_H
#define CORES_H

#include "board.h"

/* Runs `work` on the first `cores` cores and returns when all have returned.
 * Once. */
void cores_run(unsigned cores, void (*work)(unsigned core));

/* Lets other cores run; for loops that wait for one. */
void cores_yield(void);

/* Waits until all cores of cores_run have come here as often as this one. */
void cores_meet(unsigned core);

/* Waits for this core's turn, and gives it to the next. Cores that work in turns do
 * the same whenever QEMU switches between them. */
void cores_wait_turn(unsigned core);
void cores_pass_turn(unsigned core);

/* Differs from what it was whenever another core may have run in between. */
unsigned cores_epoch(void);

/* A new epoch, this core's. */
unsigned cores_begin_epoch(void);

/* Runs `handler` in an interrupt handler of this core, and waits for it. Needs
 * interrupts on, as they are behind board_run_on. */
void cores_interrupt(void (*handler)(void));

#endif
