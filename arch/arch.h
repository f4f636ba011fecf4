/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The port contract: everything a CPU and an OS must supply, on one page.
 *
 * A port is a folder with an `osh_port.h` that the build puts on the include
 * path, and the sources behind it. `osh_port.h` defines, inline where speed
 * requires it:
 *
 *   struct osh_lists         the lists of one core: for every class an active
 *                            and, with OSH_SPARE_LIST, a spare one. All bits
 *                            zero means every list is *stopped*: empty and full
 *                            at once, so that both pop and push refuse.
 *   osh_arch_pop(cls)        the fast paths, see below
 *   osh_arch_push(cls, block)
 *   osh_chain_link(cls, block, below)
 *                            makes the block the first of a chain, on top of
 *                            `below`, which is shorter than the class's limit
 *   osh_link_next(word)      the next block, from the first word of a block in a
 *                            chain; NULL for the last block
 *   osh_link_behind(word)    the same for a block that is not the last; for the
 *                            last block the result is undefined
 *   osh_chain_pack(chain)    a magazine as one word, and back; 0 is the empty
 *   osh_chain_unpack(cls, word)   chain
 *
 * A chain is blocks of one class linked through their first words. A list is a
 * chain and the room left in it: the class's limit (osh_class_limit) minus the
 * length. A push counts the room down to zero, so that it loads no limit. An
 * empty, running list is (NULL, limit). A class whose limit is 0 is not cached:
 * its lists are always stopped.
 *
 * A port may also replace the defaults below.
 */
#ifndef OSH_ARCH_H
#define OSH_ARCH_H

#include "osh_chain.h"
#include "osh_hot.h"
#include "osh_port.h"

/* os_malloc tries osh_arch_pop first for these sizes. A port may leave out sizes of the table. */
#ifndef OSH_ARCH_IS_FAST
#define OSH_ARCH_IS_FAST(size) ((size) < osh_hot.fast_sizes)
#endif

/* The class of a size of which OSH_ARCH_IS_FAST is true. */
#ifndef OSH_ARCH_CLASS_OF
#define OSH_ARCH_CLASS_OF(size) osh_class_of_table(size)
#endif

/* The size that os_malloc passes to the slow path when osh_arch_pop gave NULL. A port with few
 * registers passes the size of the class, so that `size` need not stay in a register. */
#ifndef OSH_ARCH_ASKED
#define OSH_ARCH_ASKED(size, cls) (size)
#endif

/* For os_free: sets *cls to the class of the block's page, 0 if the page is newlib's. False:
 * os_free must not try osh_arch_push. */
#ifndef OSH_ARCH_FIND
OSH_INLINE bool osh_arch_find(const void *block, unsigned *cls)
{
    uintptr_t offset = (uintptr_t)block - osh_hot.base;
    if (OSH_UNLIKELY(offset >= osh_hot.fast_bytes)) {
        return false;
    }
    *cls = osh_hot.page_class[offset >> OSH_PAGE_LOG2];
    return true;
}
#endif

/* The address of the table osh_start, as os_free gets it fastest. */
#ifndef OSH_ARCH_STARTS
#define OSH_ARCH_STARTS osh_start
#endif

/* How many cores the program may use when the heap starts; at least 1. */
#ifndef OSH_ARCH_USABLE_CORES
#define OSH_ARCH_USABLE_CORES() 1u
#endif

/* A region must end at this address or below: lists and depot cannot store a higher one. */
#ifndef OSH_ARCH_REGION_END
#define OSH_ARCH_REGION_END UINTPTR_MAX
#endif

/* Is the region that osh_arch_region gives zeroed? */
#ifndef OSH_ARCH_REGION_ZEROED
#define OSH_ARCH_REGION_ZEROED 1
#endif

/* 1 if osh_arch_decommit gives pages to the system. */
#ifndef OSH_ARCH_DECOMMITS
#define OSH_ARCH_DECOMMITS 1
#endif

/* What the platform wants done before a call returns NULL because memory is out. */
#ifndef OSH_ARCH_REFUSED
#define OSH_ARCH_REFUSED() ((void)0)
#endif

