/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The heap API of Apache Mynewt (`os/os_heap.h`), for multicore firmware.
 *
 * Contexts. "task" is any thread of the OS once it has started; "interrupt" is
 * an interrupt handler (on Linux: a signal handler); "before start" is the one
 * thread that runs before the OS does. A task in a critical section or with the
 * scheduler suspended may not wait; the heap sees that. All sizes are bytes. A size up to
 * OSH_SLAB_MAX is small, a larger one is large.
 *
 * Complexity. A "hit" is a call that the core's own list can serve: a bounded number of
 * instructions, no lock, and no loop except the restart of an interrupted sequence. All other
 * calls are misses. A "magazine" is the number of blocks that a core exchanges with the
 * slabs at once.
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
 * Contexts: small sizes in any; large sizes in task and before start. On firmware a small size that
 *   opens no slabs (docs/guarantees.md) may wait for the mutex in a task. A large size gives
 *   NULL at once in an interrupt, and in a task that may not wait while another task has the
 *   mutex; unless an added region (os_heap_add_region) has room for it.
 * Complexity: O(1) on a hit. A miss moves one magazine: bounded by its length
 *   and the number of slabs searched. Large: newlib's malloc, under the mutex; on Linux a
 *   bounded search for pages, without it, and work for each page (in a region below 512 MiB
 *   newlib has blocks below 4 MiB).
 * Failure: NULL. In a task the heap gives back every cached block of every core first, unless
 *   the task may not wait and another task is doing so; an interrupt does not. A size above
 *   the region's bytes gives NULL at once. On firmware a call without a region is reported
 *   (OS_HEAP_NO_REGION, OS_HEAP_SMALL_REGION).
 * Source: Mynewt os_malloc; C11 7.22.3.4.
 */
void *os_malloc(size_t size);

/**
 * Gives a block back. NULL is a no-op.
 *
 * Contexts: any. Never blocks, for any size, on any core. A large block that is freed while
 *   another task has the heap's mutex is deferred: that task frees it when it unlocks. A large
 *   block that is freed in an interrupt is deferred until the next large call in a task.
 * Complexity: O(1) on a hit, one magazine on a miss.
 * Failure: misuse that the hardening level detects is reported, see
 *   os_heap_set_report_hook. If the hook returns, nothing was freed. Misuse that the level
 *   does not detect is undefined, as in C: docs/hardening.md has the table.
 * Source: Mynewt os_free; C11 7.22.3.3.
 */
void os_free(void *ptr);

/**
 * Resizes a block, keeping its contents up to the smaller of both sizes.
 * NULL `ptr`: as os_malloc(size). Size 0: frees the block and returns NULL.
 *
 * The block stays in place if the size class or newlib allows it; otherwise it moves, also
 * between slabs and the newlib heap. A smaller size moves the block only if less than half
 * of it would stay in use. So a size that goes up and down does not move the block each time.
 *
 * Contexts: as os_malloc. In an interrupt a large block can be resized only if that does not
 *   involve the newlib heap.
 * Complexity: O(size) if it copies, outside any lock; in a library compiled for size
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
 * os_realloc(ptr, count * size). Overflow of the product gives NULL and leaves the old block
 * untouched. Contexts, complexity, failure: as os_realloc. Source: OpenBSD and glibc reallocarray.
 */
void *os_reallocarray(void *ptr, size_t count, size_t size);

/**
 * `size` bytes at a multiple of `alignment`, a power of two. The same calls free and resize
 * it as any block; a resize that moves the block gives it only the ordinary
 * alignment. Contexts, complexity: as os_malloc.
 * Failure: NULL when memory is out or `alignment` is no power of two.
 * Source: C11 7.22.3.1 as amended by DR 460 (`size` need not be a multiple).
 */
void *os_aligned_alloc(size_t alignment, size_t size);

