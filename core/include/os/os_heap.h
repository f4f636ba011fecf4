/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The heap API of Apache Mynewt (`os/os_heap.h`), for multicore firmware.
 *
 * Contexts. "task" is any thread of the OS once it has started; "interrupt" is
 * an interrupt handler (on Linux: a signal handler); "before start" is the one
 * thread that runs before the OS does. A task in a critical section or with the
 * scheduler suspended may not wait; the heap sees that. Sizes are bytes everywhere. S is
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
 * Contexts: small sizes from any; large ones from task and before start. In an
 *   interrupt a large size gives NULL at once; so it does in a task that may not wait
 *   while another one has the mutex.
 * Complexity: O(1) on a hit. A miss moves one magazine: bounded by its length
 *   and the number of slabs looked at. Large: newlib's malloc, under the mutex.
 * Failure: NULL, after every cached block of every core was offered back (task
 *   context only: an interrupt does not reclaim, nor does a task that may not wait
 *   while another one is about it); for more than the region's bytes, at once.
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
 * Failure: misuse that the hardening level detects is reported, see
 *   os_heap_set_report_hook. If the hook returns, nothing was freed. What no level
 *   is sure to see is undefined, as in C: docs/hardening.md has the table.
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
 * Complexity: O(size) when it copies, outside any lock; in a library compiled for size
 *   (-Os) a large block that stays large is copied under the mutex.
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
 * The bytes that may be used in the block, at least what was asked for. Not for a block
 * that is free: hardening level 1 notices that of large ones only.
 * NULL gives 0. Contexts: any. Complexity: O(1). Source: glibc.
 */
size_t os_malloc_usable_size(const void *ptr);

/**
 * os_free for a caller that knows the size it asked for, from os_malloc, os_calloc
 * or os_realloc. Another size is misuse, reported as far as the hardening level sees
 * it. Source: C23 free_sized. Contexts, complexity: as os_free.
 */
void os_free_sized(void *ptr, size_t size);

/**
 * Gives the heap its region. Optional: without it the first call takes the
 * platform's (linker symbols on firmware, a reserved address range on Linux).
 *
 * The heap's own tables are laid out at the start of the region. It may begin and end
 * anywhere, also at the top of the address space, of which the last page then stays unused.
 * Contexts: before start, once, before any other call of this header.
 * Returns 0; or OS_HEAP_EINVAL when the region is NULL, too small for one page, longer than
 * PTRDIFF_MAX or wraps around, and on Linux when it ends above 2^48 (lists hold 48 bits of an
 * address) or its address has a tag; or OS_HEAP_EALREADY when the heap has a region.
 */
int os_heap_init(void *region, size_t bytes);

#define OS_HEAP_EINVAL (-1)
#define OS_HEAP_EALREADY (-2)

/**
 * Gives back all that is cached: every core's magazines to their slabs, empty
 * slabs and newlib's free top to the arena, free pages to the system.
 * Returns the bytes of pages that had been used and are now the system's: 0 on
 * firmware, where free pages stay RAM, and of memory that is locked or shared.
 * Contexts: task, before start. May block. Complexity: O(cached blocks + pages).
 */
size_t os_heap_trim(void);

/** What os_heap_stats tells. All sizes in bytes. */
struct os_heap_stats {
    const char *port;        /**< the arch port in use: "rseq", "portable", ... */
    unsigned cores;          /**< cores that have caches; Linux: that ran a thread so far */
    size_t region;           /**< pages of the region, without the heap's tables */
    size_t tables;           /**< the heap's own tables inside the region */
    size_t page;             /**< one page */
    size_t slab_pages;       /**< pages owned by slabs */
    size_t fallback_pages;   /**< pages owned by the newlib heap */
    size_t free_pages;       /**< pages owned by nobody */
    size_t live;             /**< in blocks handed out and not yet freed */
    size_t cached;           /**< in blocks cached by cores and depot, and large ones kept */
    size_t free;             /**< unused: region - live - cached */
    size_t high_water;       /**< most that pages in use ever came to */
    size_t deferred_frees;   /**< large blocks freed under a held mutex, so far */
    size_t deferred_pending; /**< of these, blocks not yet drained */
    size_t out_of_memory;    /**< calls that returned NULL for want of memory */
    size_t cached_bound;     /**< bound on `cached`, by `cores` and the configuration */
};

