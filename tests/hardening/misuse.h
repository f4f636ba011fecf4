/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Misuse of the heap, one kind a function. A trial is one child process: a heap of
 * its own, some noise that the seed decides, the misuse, then what may notice it.
 * With `trial->clean` everything is done but the misuse itself, and then nothing
 * must be reported.
 */
#ifndef MISUSE_H
#define MISUSE_H

#include "os/os_heap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trial {
    bool clean;
    uint32_t seed; /* of the trial; pick() changes it */
};

/* May go on after the hook has returned: then the heap must be sound. */
enum after { INTACT, DAMAGED };

struct misuse {
    const char *name;
    const char *what; /* for the table */
    void (*body)(struct trial *trial);
    unsigned reasons;    /* bits 1 << enum os_heap_misuse that are right */
    enum after after;    /* DAMAGED: the misuse itself overwrote what the heap needs */
    const char *grounds; /* a letter for each level: what a report there rests on */
};

/*
 * Grounds. Only the first two make a level's answer certain; a row that was reported in
 * every trial on other grounds is not called "always".
 *   p  place: addresses, bitmaps and the library's own lists and copies; no content of the
 *      program's is read that could be taken for something else
 *   s  secret: a word that holds the heap's secret is compared
 *   -  structure that a program's data may have by accident, chance, or nothing
 */

#define REASON(misuse) (1u << OS_HEAP_##misuse)

extern const struct misuse pointer_misuses[];
extern const struct misuse block_misuses[];
extern const struct misuse free_misuses[];
extern const struct misuse large_misuses[];
extern const struct misuse header_misuses[];
extern const struct misuse write_misuses[];

/* A number below `below`. */
unsigned pick(struct trial *trial, unsigned below);

/* A small size that may be anything, and a large one. */
size_t small_size(struct trial *trial);
size_t large_size(struct trial *trial);

/* Allocates, with plausible contents; never NULL. */
void *block_of(struct trial *trial, size_t bytes);

/* A word as programs have them: a count, a size, a size with low bits, a pointer into the
 * heap, a floating-point number, text ... */
uintptr_t plausible_word(struct trial *trial);

/* Fills with such words: one repeated, two in turn, or many. */
void contents(struct trial *trial, void *at, size_t bytes);

/* Ends the trial here: nothing that follows would be specified. */
_Noreturn void stop(void);

/* What stop() does: the program's main part says. */
_Noreturn void end_of_trial(void);

/* Blocks of sizes around `size` come and go, and some stay. */
void noise(struct trial *trial, size_t size);

/* Frees what noise has left, uses the heap for a while and gives all back: what was
 * damaged and can be noticed is noticed by then. */
void aftermath(struct trial *trial, size_t size);

/* Large frees in between are deferred, as in an interrupt. */
void begin_deferring(void);
void end_deferring(void);

/* Before the trials: where a thread runs decides which caches it meets. */
void keep_to_one_cpu(void);

/* Runs on the last CPU, if there is another one, to its end. */
void elsewhere(void (*run)(void *argument), void *argument);

/* Keeps the compiler from knowing where a pointer is from. */
void *opaque(const void *pointer);

#endif
