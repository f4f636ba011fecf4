/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of core/ share: the paths behind the fast ones. */
#ifndef OSH_HEAP_H
#define OSH_HEAP_H

#include "osh_arena.h"
#include "osh_class.h"
#include "osh_compiler.h"

#include <stdbool.h>
#include <stddef.h>

/* os_malloc and os_free where the fast path did not do. */
OSH_HIDDEN void *osh_malloc_slow(size_t size, const void *caller);
OSH_HIDDEN void osh_free_missed(void *ptr);
OSH_HIDDEN void osh_free_slow(void *ptr, const void *caller);

/* Smallest class that holds `size` bytes at that alignment; 0: large. */
OSH_HIDDEN unsigned osh_heap_class_for(size_t alignment, size_t size);

/* The ordinary way to a block, once started: with the last resort, and without.
 * `alignment` is a power of two, OSH_ALIGN_LEAST for what any object of the size needs. */
OSH_HIDDEN void *osh_heap_get(size_t alignment, size_t size);
OSH_HIDDEN void *osh_heap_try(size_t alignment, size_t size);

/* Level 3: makes a block that was served, or NULL, one of `size` bytes. */
OSH_HIDDEN void *osh_heap_sealed(void *block, size_t size, const void *caller);

/* Gives the heap its region if it has none yet; false when there is none, or it is being
 * started and we may not wait for that. */
OSH_HIDDEN bool osh_heap_started(void);

/* The same as it is, without starting anything. */
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

/* Calls that have returned NULL for want of memory. */
OSH_HIDDEN size_t osh_heap_failures(void);

/* Class of a live block, 0 for one of the newlib heap. OSH_NO_CLASS when `ptr` is
 * none, as far as the hardening level sees it, and that was reported. */
OSH_HIDDEN unsigned osh_heap_class_at(const void *ptr, const void *caller);
#define OSH_NO_CLASS OSH_CLASSES

/* A block that is larger than its size calls for has been handed out, or kept: from
 * now on os_free_sized must not wonder. */
OSH_HIDDEN void osh_heap_note_odd_size(void);

#endif