/* 1 if a core without lists can make a call. The port then reports the call. */
#ifndef OSH_ARCH_WRONG_CORES
#define OSH_ARCH_WRONG_CORES 0
#endif

/*
 * 1 if the heap opens the region of osh_arch_region in steps: the region is reserved addresses, and
 * nobody may touch it before osh_arch_open or osh_arch_open_tables, which make it zeroed memory.
 * 0 if the region is memory: the heap then calls neither. A region from os_heap_init is open.
 */
#ifndef OSH_ARCH_OPENS
#define OSH_ARCH_OPENS 0
#endif

/*
 * Per-core lists. Any context, any core, before start too. Each operation works
 * on the lists of the core on which it commits, wherever it began: an interruption,
 * a preemption or a migration restarts it. Lock-free: each restart means that
 * other code made progress.
 *
 * osh_arch_pop: takes one block of the core's active list; NULL if the list is
 *   empty or stopped.
 * osh_arch_push: puts one block on the core's active list; false if the list is full or
 *   stopped. It may write the block's link even if it returns false. But for class 0, which
 *   is always stopped, it writes nothing: with OSH_ARCH_OPENS a pointer that is no block may
 *   point to closed memory. Called only after the heap has started.
 *
 * Both may also refuse because of an interruption, or because another port runs;
 * osh_arch_pop_slow and osh_arch_push_slow do not.
 */
OSH_HIDDEN void *osh_arch_pop_slow(unsigned cls);
OSH_HIDDEN bool osh_arch_push_slow(unsigned cls, void *block);

/*
 * Exchanges a whole list of this core for the chain *io, which must not be
 * longer than the class's limit, and returns the old one in *io. False, with
 * *io unchanged, when the list is stopped.
 */
OSH_HIDDEN bool osh_arch_exchange(enum osh_which which, unsigned cls, struct osh_chain *io);

/*
 * Stops the lists of any core and passes every chain they had to `give`. Until osh_arch_go_on the
 * core's operations find each list empty and full at once. False: the system refuses, and some
 * lists still run and hold blocks. Stop and go_on: task context or before start, one caller at a
 * time.
 */
OSH_HIDDEN bool osh_arch_stop(unsigned core, void (*give)(unsigned cls, struct osh_chain));

/* Makes the stopped lists of a core run, empty. */
OSH_HIDDEN void osh_arch_go_on(unsigned core);

/*
 * Only where OSH_SPARE_LIST. The lists of long blocks (osh_class_is_long) are stopped until
 * osh_arch_start_long, which may do nothing: then the caller tries again later. Any context.
 */
OSH_SHARED osh_word_t osh_arch_long_too; /* 1: they run; the port defines and sets it */
OSH_HIDDEN void osh_arch_start_long(void);

static inline bool osh_arch_has_long(void)
{
    /* Observes nothing: a list says whether it is stopped. */
    return !OSH_SPARE_LIST || osh_load(&osh_arch_long_too) != 0;
}

/* A list as it is now, for statistics and checks: a snapshot, not a claim. */
OSH_HIDDEN struct osh_chain osh_arch_peek(unsigned core, enum osh_which which, unsigned cls);

/* Starts the port: makes the lists of every core empty. Called once, by one thread, before any
 * other function of this header. osh_hot.base and osh_hot.page_class are set. */
OSH_HIDDEN void osh_arch_start(void);

/* The core this runs on, below osh_arch_cores(). A hint that lets cores start their searches at
 * different places: the task may be on another core at the next instruction. */
OSH_HIDDEN unsigned osh_arch_core(void);

/* Cores below this number may have blocks in their lists. At least 1. On Linux it grows when a
 * core reaches the slow path for the first time. */
OSH_HIDDEN unsigned osh_arch_cores(void);

/* The name os_heap_stats gives: "rseq", "portable", ... */
OSH_HIDDEN const char *osh_arch_name(void);

/* True if the inline osh_arch_pop and osh_arch_push belong to the port that is running. */
OSH_HIDDEN bool osh_arch_fast(void);

/*
 * The OS. Started: true once there may be more than one thread; before that nothing is
 * locked. In interrupt: true in an interrupt handler.
 */
OSH_HIDDEN bool osh_arch_os_started(void);
OSH_HIDDEN bool osh_arch_in_interrupt(void);

