/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_exhaust.h"

#include "arch.h"
#include "osh_arena_open.h"
#include "osh_brink.h"
#include "osh_fallback.h"
#include "osh_heap_guard.h"
#include "osh_magazine.h"
#include "osh_regions.h"
#include "osh_slab.h"
#include "osh_slab_open.h"
#include "osh_slab_table.h"
#include "osh_take.h"
#include "osh_try.h"

/* The lists run again after so many requests in a row were served. */
enum { CALM = 64 };

/* A request is refused after so many looks, even if memory comes free in each of them. */
enum { LOOKS = 3 };

OSH_VARIABLE osh_word_t osh_heap_nulls;

/* Requests served since the last NULL, and the NULLs until then. A lost count does no harm. */
static osh_word_t served;
static osh_word_t nulls_before;

size_t osh_heap_failures(void)
{
    return osh_load(&osh_heap_nulls);
}

static void reclaim(bool large)
{
    if (OSH_HARDENING >= 2) {
        osh_heap_end_quarantine(); /* never waits, so an interrupt does it, too */
    }
    enum osh_taken taken = osh_take(OSH_MUTEX_RECLAIM, true);
    if (taken == OSH_REFUSED) {
        return; /* what is free must do; the owner of the mutex may be giving more back */
    }
    osh_magazine_stop();
    if (large) {
        osh_fallback_reclaim();
    }
    if (taken == OSH_LOCKED) {
        osh_arch_unlock(OSH_MUTEX_RECLAIM);
    }
}

void osh_heap_reclaim(void)
{
    reclaim(true);
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

/* In a build for size, where the lists run: from every class in turn, then from newlib. */
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

/* From any free memory outside the caches. The block is freed by its address, so it may be of
 * another size class. Stores whether newlib was asked. */
static void *from_anywhere(size_t alignment, size_t size, bool *asked)
{
    unsigned cls = osh_heap_class_for(alignment, size);
    if (cls == 0) {
        return osh_fallback_ask(alignment, size, asked);
    }
    unsigned has = cls; /* the smallest class that has an object */
    (void)osh_slab_find(&has, OSH_CLASS_MAX, alignment);
    unsigned most = osh_slab_borrows_up_to(cls);
    bool open = osh_slab_opens(cls);
    void *block = has <= most ? osh_magazine_get_any(has, has, alignment) : NULL;
    if (block == NULL && open) {
        block = osh_magazine_get_fresh(cls);
    }
    if (block == NULL) {
        osh_heap_note_odd_size(); /* the block may be newlib's, or of a larger class */
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

/* Looks for memory, and notes a refusal, so that nobody looks again until memory comes free. */
static void *look(size_t alignment, size_t size)
{
    osh_word_t mark = 0;
    osh_word_t leave;
    bool asked = false;
    void *block;
    if (!osh_brink_is_out()) { /* the caller could not stop the lists */
        /* Blocks that left the quarantine are on this core's lists. */
        block = OSH_HARDENING >= 2 ? osh_heap_try(alignment, size) : NULL;
        return block != NULL ? block : from_anywhere(alignment, size, &asked);
    }
    unsigned looks = 0;
    do {
        leave = osh_brink_look(&mark);
        block = from_anywhere(alignment, size, &asked);
        if (block != NULL) {
            break;
        }
        reclaim(!asked); /* what tasks inside a call have cached since */
    } while (!osh_brink_is_looking(&mark) && ++looks < LOOKS);
    /* Not noted: what the system refuses (it may give it later), or while a block is being kept. */
    if (block == NULL && asked && alignment <= OSH_ALIGN_LEAST && osh_arena_is_all_open() &&
        !osh_fallback_keeps()) {
        leave = osh_brink_refusal(size);
    }
    osh_brink_looked(&mark, leave);
    return block;
}

void *osh_heap_counted(void *block)
{
    if (block == NULL) {
        return osh_heap_refused();
    }
    if (OSH_BRINK_STOPS) {
        osh_word_t nulls = osh_load(&osh_heap_nulls);
        osh_word_t row = nulls == osh_load(&nulls_before) ? osh_load(&served) + 1 : 1;
        osh_store(&nulls_before, nulls); /* publishes nothing */
        osh_store(&served, row);         /* likewise */
        if (row > CALM) {
            osh_heap_go_on();
        }
    }
    return block;
}

void *osh_heap_at_brink(size_t alignment, size_t size, uint32_t caps)
{
    void *block = NULL;
    if (osh_arena_spans(alignment | size) && !osh_brink_refuses(size)) {
        block = OSH_BRINK_STOPS ? look(alignment, size) : by_every_class(alignment, size);
    }
    return osh_heap_counted(block != NULL ? block : osh_regions_get(alignment, size, caps));
}

OSH_NOINLINE void *osh_heap_last_resort(size_t alignment, size_t size, uint32_t caps)
{
    if (!OSH_SMALL_CODE) { /* shorter ways: what follows comes to the same */
        void *block = osh_regions_get(alignment, size, caps);
        if (block != NULL) {
            return block;
        }
        if (osh_arch_in_interrupt() && osh_heap_class_for(alignment, size) == 0) {
            return osh_heap_counted(NULL); /* newlib's heap is for tasks */
        }
    }
    if (osh_arena_spans(alignment | size) && !osh_brink_is_out()) {
        osh_heap_reclaim();
    }
    return osh_heap_at_brink(alignment, size, caps);
}
