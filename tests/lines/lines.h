/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cores and their caches, simulated: how often a cache line changes hands when the library
 * runs on more cores than a machine has.
 *
 * Every access of the library to memory comes here: its atomics by the explorer's machine.h,
 * its ordinary loads and stores by the compiler's instrumentation. A line is held by any
 * number of cores who read it or by one who writes it, as MESI has it. An access that needs
 * another core's copy, or its end, is a transfer. Caches are as large as memory, so
 * nothing but other cores takes a line away; the first access to a line by anybody is no transfer.
 *
 * One host thread runs all cores, a stack each. A hit takes a core one unit of time, a
 * transfer LINES_TRANSFER units. A core that is further ahead of another than one transfer
 * lets the one run that is furthest behind: calls of different cores interleave, the same in every
 * run.
 */
#ifndef LINES_H
#define LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LINES_CORES_MOST = 128, LINES_BYTES = 64, LINES_TRANSFER = 100 };

/* What the cores did since lines_count_from_here. */
struct lines_counts {
    uint64_t calls;            /* of the heap */
    uint64_t in_calls;         /* transfers while in one */
    uint64_t in_program;       /* transfers when the program writes and reads its blocks */
    uint64_t atomics;          /* read-modify-writes in calls */
    uint64_t shared_atomics;   /* those on lines that another core has ever touched */
    uint64_t calls_that_share; /* calls with a transfer or with a shared atomic */
};

enum lines_access { LINES_READ, LINES_WRITE, LINES_ATOMIC };

/* cache.c: one access by a core to one line. True: a transfer. */
bool lines_transfers(unsigned core, uintptr_t line, bool write);
/* Has any core but this one ever touched the line? */
bool lines_is_shared(unsigned core, uintptr_t line);
void lines_forget(void);
/* The address of the line that moved most since the run began, warm rounds included; the
 * next call gives the next one. */
uintptr_t lines_hottest(uint32_t *transfers);

/* cores.c: runs `body` once on each of `cores` cores, until all have returned. */
void lines_run(unsigned cores, void (*body)(unsigned core));

/* The core that runs; only while lines_run does. */
unsigned lines_core(void);
bool lines_running(void);

/* An access by the core that runs, which other cores may overtake. */
void lines_access(const volatile void *address, size_t bytes, enum lines_access how);

/* Waits for others: they go first. */
void lines_pause(void);

/* All cores meet. */
void lines_meet(void);

/* Once all have met: forgets what was counted so far. */
void lines_count_from_here(void);
struct lines_counts lines_counted(void);

/* Around a call of the heap. */
void lines_enter_call(void);
void lines_leave_call(void);

#endif
