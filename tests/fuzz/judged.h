/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls of the API on the blocks of the shadow heap, each judged by what it gave and
 * what it left. A block that another call in flight has is left alone.
 */
#ifndef JUDGED_H
#define JUDGED_H

#include "blocks.h"
#include "os/os_heap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct judged {
    uint64_t calls; /* of the API so far */
    unsigned depth; /* 0: nothing is in flight */
    bool tells;     /* OSHEAP_FUZZ_TRACE */
};
extern struct judged judged;

/* Tells of a call, indented by how deep it is nested. */
#define TELL(...)                                                    \
    do {                                                             \
        if (judged.tells) {                                          \
            (void)fprintf(stderr, "%*s", (int)judged.depth * 4, ""); \
            (void)fprintf(stderr, __VA_ARGS__);                      \
        }                                                            \
    } while (0)

void judged_release(struct block *block);

/* `how`: 0 calloc, 1 with an alignment that the input says, 3 from a region with capabilities, else
 * malloc. */
void judged_allocate(struct block *block, size_t bytes, unsigned how);
void judged_resize(struct block *block, size_t bytes, bool as_array);

/* Blocks of that size in all empty places, or until there is none. */
void judged_fill(size_t bytes);

/* Every `step`-th place. */
void judged_release_every(unsigned step);

/* The shadow heap; and where nothing is in flight, the heap's check and statistics. */
void judged_look(void);
void judged_trim(void);
struct os_heap_stats judged_stats(void);

#endif
