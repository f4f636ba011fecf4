/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The heap API of Apache Mynewt (`os/os_heap.h`), for multicore firmware.
 *
 * Contexts. "task" is any thread of the OS once it has started; "interrupt" is
 * an interrupt handler (on Linux: a signal handler); "before start" is the one
 * thread that runs before the OS does. Sizes are bytes everywhere. S is
 * OSH_SLAB_MAX: sizes up to S are small, above it large.
 *
 * Complexity. "hit" is a call the core's own cache answers: a bounded handful
 * of instructions, no lock, no loop but the restart of an interrupted sequence.
 */
#ifndef H_OS_HEAP_
#define H_OS_HEAP_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * At least `size` bytes, aligned for any C object of that size.
 * Size 0 gives a unique block that can be freed.
 *
 * Contexts: small sizes from any; large ones from task and before start, in an
 *   interrupt a large size gives NULL at once.
 * Complexity: O(1) on a hit. A miss moves one magazine: bounded by its length
 *   and the number of slabs looked at. Large: newlib's malloc, under the mutex.
 * Failure: NULL, after every cached block of every core was offered back (task
 *   context only: an interrupt does not reclaim).
 * Source: Mynewt os_malloc; C11 7.22.3.4.
 */
void *os_malloc(size_t size);

/**
 * Gives a block back. NULL is a no-op.
 *
 * Never blocks: any size, any core, any context. A large block freed while the
 * heap's mutex is held waits on the deferred list until the holder lets go; one
 * freed in an interrupt, until the next large call outside of one.
 * Complexity: O(1) on a hit, one magazine on a miss.
 * Failure: a pointer that is not of this heap is reported and the program
 *   stopped (see osh_arch_fail).
 * Source: Mynewt os_free; C11 7.22.3.3.
 */
void os_free(void *ptr);

/**
 * Resizes a block, keeping its contents up to the smaller of both sizes.
 * NULL `ptr`: as os_malloc(size). Size 0: frees the block and returns NULL.
 *
 * Stays in place where the size class or newlib allows; otherwise moves, also
 * between slabs and the newlib heap. Shrinking moves only when less than half
 * of the block would stay in use, so a size that hovers does not bounce.
 *
 * Contexts: as os_malloc; a large block is resized in an interrupt only where
 *   it need not touch the newlib heap.
 * Complexity: O(size) when it copies, outside any lock.
 * Failure: NULL, the old block untouched.
 * Source: Mynewt os_realloc; C11 7.22.3.5; size 0 as glibc and newlib do.
 */
void *os_realloc(void *ptr, size_t size);

/**
 * `count * size` zeroed bytes. Overflow of the product gives NULL.
 * Contexts, failure: as os_malloc. Complexity: O(bytes). Source: C11 7.22.3.2.
 */
void *os_calloc(size_t count, size_t size);

/**
 * os_realloc(ptr, count * size), with overflow of the product giving NULL and
 * leaving the old block untouched. Source: OpenBSD and glibc reallocarray.
 */
void *os_reallocarray(void *ptr, size_t count, size_t size);

/**
 * `size` bytes at a multiple of `alignment`, a power of two. Freed and resized
 * by the same calls as any block (a resize that moves keeps the ordinary
 * alignment only). Contexts, complexity: as os_malloc.
 * Failure: NULL when memory is out or `alignment` is no power of two.
 * Source: C11 7.22.3.1 as amended by DR 460 (`size` need not be a multiple).
 */
void *os_aligned_alloc(size_t alignment, size_t size);

/**
 * The bytes that may be used in the block, at least what was asked for.
 * NULL gives 0. Contexts: any. Complexity: O(1). Source: glibc.
 */
size_t os_malloc_usable_size(const void *ptr);

/**
 * os_free for a caller that knows the size it asked for. Source: C23 free_sized.
 * Contexts, complexity: as os_free.
 */
void os_free_sized(void *ptr, size_t size);

/**
 * Gives the heap its region. Optional: without it the first call takes the
 * platform's (linker symbols on firmware, a reserved address range on Linux).
 *
 * The heap's own tables are laid out at the start of the region.
 * Contexts: before start, once, before any other call of this header.
 * Returns 0; or OS_HEAP_EINVAL when the region is NULL or too small for one
 * page; or OS_HEAP_EALREADY when the heap has a region.
 */
int os_heap_init(void *region, size_t bytes);

#define OS_HEAP_EINVAL (-1)
#define OS_HEAP_EALREADY (-2)

/**
 * Gives back all that is cached: every core's magazines to their slabs, empty
 * slabs and newlib's free top to the arena, free pages to the system.
 * Returns the bytes of pages that had been used and are now the system's: 0 on
 * firmware, where free pages stay RAM.
 * Contexts: task, before start. May block. Complexity: O(cached blocks + pages).
 */
size_t os_heap_trim(void);

/** What os_heap_stats tells. All sizes in bytes. */
struct os_heap_stats {
    const char *port;        /**< the arch port in use: "rseq", "portable", ... */
    unsigned cores;          /**< cores that have caches */
    size_t region;           /**< pages of the region, without the heap's tables */
    size_t tables;           /**< the heap's own tables inside the region */
    size_t page;             /**< one page */
    size_t slab_pages;       /**< pages owned by slabs */
    size_t fallback_pages;   /**< pages owned by the newlib heap */
    size_t free_pages;       /**< pages owned by nobody */
    size_t live;             /**< in blocks handed out and not yet freed */
    size_t cached;           /**< in blocks cached by cores and depot */
    size_t free;             /**< unused: region - live - cached */
    size_t high_water;       /**< most that pages in use ever came to */
    size_t deferred_frees;   /**< large blocks freed under a held mutex, so far */
    size_t deferred_pending; /**< of these, blocks not yet drained */
    size_t out_of_memory;    /**< calls that returned NULL for want of memory */
    size_t cached_bound;     /**< compile-time bound on `cached` */
};

/**
 * Derived from the heap's structures: nothing is counted on the fast paths.
 * While other cores run the figures are a snapshot that may be off by what
 * they do meanwhile. Contexts: task, before start (takes the mutex).
 * Complexity: O(pages + cores * classes + blocks in the newlib heap).
 */
void os_heap_stats(struct os_heap_stats *stats);

/**
 * Walks every invariant of arena, slabs, depots, caches and the newlib heap.
 * Returns NULL when all hold, else the name of the first that does not.
 * Contexts: task, before start, while nothing else uses the heap.
 * Complexity: O(pages + free blocks).
 */
const char *os_heap_check(void);

#ifdef __cplusplus
}
#endif

#endif
