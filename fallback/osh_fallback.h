/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Large blocks: the newlib heap behind the port's mutex, which is taken once
 * the OS has started. An allocation waits for the mutex if the caller may wait. A caller that may
 * not wait gets NULL if another task has the mutex. An interrupt handler gets NULL at once. A free
 * never waits: if the mutex is held, the block is deferred, and the mutex's holder frees it.
 */
#ifndef OSH_FALLBACK_H
#define OSH_FALLBACK_H

#include "os/os_heap.h"
#include "osh_compiler.h"
#include "osh_holes.h"
#include "osh_kept.h"

#include <stdbool.h>
#include <stddef.h>

/* For a region of `region` bytes. Once, when the heap starts. */
OSH_HIDDEN void osh_fallback_start(size_t region);

/* `size` bytes at that alignment, a power of two. Stores whether newlib was asked: false in an
 * interrupt, and where somebody has the mutex and the caller may not wait. If it was asked in vain
 * while memory is out, it has given back what osh_fallback_reclaim() gives back. */
OSH_HIDDEN void *osh_fallback_ask(size_t alignment, size_t size, bool *asked);

static inline void *osh_fallback_memalign(size_t alignment, size_t size)
{
    bool asked;
    return osh_fallback_ask(alignment, size, &asked);
}

/* Resizes the block to `size` bytes, if newlib can do so in place; a library compiled for size may
 * move it, and a row of pages may move without a copy. Returns the block. NULL: the block is
 * unchanged. Waits for the mutex like an allocation. */
OSH_HIDDEN void *osh_fallback_resize(void *block, size_t size);

/* A kept block (osh_kept.h) of at least `size` bytes, aligned for any object. NULL: none is kept,
 * or the caller is an interrupt handler. Takes no lock. */
static inline void *osh_fallback_kept(size_t size)
{
    return OSH_KEPT_BYTES > 0 ? osh_kept_get(size) : NULL;
}

/* Is any large block kept, or about to be? */
static inline bool osh_fallback_keeps(void)
{
    return OSH_KEPT_BYTES > 0 && osh_kept_bytes() != 0;
}

/* Frees the block or defers it. Any context; never waits. False, with nothing done: the block is
 * not live, by its seal from level 1 on, or by its word if it is a row. A damaged neighbour is
 * reported now, or when the deferred block is freed; `caller` is for the report. */
OSH_HIDDEN bool osh_fallback_free(void *block, const void *caller);

/* From level 1 on: 0 if `block` is a live block of newlib's, else the misuse. Any context. */
OSH_HIDDEN enum os_heap_misuse osh_fallback_fault(const void *block);

/* Usable bytes of a live block. Any context. */
OSH_HIDDEN size_t osh_fallback_usable(const void *block);

/* Frees the deferred and the kept blocks. Gives newlib's free top back to the arena, or its whole
 * heap if no block of it is live. Task context or before start. */
OSH_HIDDEN void osh_fallback_reclaim(void);

/* Hold: keeps other tasks out of newlib's heap, which is then in a consistent state; false in an
 * interrupt. May wait. Let go: ends that. */
OSH_HIDDEN bool osh_fallback_hold(void);
OSH_HIDDEN void osh_fallback_let_go(void);

/* Frees the deferred blocks. For whoever holds the heap. */
OSH_HIDDEN void osh_fallback_drain(void);

struct osh_fallback_stats {
    size_t live;     /* usable bytes of blocks not yet freed */
    size_t kept;     /* usable bytes of kept blocks */
    size_t pages;    /* pages claimed for the newlib heap */
    size_t deferred; /* blocks that were ever deferred, or are about to be */
    size_t pending;  /* blocks that were waiting, and that this call has freed */
    const char *wrong;
    struct osh_holes holes; /* usable bytes of newlib's free chunks */
};
/* Walks newlib's heap: O(blocks). `wrong` names the first broken invariant, or is NULL. */
OSH_HIDDEN void osh_fallback_look(struct osh_fallback_stats *stats);

#endif
