/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine a fuzzed heap runs on: cores, an OS that starts, mutexes, interrupts
 * and moments within a call, all of them decided by the input. One thread plays
 * every part, so a failing input fails again.
 *
 * A seam is a call from one layer of the library to the next. There the world may
 * call back: what an interrupt, or another core, does at that moment.
 */
#ifndef WORLD_H
#define WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORLD_CORES 4

/* Static memory of the library as it was before its first call, and a heap in a
 * region of so many bytes that begins `skew` bytes after a page does. */
void world_begin(size_t region_bytes, size_t skew);

/* Adds a region, below which and above which nothing is the heap's. */
void world_add_region(uint32_t caps);

/* The core all goes on on, and whether there are several threads. */
void world_run_on(unsigned core);
void world_start_os(void);
bool world_os_started(void);

/* Somebody whom we have interrupted, or another core, holds a mutex: who waits for
 * it now would wait forever. */
bool world_would_block(void);

/* At the `after`-th seam from now on `act` is called once. */
void world_at_seam(unsigned after, void (*act)(void));
bool world_may_call_back(void);

/* The next page claim or newlib growth but `after` fails, and the `streak` - 1 that
 * follow. */
void world_memory_out(bool growth, unsigned after, unsigned streak);

/* May one fail still, or has one failed, and the heap refuses until memory comes free? */
bool world_is_out(void);

/* Says what is wrong and ends with a crash, which is what a fuzzer looks for. */
_Noreturn void world_fail(const char *what, const void *about);

#endif
