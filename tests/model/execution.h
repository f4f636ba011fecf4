/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One execution of a scenario. The program's data and the heap's region are set back
 * before each, to copies of what they were when the scenario was made ready.
 */
#ifndef EXECUTION_H
#define EXECUTION_H

#include "scenario.h"

#include <stddef.h>

/* Once: takes the heap's addresses and all memory that the explorer needs. */
void execution_start(void);

/* The heap as the scenario wants it, from nothing; those that follow are of it. */
void execution_make_ready(const struct scenario *chosen);

/* All tasks, to their end, and the scenario's check. */
void execution_run(void);

/* Zeros; ends the program when there is no memory. Not set back. */
void *execution_allocate(size_t bytes);

#endif
