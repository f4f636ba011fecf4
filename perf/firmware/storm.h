/* SPDX-License-Identifier: Apache-2.0 */
/* Scenarios, and what they share: as perf/linux/worker, scaled to a chip. */
#ifndef STORM_H
#define STORM_H

#include "board.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct scenario {
    const char *name;
    unsigned cores;                             /* that run it */
    size_t region_bytes;                        /* 0: most of a MiB */
    size_t (*region_of)(const char *arguments); /* or as these say; NULL: takes none */
    void (*run)(unsigned core);
    void (*done)(void); /* after the last core; may be NULL */
};

extern const struct scenario *const storm_scenarios[];

/* Ends the run: checks the heap and prints the result. For a scenario whose `run`
 * does not return. */
_Noreturn void storm_finish(void);

/* Every core its own numbers; the same for every allocator. */
uint32_t storm_random(unsigned core);

/* Other numbers. Before the first. */
void storm_seed(unsigned seed);

/* 2^low to 2^high - 1 bytes: every doubling is equally likely. */
size_t storm_size(unsigned core, unsigned low, unsigned high);

/* A block with a mark at both ends, checked before it is freed. */
struct block {
    char *at;
    size_t size;
};

/* False, and the block none, when memory is out. */
bool storm_try_new(unsigned core, struct block *b, size_t size);

/* Ends the image when memory is out. */
void storm_new(unsigned core, struct block *b, size_t size);

/* Nothing if it is none. */
void storm_drop(unsigned core, struct block *b);

static inline void storm_replace(unsigned core, struct block *b, size_t size)
{
    storm_drop(core, b);
    storm_new(core, b, size);
}

#endif
