/* SPDX-License-Identifier: Apache-2.0 */
/* The way to NULL: what is tried when there seems to be no memory left. */
#include "arch.h"
#include "osh_arena_open.h"
#include "osh_brink.h"
#include "osh_fallback.h"
#include "osh_heap.h"
#include "osh_heap_guard.h"
#include "osh_magazine.h"
#include "osh_slab.h"
#include "osh_slab_open.h"
#include "osh_slab_table.h"
#include "osh_take.h"

/* Requests served in a row until the cores' lists go on. */
enum { CALM = 64 };

/* So often something may come free, and be gone or too small, before a request is refused. */
enum { LOOKS = 3 };

static osh_word_t failures;
static osh_word_t served; /* since the last NULL; a count that another core's overwrites is lost */

size_t osh_heap_failures(void)
{
    return osh_load(&failures);
}

void osh_heap_reclaim(void)
{
    if (OSH_HARDENING >= 3) {
        osh_heap_end_quarantine(); /* never waits, so an interrupt does it, too */
    }
    enum osh_taken taken = osh_take(OSH_MUTEX_RECLAIM, true);
    if (taken == OSH_REFUSED) {
        return; /* what there is must do; but who has the mutex may be giving something back */
    }
    osh_magazine_stop();
    osh_fallback_reclaim();
    if (taken == OSH_LOCKED) {
        osh_arch_unlock(OSH_MUTEX_RECLAIM);
    }
}

void osh_heap_go_on(void)
{
    enum osh_taken taken = osh_take(OSH_MUTEX_RECLAIM, false);
    if (taken == OSH_REFUSED) {
        return; /* another time */
    }
    osh_magazine_go_on();
    if (taken == OSH_LOCKED) {
        osh_arch_unlock(OSH_MUTEX_RECLAIM);
    }
}

/* As below, where the code is to be small: the lists run. */
static void *by_every_class(size_t alignment, size_t size)
{
    unsigned cls = osh_heap_class_for(alignment, size);
    void *block = osh_heap_try(alignment, size);
    if (block == NULL && cls != 0) {
        osh_heap_note_odd_size();
        while (block == NULL && ++cls <= OSH_CLASS_MAX) {
            bool suits = (osh_class_bytes(cls) & (alignment - 1)) == 0;
            block = suits ? osh_magazine_get(cls, 0) : NULL;
        }
        block = block != NULL ? block : osh_fallback_memalign(alignment, size);
    }
    return block;
}

/* Any free memory that fits, caches apart. Freed by address, it goes back where it belongs.
 * Stores whether newlib was asked. */
static void *from_anywhere(size_t alignment, size_t size, bool *asked)
{
    unsigned cls = osh_heap_class_for(alignment, size);
    if (cls == 0) {
        return osh_fallback_ask(alignment, size, asked);
    }
    unsigned has = cls; /* the smallest class that has an object */
    (void)osh_slab_find(&has, OSH_CLASS_MAX, alignment);
    unsigned near = osh_slab_borrows_up_to(cls);
    bool open = osh_slab_opens(cls);
    void *block = has <= near ? osh_magazine_get_any(cls, near, alignment) : NULL;
    if (block == NULL && open) {
        block = osh_magazine_get_fresh(cls);
    }
    if (block == NULL) {
        osh_heap_note_odd_size(); /* newlib's, or a larger class's */
        block = osh_fallback_ask(alignment, size, asked);
    }
    if (block == NULL && !open) {
        block = osh_magazine_get_fresh(cls);
    }
    if (block == NULL && has <= OSH_CLASS_MAX) {
        block = osh_magazine_get_any(cls, OSH_CLASS_MAX, alignment);
    }
    return block;
}

/* Notes what is refused, so that it is not looked for again until something comes free. */
static void *look(size_t alignment, size_t size)
{
    osh_word_t mark = 0;
    osh_word_t leave;
    bool asked = false;
    void *block;
    if (!osh_brink_is_out()) { /* the lists could not be stopped here and now */
        /* What left the quarantine is on this core's lists. */
        block = OSH_HARDENING >= 3 ? osh_heap_try(alignment, size) : NULL;
        return block != NULL ? block : from_anywhere(alignment, size, &asked);
    }
    unsigned looks = 0;
    do {
        leave = osh_brink_look(&mark);
        block = from_anywhere(alignment, size, &asked);
        if (block != NULL) {
            break;
        }
        osh_heap_reclaim(); /* what a task in mid-call has cached since, and newlib's free top */
    } while (!osh_brink_is_looking(&mark) && ++looks < LOOKS);
    /* What the system refuses it may give the next time; and a block may be about to be kept. */
    if (block == NULL && asked && alignment <= OSH_ALIGN_LEAST && osh_arena_is_all_open() &&
        !osh_fallback_keeps()) {
        leave = osh_brink_refusal(size);
    }
    osh_brink_looked(&mark, leave);
    return block;
}

/* Counts what is refused, and the row of those served. */
static void *counted(void *block)
{
    if (block == NULL) {
        (void)osh_fetch_add(&failures, 1); /* a statistic */
    }
    if (OSH_BRINK_STOPS) {
        osh_word_t row = block != NULL ? osh_load(&served) + 1 : 0;
        osh_store(&served, row); /* publishes nothing */
        if (row > CALM) {
            osh_heap_go_on();
        }
    }
    return block;
}

void *osh_heap_at_brink(size_t alignment, size_t size)
{
    void *block = NULL;
    if (osh_arena_spans(alignment | size) && !osh_brink_refuses(size)) {
        block = OSH_BRINK_STOPS ? look(alignment, size) : by_every_class(alignment, size);
    }
    return counted(block);
}

OSH_NOINLINE void *osh_heap_last_resort(size_t alignment, size_t size)
{
    if (osh_arch_in_interrupt() && osh_heap_class_for(alignment, size) == 0) {
        return counted(NULL); /* newlib's, which is for tasks */
    }
    if (osh_arena_spans(alignment | size) && !osh_brink_is_out()) {
        osh_heap_reclaim();
    }
    return osh_heap_at_brink(alignment, size);
}
