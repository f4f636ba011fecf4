/* SPDX-License-Identifier: Apache-2.0 */
/* The storm's scenarios, every byte of every block stamped and checked, one after
 * another in a process that goes on. */
#ifndef STORM_ROUND_H
#define STORM_ROUND_H

#include <stdint.h>

#define STORM_ROUNDS 18u

/* The name of the n-th scenario. */
const char *storm_round_name(unsigned n);

/* Runs the n-th for so many seconds on so many threads and gives all of it back;
 * ends the process when a block is not as it was left. Returns its operations. */
uint64_t storm_round(unsigned n, unsigned threads, double seconds);

#endif
