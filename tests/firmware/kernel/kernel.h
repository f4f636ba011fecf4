/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A preemptive kernel of a page or two, for tests only. A timer interrupts every
 * core at intervals that vary; tasks wait in one queue for all cores, so
 * they are preempted anywhere and go on anywhere. The heap's RTOS hooks are
 * this kernel's.
 */
#ifndef KERNEL_H
#define KERNEL_H

#include "board.h"

/* Task for the queue. At most KERNEL_TASKS, before kernel_run. */
#define KERNEL_TASKS 12
void kernel_task(void (*entry)(unsigned number), unsigned number);

/* Called in every timer interrupt on every core, before a switch; may be NULL. */
void kernel_on_tick(void (*handler)(void));

/* Starts the other cores and the OS, runs the tasks until all have returned,
 * then calls `done` as one more task, which ends the program. */
_Noreturn void kernel_run(void (*done)(void));

/* True once kernel_run has been called. */
bool kernel_started(void);

/* Gives the rest of the slice away. */
void kernel_yield(void);

/* Where a task may not wait: the scheduler suspended on this core, and critical sections.
 * Both nest. A lock that is waited for there ends the program with status 4. */
void kernel_suspend(void);
void kernel_resume(void);
uintptr_t kernel_critical_enter(void);
void kernel_critical_leave(uintptr_t state);

/* Is the scheduler suspended on this core? Is the caller between the last two of the above? */
bool kernel_suspended(void);
bool kernel_in_section(void);

/* Names the running task: never NULL in a task. */
void *kernel_self(void);

/* The running task's number, and how often tasks have changed their core. */
unsigned kernel_switches(void);
unsigned kernel_migrations(void);
unsigned kernel_ticks(void);

/* Ticks that found an operation on a core's lists inside its exclusive pair. */
unsigned kernel_interrupted(void);

/* For the board: a core other than the first begins; a timer has interrupted
 * the context saved at `context`, at `pc`. Returns the context to go on with. */
_Noreturn void kernel_enter(void);
uintptr_t kernel_tick(uintptr_t context, uintptr_t pc);

#endif
