/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The port contract: everything a CPU and an OS must supply, on one page.
 *
 * A port is a folder with an `osh_port.h` that the build puts on the include
 * path, and the sources behind it. `osh_port.h` defines, inline where speed
 * asks for it:
 *
 *   struct osh_lists         the lists of one core: for every class an active
 *                            and, with OSH_SPARE_LIST, a spare one. All bits
 *                            zero means every list is *stopped*: at once empty
 *                            and full, so that both pop and push refuse it.
 *   osh_arch_pop(cls)        the fast paths, see below
 *   osh_arch_push(cls, block)
 *   osh_chain_link(cls, block, below)
 *                            makes the block the first of a chain, on top of
 *                            `below`, which is shorter than the class's limit
 *   osh_link_next(word)      the next block, by the first word of one in a chain;
 *                            NULL by that of the last
 *   osh_link_behind(word)    the same of one that is not the last; else anything
 *   osh_chain_pack(chain)    one magazine in one word, and back; 0 is the
 *   osh_chain_unpack(cls, word)   empty chain
 *
 * A chain is blocks of one class linked through their first words. A list is a
 * chain and the room left in it: limit - length, where limit is the class's
 * (osh_class_limit). Room is what a push counts down to zero, so that no limit
 * has to be loaded; an empty, running list is (NULL, limit). A class whose limit
 * is 0 is not cached: its lists are stopped for good.
 *
 * It may also define what differs from the defaults below.
 */
#ifndef OSH_ARCH_H
#define OSH_ARCH_H

#include "osh_chain.h"
#include "osh_hot.h"
#include "osh_port.h"

/* Sizes below this go to osh_arch_pop at once. */
#ifndef OSH_ARCH_FAST_SIZES
#define OSH_ARCH_FAST_SIZES osh_hot.fast_sizes
#endif

/* Class of such a size. */
#ifndef OSH_ARCH_CLASS_OF
#define OSH_ARCH_CLASS_OF(size) osh_class_of_table(size)
#endif

/* A size that asks for the same again after osh_arch_pop had nothing. Where registers
 * are few it is the class's, so that the size need not live on. */
#ifndef OSH_ARCH_ASKED
#define OSH_ARCH_ASKED(size, cls) (size)
#endif

/* The class of the page that a block to be freed is in, 0 when it is newlib's; false
 * where osh_arch_push is not to be tried. */
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

/* The table osh_start, for os_free. */
#ifndef OSH_ARCH_STARTS
#define OSH_ARCH_STARTS osh_start
#endif

/* A region must end at this address or below: lists and depot can hold no higher one. */
#ifndef OSH_ARCH_REGION_END
#define OSH_ARCH_REGION_END UINTPTR_MAX
#endif

/* Is the region that osh_arch_region gives zeroed? */
#ifndef OSH_ARCH_REGION_ZEROED
#define OSH_ARCH_REGION_ZEROED 1
#endif

/* Does giving pages to the system (osh_arch_decommit) do anything? */
#ifndef OSH_ARCH_DECOMMITS
#define OSH_ARCH_DECOMMITS 1
#endif

/* Can a call come from a core that has no lists? Then the port reports it. */
#ifndef OSH_ARCH_WRONG_CORES
#define OSH_ARCH_WRONG_CORES 0
#endif

/*
 * Is the region that osh_arch_region gives opened in steps? 1: it is no memory yet, and nobody
 * may touch it before osh_arch_open or osh_arch_open_tables; it is zeroed. 0 where a region is
 * memory: then neither is called. One that os_heap_init gave is open.
 */
#ifndef OSH_ARCH_OPENS
#define OSH_ARCH_OPENS 0
#endif

/*
 * Per-core lists. Any context, any core, before start too. Each of these works
 * on the lists of the core it commits on, wherever it began: an interruption,
 * a preemption or a migration makes it start again. Lock-free; a restart means
 * that somebody else got something done.
 *
 * osh_arch_pop: takes one block of the core's active list; NULL when that is
 *   empty or stopped.
 * osh_arch_push: puts one block on it; false when that is full or stopped.
 *   May have written the block's link even then, but not of class 0, which is always
 *   stopped: where OSH_ARCH_OPENS, what is no block may be closed. Once the heap has started:
 * before, there is no block to push. Both may refuse for reasons of their own (a port that is not
 * the one in use, an interruption); osh_arch_pop_slow and osh_arch_push_slow do not.
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
 * Stops the lists of any core, and hands every chain they had to `give`: until osh_arch_go_on
 * the core's own operations find them at once empty and full. False: the system refuses, and
 * some lists still run and hold blocks. Both in task context or before start, one caller at a time
 * of either.
 */
