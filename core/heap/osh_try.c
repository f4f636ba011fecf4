/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_try.h"

#include "osh_class.h"
#include "osh_fallback.h"
#include "osh_magazine.h"
#include "osh_slab_open.h"

/* 1 after a block much larger than its size was handed out or stayed in place, which happens only
 * when memory is short. From then on a small size for a large block proves no misuse. */
static osh_word_t odd_sizes;

void osh_heap_note_odd_size(void)
{
    if (OSH_HARDENING > 0) {
        osh_store(&odd_sizes, 1); /* whoever is given the block observes this with it */
    }
}

bool osh_heap_has_odd_sizes(void)
{
    return osh_load(&odd_sizes) != 0; /* who was given such a block observes it */
}

unsigned osh_heap_class_for(size_t alignment, size_t size)
{
    if (size < alignment) {
        size = alignment; /* 0 as well */
    }
    if (size > OSH_SLAB_MAX || (OSH_RUN_LOG2 > 0 && alignment > OSH_PAGE_BYTES)) {
        return 0;
    }
    size_t rounded = (size + alignment - 1) & ~(alignment - 1);
    /* The class of a multiple of the alignment is one, too: within a doubling
     * classes are multiples of one step, and either the alignment divides the
     * step or the size is a class itself. */
    return OSH_IS_POWER(OSH_SLAB_MAX) || rounded <= OSH_SLAB_MAX ? osh_class_of(rounded) : 0;
}

void *osh_heap_try(size_t alignment, size_t size)
{
    unsigned cls = osh_heap_class_for(alignment, size);
    bool open = cls != 0 && osh_slab_opens(cls);
    void *block = NULL;
    if (cls != 0) {
        if (!open && alignment <= OSH_ALIGN) {
            block = osh_fallback_kept(size);
        }
        block = block != NULL ? block : osh_magazine_get(cls, open ? alignment : 0);
    }
    if (block == NULL && !open) {
        block = osh_fallback_memalign(alignment, size);
        if (block == NULL && cls != 0) {
            block = osh_magazine_get(cls, alignment); /* newlib's heap is full, or in use */
        }
    }
    return block;
}
