/* SPDX-License-Identifier: Apache-2.0 */
/* Threads that start together, and where they run. */
#ifndef CREW_H
#define CREW_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define CREW_MAX 256

/* Runs work(0, shared) .. work(count - 1, shared), each on a thread of its own,
 * on any CPU; they begin at a barrier. Returns when all have returned. */
void run_crew(unsigned count, void (*work)(unsigned member, void *shared), void *shared);

/* The same on one thread, pinned to the CPU: "from another core". */
void run_on_cpu(unsigned cpu, void (*work)(void));

/* Pins the calling thread to the n-th CPU it may use, counted round. */
void pin_to_cpu(unsigned cpu);

/* Lets it run on every CPU the process may use. */
void unpin(void);

/* CPUs the process may use. */
unsigned usable_cpus(void);

/* Under ThreadSanitizer? It does not see what membarrier orders. */
bool thread_sanitizer_watches(void);

/* Rounds of a test that only needs many: fewer where each is slow. */
unsigned rounds(unsigned natively);

/* A random number below `limit`; xorshift, `seed` must not be 0. */
uint64_t random_below(uint64_t *seed, uint64_t limit);

#endif