OSH_HIDDEN bool osh_arch_stop(unsigned core, void (*give)(unsigned cls, struct osh_chain));

/* Sets those lists of a core going, empty, that are stopped. */
OSH_HIDDEN void osh_arch_go_on(unsigned core);

/* A list as it is now, for statistics and checks: a snapshot, not a claim. */
OSH_HIDDEN struct osh_chain osh_arch_peek(unsigned core, enum osh_which which, unsigned cls);

/* Starts the port: makes the lists of every core empty. Once, before any other
 * call of this page, by one thread. */
OSH_HIDDEN void osh_arch_start(void);

/* The core this runs on, below osh_arch_cores(): a hint that keeps cores out of
 * each other's way, true no longer than the next instruction. */
OSH_HIDDEN unsigned osh_arch_core(void);

/* Cores whose lists may hold blocks: those below this, 1 at least. On Linux it grows when
 * a core comes to the slow path for the first time. */
OSH_HIDDEN unsigned osh_arch_cores(void);

/* The name os_heap_stats gives: "rseq", "portable", ... */
OSH_HIDDEN const char *osh_arch_name(void);

/* Are the inline osh_arch_pop and osh_arch_push the port in use? */
OSH_HIDDEN bool osh_arch_fast(void);

/*
 * The OS. Started: true once there may be more than one thread; before that nothing is
 * locked. In interrupt: true in an interrupt handler.
 */
OSH_HIDDEN bool osh_arch_os_started(void);
OSH_HIDDEN bool osh_arch_in_interrupt(void);

/*
 * Two mutexes: one around the newlib heap, one around reclaim. Once the OS has started,
 * never in an interrupt handler.
 *
 * Lock waits where the caller may wait: where it can let other tasks run until they have done
 * something. In a critical section, and while the scheduler is suspended, it tries. False, with
 * nothing locked: somebody has the mutex and the caller may not wait, or the caller is code that
 * has interrupted the holder. Try-lock never waits, and fails when the caller holds the mutex.
 */
enum osh_mutex { OSH_MUTEX_FALLBACK, OSH_MUTEX_RECLAIM, OSH_MUTEXES };
OSH_HIDDEN bool osh_arch_lock(enum osh_mutex mutex);
OSH_HIDDEN bool osh_arch_try_lock(enum osh_mutex mutex);
OSH_HIDDEN void osh_arch_unlock(enum osh_mutex mutex);

/* Called again and again while another core is about to finish something. */
OSH_HIDDEN void osh_arch_yield(void);

/* After this every other thread and core sees what the caller wrote before, even
 * by loads that are not ordered. Once, when the heap starts. */
OSH_HIDDEN void osh_arch_publish(void);

/* The platform's region; false when there is none to be had. */
OSH_HIDDEN bool osh_arch_region(void **region, size_t *bytes);

/*
 * Called only where OSH_ARCH_OPENS, with parts of that region.
 *
 * osh_arch_open: they may be read and written from now on, by everybody; false when the
 *   system refuses. May round to whole pages of the system's. Opening again what is open
 *   changes nothing. Any context.
 * osh_arch_open_tables: of these, which only in part will ever be written to, the first
 *   `readable` bytes can be read from now on, as zeros. Before any osh_arch_open.
 */
OSH_HIDDEN bool osh_arch_open(void *start, size_t bytes);
OSH_HIDDEN bool osh_arch_open_tables(void *start, size_t bytes, size_t readable);

/*
 * Called only where OSH_ARCH_DECOMMITS: what the memory from *from up to *to holds is not
 * needed any more. Sets them to what the system has taken, which is less where its pages are
 * longer than ours, and may be nothing; what it took is the system's until it is touched.
 * False: it refuses, if only some of it; nothing is set.
 */
OSH_HIDDEN bool osh_arch_decommit(uintptr_t *from, uintptr_t *to);

/* A word that nobody can guess, or as near to one as the platform has. Once, when the
 * heap starts, from hardening level 1 on. */
OSH_HIDDEN uintptr_t osh_arch_secret(void);

/* Reports misuse, with the address it is about, and stops the program. Never
 * allocates. Any context. */
OSH_HIDDEN _Noreturn void osh_arch_fail(const char *reason, const void *address);

#endif
