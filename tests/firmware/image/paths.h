/* SPDX-License-Identifier: Apache-2.0 */
/* What the paths of worst.c and worst_out.c are counted with. */
#ifndef PATHS_H
#define PATHS_H

#include "worst.h"

#include "check.h"
#include "counter.h"
#include "os/os_heap.h"
#include "osh_arena.h"
#include "osh_class.h"

#define M(cls) ((uint32_t)osh_class_info[cls].magazine)
#define D(cls) ((uint32_t)osh_class_info[cls].depot)
#define LARGE ((size_t)2 * OSH_SLAB_MAX)

static const struct costs cost = WORST_COSTS;

extern uint32_t around; /* instructions that measuring adds */

#define COUNTED(statement)                                           \
    __extension__({                                                  \
        uint32_t from = counter_cpu_read();                          \
        statement;                                                   \
        counter_cpu_instructions(from, counter_cpu_read()) - around; \
    })

/* Reports what a path took and what its formula says. */
void judge(const char *path, uint32_t counted, uint32_t formula);
void judge_gauge(void); /* os_heap_gauge, as it is now */

/* Blocks that a path needs to be there. */
extern void *hold[8000];

/* Words of the bitmaps, and of a slab's bits. */
static inline uint32_t words(void)
{
    return (uint32_t)osh_arena.words;
}

static inline void free_all(void **blocks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        os_free(blocks[i]);
        blocks[i] = NULL;
    }
    (void)os_heap_trim();
}

static inline void *new_block(size_t size)
{
    void *block = os_malloc(size);
    CHECK(block != NULL);
    return block;
}

static inline size_t page_of(const void *block)
{
    return osh_arena_page(block);
}

/* All memory taken, and then all lists of all cores and all depots full. */
void out_of_memory_offers_everything_back(void);

#endif