/*
 * Two mutexes: one for the newlib heap, one for reclaim. Called only once the OS has started,
 * and never in an interrupt handler.
 *
 * Lock waits if the caller may wait, that is, if other tasks can run meanwhile. In a critical
 * section, and while the scheduler is suspended, it only tries. False, with nothing locked: another
 * task has the mutex and the caller may not wait, or the caller has interrupted the holder.
 * Try-lock never waits, and fails if the caller holds the mutex.
 */
enum osh_mutex { OSH_MUTEX_FALLBACK, OSH_MUTEX_RECLAIM, OSH_MUTEXES };
OSH_HIDDEN bool osh_arch_lock(enum osh_mutex mutex);
OSH_HIDDEN bool osh_arch_try_lock(enum osh_mutex mutex);
OSH_HIDDEN void osh_arch_unlock(enum osh_mutex mutex);

/* Called repeatedly by a caller that waits for another core to finish. */
OSH_HIDDEN void osh_arch_yield(void);

/* After this call every other thread and core sees the caller's earlier stores, even by loads that
 * are not ordered. Called once, when the heap starts. */
OSH_HIDDEN void osh_arch_publish(void);

/* The platform's region; false if there is none. */
OSH_HIDDEN bool osh_arch_region(void **region, size_t *bytes);

/*
 * Called only where OSH_ARCH_OPENS, with parts of that region.
 *
 * osh_arch_open: makes the memory readable and writable for everybody; false if the system
 *   refuses. May round to whole pages of the system's. A second call for open memory changes
 *   nothing. Any context.
 * osh_arch_open_tables: `start` is tables of which most will never be written. Makes their first
 *   `readable` bytes readable, as zeros. Before any osh_arch_open.
 */
OSH_HIDDEN bool osh_arch_open(void *start, size_t bytes);
OSH_HIDDEN bool osh_arch_open_tables(void *start, size_t bytes, size_t readable);

/*
 * Called only where OSH_ARCH_DECOMMITS. Offers the memory from *from up to *to to the system: its
 * contents are no longer needed. Sets *from and *to to the part that the system took. This is less
 * where the system's pages are longer than the heap's, and may be nothing. The system has that
 * memory until somebody touches it. False, with nothing set: the system refuses all or some of it.
 */
OSH_HIDDEN bool osh_arch_decommit(uintptr_t *from, uintptr_t *to);

/* Called only where OSH_ARCH_DECOMMITS, once, when the heap starts. Bytes of free memory that the
 * heap may keep before it offers some to the system by itself; SIZE_MAX: it never does. */
OSH_HIDDEN size_t osh_arch_idle_bytes(void);

/* Called only where OSH_ARCH_DECOMMITS. The first once, when the heap starts: free memory that
 * nobody has needed for so many milliseconds is offered to the system; 0: it is not. The second
 * when pages are released, any context: milliseconds of a clock that does not go back, and may be a
 * few late. */
OSH_HIDDEN size_t osh_arch_decay(void);
OSH_HIDDEN osh_word_t osh_arch_milliseconds(void);

/* Called only where OSH_ROW_LEAST > 0. Moves what is in `bytes` bytes of pages from `from` to `to`,
 * without copying if the system can. The pages at `from` are then zeros; what was at `to` is lost.
 * False, with nothing changed: the system cannot move such pages. */
OSH_HIDDEN bool osh_arch_move(void *to, void *from, size_t bytes);

/* Called only where OSH_ROW_LEAST > 0, for open pages that were not touched since the system had
 * them. Commits their memory at once, as huge pages if the system has some and they take less time
 * than small ones. False: the system does not do that, and never will. One caller at a time. */
OSH_HIDDEN bool osh_arch_commit_huge(void *start, size_t bytes);

/* A word that is as hard to guess as the platform allows. Called once, when the heap starts, from
 * hardening level 1 on. */
OSH_HIDDEN uintptr_t osh_arch_secret(void);

/* Reports misuse, with the address that was misused, and stops the program. Never
 * allocates. Any context. */
OSH_HIDDEN _Noreturn void osh_arch_fail(const char *reason, const void *address);

#endif
