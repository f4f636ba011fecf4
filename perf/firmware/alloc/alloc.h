/* SPDX-License-Identifier: Apache-2.0 */
/* The allocator under test: an image has one of the files here. */
#ifndef ALLOC_H
#define ALLOC_H

#include <stdbool.h>
#include <stddef.h>

/* What is measured: called through these, so that every allocator is called alike. */
extern void *(*const alloc_malloc)(size_t size);
extern void (*const alloc_free)(void *block);
extern void *(*const alloc_realloc)(void *block, size_t size);

/*
 * The path that a call is about to take, told from the heap's state, for the
 * longest of each path. An allocator without paths of its own says ALLOC_ANY.
 */
enum alloc_path { ALLOC_HIT, ALLOC_MISS, ALLOC_LARGE, ALLOC_ANY, ALLOC_PATHS };
enum alloc_path alloc_malloc_path(size_t size);
enum alloc_path alloc_free_path(const void *block);

/* The memory it may have, at `region`. Before any call of it. */
void alloc_region(char *region, size_t bytes);

/* An interrupt handler begins or ends. */
void alloc_interrupt(bool begins);

/* Scenarios for this allocator alone; NULL ends them. */
struct scenario;
extern const struct scenario *const alloc_scenarios[];

/* What is wrong with its structures; NULL: nothing that can be told. */
const char *alloc_check(void);

#endif
