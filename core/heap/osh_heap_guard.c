/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_heap_guard.h"

#include "osh_arena.h"
#include "osh_brink.h"
#include "osh_core_list.h"
#include "osh_fallback.h"
#include "osh_guard.h"
#include "osh_magazine.h"
#include "osh_quarantine.h"
#include "osh_regions.h"
#include "osh_report.h"
#include "osh_slab.h"
#include "osh_tools.h"

size_t osh_heap_block_bytes(unsigned cls, const void *block)
{
    if (OSH_UNLIKELY(cls == OSH_ELSEWHERE)) {
        return osh_regions()->usable(block);
    }
    return cls != 0 ? osh_class_bytes(cls) : osh_fallback_usable(block);
}

/* The class of a block that the heap holds. It cannot change while the heap holds the block. */
static unsigned class_of_own(const void *block)
{
    return osh_arena_holds(block) ? osh_load_byte(&osh_arena.page_class[osh_arena_page(block)])
                                  : OSH_ELSEWHERE;
}

bool osh_heap_is_sound(unsigned cls, const void *block, size_t *size, const void *caller)
{
    size_t bytes = osh_heap_block_bytes(cls, block);
    enum os_heap_misuse misuse = 0;
    *size = bytes;
    if (OSH_HARDENING >= 2) {
        size_t record = OSH_TRAILER_BYTES; /* a damaged header may give too few bytes */
        misuse = bytes < record ? OS_HEAP_BAD_HEADER : osh_guard_opened(block, bytes, size);
        /* The bit is certain, but only set if the block is back in its slab. For a block in a list
         * or the depot the pattern gives the suspicion, and the search of the lists confirms it. */
        if (cls != 0 && cls != OSH_ELSEWHERE &&
            (osh_slab_object_is_free(cls, block) ||
             (osh_guard_looks_free(block, bytes) && osh_core_lists_hold(cls, block)))) {
            misuse = OS_HEAP_FREED_TWICE;
        }
    }
    if (OSH_UNLIKELY(misuse != 0)) {
        osh_report(misuse, block, caller);
    }
    return misuse == 0;
}

void *osh_heap_sealed(void *block, size_t size, const void *caller)
{
    if (OSH_HARDENING >= 2 && block != NULL) {
        size_t bytes = osh_heap_block_bytes(class_of_own(block), block);
        osh_tools_open(block, bytes);
        osh_guard_seal(block, bytes, size, caller);
        osh_tools_live(block, size, bytes);
    }
    return block;
}

/* Gives a block back to slabs or newlib. `caller` is for the report. */
static void hand_back(unsigned cls, void *block, const void *caller)
{
    if (cls == OSH_ELSEWHERE) {
        osh_regions()->free(block, caller);
    } else if (cls != 0) {
        osh_magazine_put(cls, block);
    } else if (OSH_UNLIKELY(!osh_fallback_free(block, caller))) {
        osh_report(osh_fallback_fault(block), block, caller);
    }
}

/* Frees a block that was in quarantine, unless somebody has written to it there. */
static void leave_quarantine(void *block)
{
    unsigned cls = class_of_own(block);
    if (OSH_UNLIKELY(
            !osh_guard_is_filled(block, 0, osh_guard_words(osh_heap_block_bytes(cls, block))))) {
        osh_report(OS_HEAP_USED_AFTER_FREE, block, NULL);
        return;
    }
    hand_back(cls, block, NULL);
}

void osh_heap_free_guarded(unsigned cls, void *block, const void *caller)
{
    size_t size;
    if (!osh_heap_is_sound(cls, block, &size, caller)) {
        return;
    }
    size_t bytes = osh_heap_block_bytes(cls, block);
    osh_guard_note_free(block, bytes, caller);
    osh_guard_fill(block, 0, osh_guard_words(bytes));
    osh_tools_free(block, bytes);
    if (bytes <= OSH_QUARANTINE_MAX) {
        block = osh_quarantine_exchange(block);
        osh_fence_atomic_load(); /* in, then look: pairs with osh_brink_look() */
        osh_brink_came_free();   /* a reclaim ends the quarantine */
        if (block != NULL) {
            leave_quarantine(block);
        }
        return;
    }
    hand_back(cls, block, caller);
}

void osh_heap_end_quarantine(void)
{
    void *block;
    while ((block = osh_quarantine_take()) != NULL) {
        leave_quarantine(block);
    }
}

void osh_heap_quarantined(size_t *slabs, size_t *newlib, size_t *elsewhere)
{
    *slabs = *newlib = *elsewhere = 0;
    for (unsigned slot = 0; slot < OSH_QUARANTINE_BLOCKS; slot++) {
        const void *block = osh_quarantine_peek(slot);
        if (block != NULL) {
            unsigned cls = class_of_own(block);
            *(cls == OSH_ELSEWHERE ? elsewhere
              : cls != 0           ? slabs
                                   : newlib) += osh_heap_block_bytes(cls, block);
        }
    }
}
