/* SPDX-License-Identifier: Apache-2.0 */
/* The way to NULL: what is tried when there seems to be no memory left. */
#include "arch.h"
#include "osh_fallback.h"
#include "osh_heap.h"
#include "osh_heap_guard.h"
#include "osh_magazine.h"
#include "osh_slab.h"
#include "osh_take.h"

static osh_word_t failures;

size_t osh_heap_failures(void)
{
    return osh_load(&failures);
}

bool osh_heap_reclaim(void)
{
    if (OSH_HARDENING >= 3) {
        osh_heap_end_quarantine(); /* never waits, so an interrupt does it, too */
    }
    enum osh_taken taken = osh_take(OSH_MUTEX_RECLAIM, true);
    if (taken == OSH_REFUSED) {
        /* What there is must do; but who has the mutex may be giving something back. */
        return OSH_HARDENING >= 3 || !osh_arch_in_interrupt();
    }
    osh_magazine_reclaim();
    osh_fallback_reclaim();
    if (taken == OSH_LOCKED) {
        osh_arch_unlock(OSH_MUTEX_RECLAIM);
    }
    /* Whatever this one found: another task's may have given back what we missed before. */
    return true;
}

/* A free object of this class or of a larger one that is aligned as well, from
 * slabs that exist. Freed by address, it goes back where it belongs. */
static void *from_any_slab(size_t alignment, unsigned wanted)
{
    if (!OSH_SMALL_CODE) {
        void *block = osh_slab_get_any(wanted, OSH_CLASS_MAX, alignment);
        if (block != NULL) {
            osh_heap_note_odd_size(); /* it may be a larger one */
        }
        return block;
    }
    for (unsigned cls = wanted + 1; cls <= OSH_CLASS_MAX; cls++) {
        void *block =
            (osh_class_bytes(cls) & (alignment - 1)) == 0 ? osh_magazine_get(cls, 0) : NULL;
        if (block != NULL) {
            osh_heap_note_odd_size();
            return block;
        }
    }
    return NULL;
}

/* Of a small size, without the caches and without reclaiming: any free memory that fits. */
static void *from_elsewhere(size_t alignment, size_t size, unsigned cls)
{
    void *block = from_any_slab(alignment, cls);
    if (block != NULL) {
        return block;
    }
    osh_heap_note_odd_size(); /* a small block from the newlib heap, if any */
    return osh_fallback_memalign(alignment, size);
}

OSH_NOINLINE void *osh_heap_last_resort(size_t alignment, size_t size)
{
    void *block = NULL;
    if (osh_arena_spans(alignment | size)) {
        unsigned cls = osh_heap_class_for(alignment, size);
        if (osh_heap_reclaim()) {
            block = osh_heap_try(alignment, size);
        }
        if (!OSH_SMALL_CODE) {
            osh_magazine_scarce();
        }
        if (block == NULL && cls != 0) {
            block = from_elsewhere(alignment, size, cls);
        }
    }
    if (block == NULL) {
        (void)osh_fetch_add(&failures, 1); /* a statistic */
    }
    return block;
}
