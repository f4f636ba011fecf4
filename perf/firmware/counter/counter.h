/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Instructions, counted by QEMU. Under -icount virtual time is the number of
 * instructions executed times 2^shift nanoseconds, so whatever counts time counts
 * instructions. A folder a CPU has, as counter_cpu.h:
 *
 *   counter_cpu_start()                  lets this core's counter run
 *   counter_cpu_read()                   a reading
 *   counter_cpu_instructions(from, to)   instructions between two readings
 *   counter_cpu_yield()                  lets another core run: without it a core
 *                                        that waits would wait until QEMU's own
 *                                        switch, every 100 ms of virtual time
 *   counter_cpu_interrupt()              raises this core's timer interrupt
 *   counter_cpu_quiet()                  ends it, in its handler
 *   COUNTER_RETURN                       the assembly of a function's return
 *   COUNTER_STEP                         that of a loop's two instructions, which
 *                                        count the first argument down to 0
 */
#ifndef COUNTER_H
#define COUNTER_H

#include "counter_cpu.h"

#include <stddef.h>
#include <stdint.h>

/* One instruction: the return. As functions of both types that are counted. */
void *counter_empty_malloc(size_t size);
void counter_empty_free(void *block);

uintptr_t counter_empty_any(uintptr_t first, uintptr_t second);

/* Twice as many instructions as the argument says, and the return. */
void *counter_listing_malloc(size_t turns);
void counter_listing_free(void *turns);

#define COUNTER_LISTING(turns) (2u * (turns) + 1u)

#endif
