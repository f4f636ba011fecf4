/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that the files of core/ share: the slow paths. */
#ifndef OSH_HEAP_H
#define OSH_HEAP_H

#include "osh_arena.h"
#include "osh_class.h"
#include "osh_compiler.h"

#include <stdbool.h>
#include <stddef.h>

/* os_malloc and os_free after the fast path failed. */
OSH_HIDDEN void *osh_malloc_slow(size_t size, const void *caller);
OSH_HIDDEN void osh_free_missed(void *ptr);
OSH_HIDDEN void osh_free_slow(void *ptr, const void *caller);

/* Smallest class that holds `size` bytes at `alignment`; 0 if the size is large. */
OSH_HIDDEN unsigned osh_heap_class_for(size_t alignment, size_t size);

/* Gets a block. osh_heap_get starts the heap if needed, and tries the last resort;
 * osh_heap_try does neither. `alignment` is a power of two; OSH_ALIGN_LEAST gives the alignment
 * that any object of the size needs. */
OSH_HIDDEN void *osh_heap_get(size_t alignment, size_t size);
OSH_HIDDEN void *osh_heap_try(size_t alignment, size_t size);

/* Level 3: writes the record of a new block of `size` bytes. Returns the block, which may be
 * NULL. */
OSH_HIDDEN void *osh_heap_sealed(void *block, size_t size, const void *caller);

/* Gives the heap its region if it has none yet. False if there is no region, or if another core is
 * starting the heap and the caller may not wait. */
OSH_HIDDEN bool osh_heap_started(void);

/* Has the heap started? Does not start it. */
OSH_HIDDEN bool osh_heap_has_started(void);

/* What is tried before NULL is returned: everything cached is offered back, and what follows. */
OSH_HIDDEN void *osh_heap_last_resort(size_t alignment, size_t size);

/* From free memory of any kind: any slab of this class or a larger one, a new slab, newlib's heap
 * wherever pages are free. By one comparison where that much was refused and nothing has come free
 * since: see osh_brink.h. Counts the failures. */
OSH_HIDDEN void *osh_heap_at_brink(size_t alignment, size_t size);

/* Offers everything cached back to slabs and arena, and leaves the cores' lists stopped. Any
 * context; does nothing in an interrupt, and when another task is about it and the caller may not
 * wait. */
OSH_HIDDEN void osh_heap_reclaim(void);

/* Sets the cores' lists going. Likewise, and never waits. */
OSH_HIDDEN void osh_heap_go_on(void);

/* The number of calls that returned NULL because memory was out. */
OSH_HIDDEN size_t osh_heap_failures(void);

/* Class of a live block, 0 for a block of the newlib heap. OSH_NO_CLASS, after a report, if `ptr`
 * is no live block, as far as the hardening level detects it. */
OSH_HIDDEN unsigned osh_heap_class_at(const void *ptr, const void *caller);
#define OSH_NO_CLASS OSH_CLASSES

/* Notes that a block much larger than its size was handed out, or stayed in place. From now on
 * os_free_sized must not report a size that is too small for its block. */
OSH_HIDDEN void osh_heap_note_odd_size(void);

#endif
