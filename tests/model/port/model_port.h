/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the operating system keeps for the Linux port, for simulated tasks: the
 * number of the CPU in the restartable sequences' area, the thread's own variable
 * of the portable port, and what a few calls of the C library would ask it for.
 */
#ifndef MODEL_PORT_H
#define MODEL_PORT_H

#include <stddef.h>

void model_port_start(void);
void model_port_on_core(unsigned core);
void *model_port_thread_lists(void);
void model_port_set_thread_lists(void *lists);

/* The region that osh_arch_region gives. */
void model_port_region(void *region, size_t bytes);

/* Has the OS started: are there mutexes? */
void model_port_os_started(int started);

#endif
