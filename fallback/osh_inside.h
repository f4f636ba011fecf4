/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is inside newlib's heap: one task, which has the port's mutex once the OS has started. An
 * interrupt handler never is, but for before the start. For the fallback's own files.
 */
#ifndef OSH_INSIDE_H
#define OSH_INSIDE_H

#include "arch.h"
#include "osh_arena.h"
#include "osh_deferred.h"

/* Before there are mutexes, `inside` refuses code that interrupted the holder. Later it shows the
 * next owner that the last one ended inside. Only the holder writes the other fields. */
enum { OSH_NOBODY, OSH_SOMEBODY, OSH_NOBODY_EVER };
struct osh_inside {
    osh_word_t inside;
    size_t live_blocks; /* of newlib's, deferred ones included */
    size_t drained;     /* blocks that were deferred and are freed now */
    bool loose;         /* was anything freed since the last trim? */
    bool locked;        /* did the holder take the mutex? */
};
OSH_SHARED struct osh_inside osh_inside;

/* We are inside, if nobody is; waits for that if `wait`. False in an interrupt, too. */
OSH_HIDDEN bool osh_inside_get_in(bool wait);

/* Waits for the heap where the caller may wait. False in an interrupt, and where somebody
 * else is inside and the caller may not wait. And for more bytes than the region has: newlib
 * adds to a size and compares the sum as a signed number. This is the only way in for
 * whoever has a size, so newlib never sees one that could overflow. */
static inline bool osh_inside_enter(size_t bytes)
{
    return osh_arena_spans(bytes) && osh_inside_get_in(true);
}

/* Never waits. */
static inline bool osh_inside_try(void)
{
    return osh_inside_get_in(false);
}

/* Ends that. True when there are deferred blocks now, of others who could not get in. */
static inline bool osh_inside_let_go(void)
{
    bool with_mutex = osh_inside.locked;
    /* Pairs with begin() of what interrupts this core. */
    osh_store(&osh_inside.inside, OSH_NOBODY);
    if (with_mutex) {
        osh_arch_unlock(OSH_MUTEX_FALLBACK);
        osh_fence(); /* unlock, then look: pairs with the fence in free_or_defer() */
    }
    return osh_deferred_pending();
}

#endif
