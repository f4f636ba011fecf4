/* SPDX-License-Identifier: Apache-2.0 */
/* The shadow heap: every block held, where it is, how large, how aligned and what
 * is written in it. Whatever disagrees is a failure. */
#ifndef BLOCKS_H
#define BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BLOCKS 256

struct block {
    unsigned char *at; /* NULL: the place is empty */
    size_t size;       /* asked for */
    size_t usable;
    size_t alignment;
    uint64_t key;
    bool busy; /* a call on it is in flight: nobody else may use it */
};

extern struct block blocks[BLOCKS];

/* No blocks. */
void blocks_begin(void);

/* The heap gave this block: inside, aligned, large enough, nobody else's. Stamps
 * it. NULL leaves the place empty. */
void block_took(struct block *block, void *at, size_t size, size_t alignment);

/* Is what was written still there? In the first `bytes` at least. */
void block_check(const struct block *block);
void block_check_start(const struct block *block, const void *at, size_t bytes);

/* Empties the place and returns what is to be freed. */
void *block_give(struct block *block);

/* Usable bytes of all, and the check of all. */
size_t blocks_live(void);
void blocks_check(void);

#endif