/**
 * The bytes that the program may use in the block: at least the size asked for. The block must be
 * live; hardening level 1 detects only a free large block. NULL gives 0.
 * Contexts: any. Complexity: O(1). Source: glibc.
 */
size_t os_malloc_usable_size(const void *ptr);

/**
 * os_free for a caller that knows the size for which it called os_malloc, os_calloc
 * or os_realloc. Another size is misuse; the hardening level decides which sizes are detected.
 * Source: C23 free_sized. Contexts, complexity: as os_free.
 */
void os_free_sized(void *ptr, size_t size);

/**
 * Gives the heap its region. Optional: without it the first call uses the
 * platform's region (linker symbols on firmware, reserved addresses on Linux).
 *
 * The heap's own tables lie at the start of the region. The region may begin and end
 * anywhere. If it ends at the top of the address space, its last page stays unused.
 * Contexts: before start, once, before any other call of this header.
 * Complexity: O(bytes of tables).
 * Returns 0; or OS_HEAP_EINVAL if the region is NULL, too small for one page, longer than
 * PTRDIFF_MAX or wraps around, and on Linux if it ends above 2^48 (lists hold 48 bits of an
 * address) or its address has a tag; or OS_HEAP_EALREADY if the heap has a region already.
 */
int os_heap_init(void *region, size_t bytes);

#define OS_HEAP_EINVAL (-1)
#define OS_HEAP_EALREADY (-2)

/**
 * Capabilities of a region: a set of bits, which a region has and an allocation may ask for. The
 * heap gives a meaning to one of them, OS_HEAP_CAP_DEFAULT. All others, bits 0 to 30, are the
 * program's; those that are named here have the numbers of ESP-IDF's MALLOC_CAP_.
 */
#define OS_HEAP_CAP_DMA ((uint32_t)1 << 3)
#define OS_HEAP_CAP_EXTERNAL ((uint32_t)1 << 10)
#define OS_HEAP_CAP_INTERNAL ((uint32_t)1 << 11)
#define OS_HEAP_CAP_DEFAULT ((uint32_t)1 << 12) /* serves calls that ask for nothing */
#define OS_HEAP_CAP_TCM ((uint32_t)1 << 16)     /* ESP-IDF's MALLOC_CAP_SPM, once MALLOC_CAP_TCM */

/**
 * Gives the heap one more region. os_malloc and the other calls take from it if `caps` includes
 * OS_HEAP_CAP_DEFAULT, and the regions before it have no room: first the region of os_heap_init,
 * then the others in the order of adding. What the cores have cached of the first region counts as
 * room only after the others. Without OS_HEAP_CAP_DEFAULT only os_malloc_in takes from
 * it. A block never spans two regions, even if one begins where another ends.
 *
 * The caches of the cores hold blocks of the first region only. A block of an added region takes a
 * search of that region, without a lock: see os_malloc_in. So the first region should be the
 * fastest memory that is large enough for most of the program.
 *
 * The region begins with its tables: 2 bits for each granule of 8 bytes (on 64-bit CPUs and 32-bit
 * RISC-V 16), or of more bytes if there would be more than 2048 words of bits. The CPU's atomics
 * must work there. The region may begin and end anywhere, and need not be zeroed. There is no call
 * to take it back.
 *
 * Contexts: task, before start. Call os_heap_init first, if the program calls it. Works on every
 *   platform. Complexity: O(bytes of tables).
 * Returns 0; or OS_HEAP_EINVAL if the heap has no first region, or if the region is NULL, too small
 * for its tables and one block, longer than PTRDIFF_MAX, wraps around, or overlaps another.
 * Source: vPortDefineHeapRegions of FreeRTOS's heap_5; heap_caps_add_region of ESP-IDF.
 */
int os_heap_add_region(void *region, size_t bytes, uint32_t caps);

/**
 * Sets the capabilities of the first region, which always has OS_HEAP_CAP_DEFAULT. Call it before
 * a block is allocated that must have them. Contexts: task, before start. O(1).
 */
