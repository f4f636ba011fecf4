/* SPDX-License-Identifier: Apache-2.0 */
/* What the image tests share: a check, random numbers, stamped blocks. */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Says what is false and ends the program with status 1. Any context. */
#define CHECK(condition) ((condition) ? (void)0 : check_failed(#condition, __FILE__, __LINE__))
_Noreturn void check_failed(const char *what, const char *file, int line);

/* The tests that only repeat do so many times fewer: for an emulator that takes its time, and for
 * one seed of thousands. */
#ifndef TEST_SHARE
#define TEST_SHARE 1u
#endif

/* "name=value ", for the line of figures a test prints before it is done. */
void report(const char *name, unsigned value);

/* Walks the heap's invariants, prints ok and ends the program. */
_Noreturn void passed(void);

struct rng {
    uint32_t state;
};
uint32_t rng_next(struct rng *rng);

/* A size: mostly small, `large` of 16 above OSH_SLAB_MAX. */
size_t rng_size(struct rng *rng, unsigned large);

/* A block of a known size, every byte of it written with what its address and
 * its size make, and checked before it is freed. */
struct stamped {
    unsigned char *block;
    size_t size;
};
bool stamped_new(struct stamped *s, size_t size);
bool stamped_resize(struct stamped *s, size_t size);
void stamped_check(const struct stamped *s);
void stamped_free(struct stamped *s);

#endif
