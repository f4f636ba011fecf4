/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Regions beside the first. os_heap_regions.c serves them and stores its functions here when it
 * adds one. Only the slow paths look. A program that adds no region does not link that file.
 */
#ifndef OSH_REGIONS_H
#define OSH_REGIONS_H

#include "os/os_heap.h"
#include "osh_atomic.h"
#include "osh_class.h"
#include "osh_compiler.h"

#include <stddef.h>
#include <stdint.h>

/* Instead of a class: the block is in an added region. */
#define OSH_ELSEWHERE (OSH_CLASSES + 1)

/* Instead of capabilities: those of the first region. */
#define OSH_CAPS_OF_FIRST ((uint32_t)1 << 31)

struct osh_regions {
    /* From the added regions with all of `caps`, in the order of adding. Any context. */
    void *(*get)(size_t alignment, size_t size, uint32_t caps);
    /* 0 if a live block of an added region begins there; else the misuse of a free of it. */
    enum os_heap_misuse (*fault)(const void *ptr);
    /* For live blocks of the added regions: */
    size_t (*usable)(const void *block);
    bool (*suits)(const void *block, size_t size); /* may this be the size asked for? */
    void (*free)(void *block, const void *caller);
    void *(*resize)(void *block, size_t size); /* the block, or another to move to, or NULL */
    /* Adds their share; and returns the first broken invariant, or NULL. */
    void (*stats)(struct os_heap_stats *stats);
    const char *(*check)(size_t *live); /* adds to *live */
    /* In the child of a fork, where OSH_ARCH_DECOMMITS: repairs them, and returns the bytes of
     * their live blocks. */
    size_t (*repair)(void);
    /* Their bytes. Raises *row to the bytes of a free row, if one is known. */
    size_t (*gauge)(size_t *row);
};

/* The functions, a word that changes once; 0 while there is one region. */
OSH_SHARED osh_word_t osh_regions_word;

static inline const struct osh_regions *osh_regions(void)
{
    /* Observes nothing: the functions are constant, and observe the regions themselves. Whoever was
     * given a block of an added region observed the word with it. */
    return (const struct osh_regions *)osh_load(&osh_regions_word);
}

/* A block of an added region; NULL if there is none. */
static inline void *osh_regions_get(size_t alignment, size_t size, uint32_t caps)
{
    const struct osh_regions *regions = osh_regions();
    return regions != NULL ? regions->get(alignment, size, caps) : NULL;
}

static inline enum os_heap_misuse osh_regions_fault(const void *ptr)
{
    const struct osh_regions *regions = osh_regions();
    return regions != NULL ? regions->fault(ptr) : OS_HEAP_NOT_OURS;
}

#endif
