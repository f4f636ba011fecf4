/* SPDX-License-Identifier: Apache-2.0 */
/* The tasks' stacks. They live on from execution to execution, in each of which every
 * task begins at its top. */
#ifndef STACKS_H
#define STACKS_H

#include "state.h"

/* Once. */
void stacks_create(void);

/* Begins an execution with that task; the others begin when they are switched to.
 * `first`, on this stack, chooses it. Returns when a task calls stacks_end. */
void stacks_run(struct task *(*first)(void));

/* From the task that runs to another. Returns when it is switched to again. */
void stacks_switch(struct task *from, struct task *to);

_Noreturn void stacks_end(void);

#endif