void os_heap_set_caps(uint32_t caps);

/**
 * The capabilities of the region that contains the address; 0 if none does.
 * Contexts: any. Complexity: O(regions).
 */
uint32_t os_heap_caps(const void *ptr);

/**
 * os_malloc from a region that has all of `caps`; the first such region that has room, in the order
 * of os_heap_add_region. 0 allows every region, also those without OS_HEAP_CAP_DEFAULT.
 * The block is resized and freed like any other; os_realloc keeps it in regions that have all
 * capabilities of its present one.
 *
 * Contexts: any. An interrupt may ask for any size: an added region serves it, but the first one
 *   refuses large sizes there. A call for an added region never waits.
 * Complexity: in the first region as os_malloc without the fast path. In an added region the search
 *   looks at 2048 words at most; it repeats if another core took the place meanwhile.
 * Failure: NULL; no region has these capabilities, or none of those has room. What cores have
 *   cached is given back first, as in os_malloc, if the first region has them.
 * Source: heap_caps_malloc of ESP-IDF, where 0 gives NULL.
 */
void *os_malloc_in(uint32_t caps, size_t size);

/**
 * Gives back all cached memory: every core's magazines to their slabs, empty
 * slabs and newlib's free top to the arena, free pages to the system.
 * Returns the bytes of pages that the system took. This is 0 on firmware, where free pages stay
 * RAM, and for memory that is locked or shared.
 * Contexts: task, before start. May block. Complexity: O(cached blocks + pages).
 */
size_t os_heap_trim(void);

/** The result of os_heap_stats. All sizes in bytes. */
struct os_heap_stats {
    const char *port;        /**< the running port: "rseq", "portable", ... */
    unsigned cores;          /**< cores that have caches; Linux: that ran a thread so far */
    size_t region;           /**< pages of the first region, without the heap's tables */
    size_t added;            /**< bytes of the other regions, without their tables */
    size_t tables;           /**< the heap's own tables inside the regions */
    size_t page;             /**< one page */
    size_t slab_pages;       /**< pages owned by slabs */
    size_t fallback_pages;   /**< pages owned by the newlib heap */
    size_t free_pages;       /**< pages owned by nobody */
    size_t live;             /**< in blocks handed out and not yet freed */
    size_t cached;           /**< in blocks cached by cores and depot, and kept large blocks */
    size_t free;             /**< unused: region + added - live - cached */
    size_t high_water;       /**< most bytes of pages in use so far, and of added regions */
    size_t deferred_frees;   /**< large blocks whose free was deferred so far */
    size_t deferred_pending; /**< blocks whose free was still deferred at this call */
    size_t out_of_memory;    /**< calls that returned NULL because memory was out */
    size_t cached_bound;     /**< bound on `cached`, by `cores` and the configuration */
    size_t free_blocks;   /**< rows of free pages, free objects of slabs, free chunks of newlib's,
                           *   free places of added regions */
    size_t smallest_free; /**< bytes of the smallest of these; 0 if there is none */
    size_t largest_free;  /**< bytes of the largest block that one of these has room for */
};

/** The result of os_heap_gauge. */
struct os_heap_gauge {
    size_t free;       /**< bytes that are in no block and no cache */
    size_t least_free; /**< the fewest that ever were, or since os_heap_gauge_reset */
    size_t largest;    /**< bytes: a block of this size can be had, perhaps a larger one too */
    size_t refused;    /**< calls that returned NULL because memory was out */
};

#if defined(__cplusplus) && defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow" /* these functions have their structures' names */
#endif

/**
 * Fills in the statistics. They are derived from the heap's structures: the fast paths count
 * nothing. While other cores use the heap the figures are a snapshot, and may be wrong by what
 * these cores do meanwhile. Contexts: task, before start (takes the mutex).
 * Complexity: O(pages + cores * classes + blocks in the newlib heap + granules of added regions).
 */
