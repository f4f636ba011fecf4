/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What differs between the ports that the explorer is built with, and what the
 * operating system keeps for simulated tasks.
 */
#ifndef MODEL_PORT_H
#define MODEL_PORT_H

#include <stdbool.h>
#include <stddef.h>

void model_port_start(void);

/* Sets the heap to be started up for this way of a scenario's (NULL: the usual one of
 * the port); false when the port has no such. */
bool model_port_choose(const char *port);

/* Of the scenarios' names. */
const char *model_port_suffix(void);

/* The task that is to run is on that core; what the thread has of its own. */
void model_port_on_core(unsigned core);
void *model_port_thread_lists(void);
void model_port_set_thread_lists(void *lists);

/* Makes the lists of all cores go, where they start when a core first uses them. */
void model_port_start_lists(void);

/* The region that osh_arch_region gives. */
void model_port_region(void *region, size_t bytes);

/* How many cores the depot has parts for. Without this all cores share it. */
void model_port_cores(unsigned cores);

/* Has the OS started: are there mutexes? */
void model_port_os_started(int started);

#endif
