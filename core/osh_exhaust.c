/* SPDX-License-Identifier: Apache-2.0 */
/* The way to NULL: what is tried when there seems to be no memory left. */
#include "arch.h"
#include "osh_fallback.h"
#include "osh_heap.h"
#include "osh_heap_guard.h"
#include "osh_magazine.h"
#include "osh_slab.h"

static osh_word_t failures;

size_t osh_heap_failures(void)
{
    return osh_load(&failures);
}

void osh_heap_reclaim(void)
{
    bool with_mutex = osh_arch_os_started();
    if (OSH_HARDENING >= 3) {
        osh_heap_end_quarantine();
    }
    if (with_mutex) {
        osh_arch_lock(OSH_MUTEX_RECLAIM);
    }
    osh_magazine_reclaim();
    osh_fallback_reclaim();
    if (with_mutex) {
        osh_arch_unlock(OSH_MUTEX_RECLAIM);
    }
}

/* A free object of this class or of a larger one that is aligned as well, from
 * slabs that exist. Freed by address, it goes back where it belongs. */
static void *from_any_slab(size_t alignment, unsigned wanted)
{
    for (unsigned cls = wanted; cls <= OSH_CLASS_MAX; cls++) {
        if ((osh_class_bytes(cls) & (alignment - 1)) == 0) {
            void *block = OSH_LEAN ? osh_magazine_get(cls) : osh_slab_get_existing(cls, 1).head;
            if (block != NULL) {
                if (!OSH_LEAN || cls != wanted) {
                    osh_heap_note_odd_size();
                }
                return block;
            }
        }
    }
    return NULL;
}

/* Without the caches and without reclaiming: any free memory that fits. */
static void *from_anywhere(size_t alignment, size_t size)
{
    unsigned cls = osh_heap_class_for(alignment, size);
    if (cls != 0) {
        /* Lean, the loop over larger classes begins with this one. */
        void *block = OSH_LEAN ? NULL : osh_magazine_get(cls);
        if (block == NULL) {
            block = from_any_slab(alignment, cls);
        }
        if (block != NULL) {
            return block;
        }
        osh_heap_note_odd_size(); /* a small block from the newlib heap, if any */
    }
    return osh_fallback_memalign(alignment, size);
}

OSH_NOINLINE void *osh_heap_last_resort(size_t alignment, size_t size)
{
    if (osh_arena_spans(alignment | size)) {
        if (OSH_HARDENING >= 3) {
            osh_heap_end_quarantine(); /* never waits, so an interrupt does it, too */
        }
        if (!osh_arch_in_interrupt()) {
            osh_heap_reclaim();
            if (!OSH_LEAN) {
                osh_magazine_scarce();
            }
        }
        void *block = from_anywhere(alignment, size);
        if (block != NULL) {
            return block;
        }
    }
    (void)osh_fetch_add(&failures, 1); /* a statistic */
    return NULL;
}