void os_heap_stats(struct os_heap_stats *stats);

/**
 * Fills in four figures, for a product to watch. Takes no lock and waits for nobody. What is cached
 * counts as in use; it is given back before a call returns NULL. While other cores use the heap the
 * figures may be wrong by what these do meanwhile. All are 0 before the heap starts. Regions
 * without OS_HEAP_CAP_DEFAULT count too, though only os_malloc_in takes from them.
 *
 * Contexts: any.
 * Complexity: O(1), at most 300 instructions, and 40 for each added region. For that `largest`
 *   looks at no more than 6 words of the page bitmap, from newlib's break up, at newlib's top, and
 *   at the part of each added region that no block was ever in.
 */
void os_heap_gauge(struct os_heap_gauge *gauge);

/**
 * From now on `least_free` is the fewest bytes since this call.
 * Contexts: any. Complexity: O(1). Source: FreeRTOS xPortResetHeapMinimumEverFreeHeapSize.
 */
void os_heap_gauge_reset(void);
#if defined(__cplusplus) && defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

/**
 * Checks every invariant of arena, slabs, depots, caches and the newlib heap.
 * Returns NULL if all hold, else the name of the first that does not.
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
    OS_HEAP_BAD_HEADER,      /**< a large block's header or seal is damaged, or it is no block */
    OS_HEAP_BAD_LINK,        /**< the link in a free block is damaged */
    OS_HEAP_USED_AFTER_FREE, /**< a free block's bytes changed */
    OS_HEAP_OVERRUN,         /**< bytes behind the size asked for changed */
    OS_HEAP_ABANDONED,       /**< a task ended while it was in the newlib heap */
    OS_HEAP_WRONG_CORE,      /**< firmware: a core that the library is not built for called; the
                              *   address is the core's number. Ends the program if the hook returns */
    OS_HEAP_NO_REGION,       /**< firmware: the heap was called, and has no region */
    OS_HEAP_SMALL_REGION     /**< firmware: the heap was called, and its region is too small; the
                              *   address is the number of bytes that are enough */
};

/** One report. Sizes in bytes. NULL or 0 if a value is not known. */
struct os_heap_report {
    enum os_heap_misuse misuse;
    const char *text;    /**< the misuse in words */
    const void *address; /**< the misused pointer, or the damaged block */
    size_t block_bytes;  /**< of the size class there; 0: a large block, or no block */
    unsigned core;       /**< the core that detected the misuse */
    const void *caller; /**< caller of the call that was misuse; NULL if a later call detected it */
    /* From level 2's record at the end of every block. All 0 without a record. */
    size_t size;              /**< size asked for */
    const void *allocated_by; /**< caller of the call that allocated the block */
    const void *freed_by;     /**< caller of the call that freed it; NULL: it is live */
    unsigned allocated_on;    /**< core that allocated it */
    unsigned freed_on;        /**< core that freed it */
};

typedef void os_heap_report_hook(const struct os_heap_report *report);

/**
 * Sets the function that gets reports of misuse, and returns the old one. NULL is the
 * default: Linux prints a line to stderr and aborts, firmware calls
 * os_heap_port_fail. The report is valid until the hook returns.
 *
 * The hook may run on any core in any context, also in an interrupt and while
 * the heap's mutexes are held. So it must neither call the heap nor wait.
 * If it returns, the call does nothing further, the heap leaks a block that it cannot
 * trust, and continues to work; os_malloc serves another block.
 *
 * Contexts: any. Complexity: O(1).
 */
os_heap_report_hook *os_heap_set_report_hook(os_heap_report_hook *hook);

/** The text of a report of this misuse; NULL if there is no such misuse. Any context. O(1). */
const char *os_heap_misuse_text(enum os_heap_misuse misuse);

#ifdef __cplusplus
}
#endif

#endif
