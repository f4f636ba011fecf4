/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Large blocks: the newlib heap behind the port's mutex, which is taken once
 * the OS has started. Allocation waits for the mutex where the caller may wait; elsewhere
 * it tries, and gives NULL when somebody has it. In an interrupt it gives NULL at once. Free
 * never waits: what cannot be freed now is deferred to whoever holds the mutex.
 */
#ifndef OSH_FALLBACK_H
#define OSH_FALLBACK_H

#include "os/os_heap.h"
#include "osh_compiler.h"
#include "osh_kept.h"

#include <stdbool.h>
#include <stddef.h>

/* For a region of so many bytes. Once, when the heap starts. */
OSH_HIDDEN void osh_fallback_start(size_t region);

/* `size` bytes at that alignment, a power of two. Stores whether newlib was asked: false in an
 * interrupt, and where somebody has the mutex and the caller may not wait. */
OSH_HIDDEN void *osh_fallback_ask(size_t alignment, size_t size, bool *asked);

static inline void *osh_fallback_memalign(size_t alignment, size_t size)
{
    bool asked;
    return osh_fallback_ask(alignment, size, &asked);
}

/* Makes the block at least `size` bytes, cutting what is more, if newlib can without the
 * caller's help, and returns where it is then: the same place, if newlib cannot move it.
 * NULL: the block is as it was. Waits for the mutex like allocation. */
OSH_HIDDEN void *osh_fallback_resize(void *block, size_t size);

/* A large block that was freed a short time ago, of `size` bytes at least, aligned for any
 * object; NULL: none is kept, or the caller is an interrupt handler. Takes no lock. */
OSH_HIDDEN void *osh_fallback_kept(size_t size);

/* Is any large block kept, or about to be? */
static inline bool osh_fallback_keeps(void)
{
    return OSH_KEPT_BYTES > 0 && osh_kept_bytes() != 0;
}

/* Any context; never blocks. From level 1 on false, and nothing was done: its seal says that
 * this is no live block. One beside which a header is damaged is
 * reported, at once or when whoever has the heap drains; `caller` is for the report. */
OSH_HIDDEN bool osh_fallback_free(void *block, const void *caller);

/* From level 1 on: why that is no live block of newlib's; 0 when it is one. Any context. */
OSH_HIDDEN enum os_heap_misuse osh_fallback_fault(const void *block);

/* Usable bytes of a live block. Any context. */
OSH_HIDDEN size_t osh_fallback_usable(const void *block);

/* Frees what is deferred or kept, and gives newlib's free top, or its whole heap when
 * no block of it lives, back to the arena. Task context or before start. */
OSH_HIDDEN void osh_fallback_reclaim(void);

/* Keeps everybody out of newlib's heap, whose state is whole then; false in an interrupt.
 * May wait. And lets them in again. */
OSH_HIDDEN bool osh_fallback_hold(void);
OSH_HIDDEN void osh_fallback_let_go(void);

struct osh_fallback_stats {
    size_t live;     /* usable bytes of blocks not yet freed */
    size_t kept;     /* usable bytes of blocks that are kept for the next request */
    size_t pages;    /* pages claimed for the newlib heap */
    size_t deferred; /* blocks that were ever deferred, or are about to be */
    size_t pending;  /* of these, blocks that waited, and were freed by this call */
    const char *wrong;
};
/* Walks the heap: O(blocks). `wrong` names the first broken invariant. */
OSH_HIDDEN void osh_fallback_look(struct osh_fallback_stats *stats);

#endif
