/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls of the allocator, each counted: instructions from the first of the
 * function called to its return, both included, and of all that it calls. What
 * stands around is deducted exactly, for every function is called by the same
 * code as one of a known length.
 */
#ifndef MEASURE_H
#define MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Calibrates by a function of one instruction and checks the counter against
 * loops counted by hand; ends the image when they differ. Once. */
void measure_start(void);

/* Are calls part of the result? Not at first, for filling and warming up. The
 * longest of each path counts always. */
void measure_record(bool on);

void *measure_malloc(unsigned core, size_t size);
void measure_free(unsigned core, void *block);

/* Instructions of any call of up to two arguments; its result, if it has one, in
 * *result. */
typedef uintptr_t (*measure_any)(uintptr_t, uintptr_t);
uint32_t measure_call(measure_any call, uintptr_t first, uintptr_t second, uintptr_t *result);

/* Keeps the longest under a name, which must be a literal: one more path. */
void measure_longest(const char *name, uint32_t instructions);

/* Prints all: see run.py for the form. */
void measure_report(void);

#endif