/**
 * Derived from the heap's structures: nothing is counted on the fast paths.
 * While other cores run the figures are a snapshot that may be off by what
 * they do meanwhile. Contexts: task, before start (takes the mutex).
 * Complexity: O(pages + cores * classes + blocks in the newlib heap).
 */
#if defined(__cplusplus) && defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow" /* the function has the structure's name */
#endif
void os_heap_stats(struct os_heap_stats *stats);
#if defined(__cplusplus) && defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

/**
 * Walks every invariant of arena, slabs, depots, caches and the newlib heap.
 * Returns NULL when all hold, else the name of the first that does not.
 * Contexts: task, before start, while nothing else uses the heap.
 * Complexity: O(pages + free blocks).
 */
const char *os_heap_check(void);

/** Misuse of the heap; docs/hardening.md says which level detects what. */
enum os_heap_misuse {
    OS_HEAP_NOT_OURS = 1,    /**< a pointer outside the heap's pages */
    OS_HEAP_NO_BLOCKS,       /**< a pointer into a page that holds no blocks */
    OS_HEAP_NOT_A_START,     /**< a pointer into a block, or between blocks */
    OS_HEAP_FREED_TWICE,     /**< a block that is free already */
    OS_HEAP_WRONG_SIZE,      /**< os_free_sized with a size that is not the block's */
    OS_HEAP_BAD_HEADER,      /**< no header and seal of a large block there: damaged, or no block */
    OS_HEAP_BAD_LINK,        /**< the link in a free block is damaged */
    OS_HEAP_USED_AFTER_FREE, /**< a free block's bytes changed */
    OS_HEAP_OVERRUN,         /**< bytes behind the size asked for changed */
    OS_HEAP_ABANDONED,       /**< a task ended while it was in the newlib heap */
    OS_HEAP_WRONG_CORE       /**< firmware: a core that the library is not built for called; the
                              *   address is the core's number. Ends the program if the hook returns */
};

/** One report. Sizes in bytes; NULL, 0 where nothing is known. */
struct os_heap_report {
    enum os_heap_misuse misuse;
    const char *text;    /**< the same in words */
    const void *address; /**< the pointer, or the block, that it is about */
    size_t block_bytes;  /**< of the size class there; 0: a large block, or none */
    unsigned core;       /**< the core that noticed */
    const void *caller;  /**< the call that misused; NULL when noticed by a later one */
    /* Level 3 keeps a record behind every block. All 0 where there is none. */
    size_t size;              /**< that was asked for */
    const void *allocated_by; /**< caller of the call that allocated the block */
    const void *freed_by;     /**< and of the one that freed it; NULL: it is live */
    unsigned allocated_on;    /**< cores of these calls */
    unsigned freed_on;
};

typedef void os_heap_report_hook(const struct os_heap_report *report);

/**
 * Sets what is told of misuse, and returns what was told before; NULL is the
 * default: Linux prints a line to stderr and aborts, firmware calls
 * os_heap_port_fail. The report lives until the hook returns.
 *
 * The hook may be called on any core in any context, also in an interrupt and while
 * the caller holds the heap's mutexes. So it must not call the heap, nor wait.
 * It may return: the call then does nothing further, a block that cannot be
 * trusted is leaked, and the heap goes on. In os_malloc another block is served.
 *
 * Contexts: any. Complexity: O(1).
 */
os_heap_report_hook *os_heap_set_report_hook(os_heap_report_hook *hook);

/** The text of a report about such misuse; NULL for a number that is none. */
const char *os_heap_misuse_text(enum os_heap_misuse misuse);

#ifdef __cplusplus
}
#endif

#endif
