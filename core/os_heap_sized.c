/* SPDX-License-Identifier: Apache-2.0 */
/* os_free_sized: does the size go with the block? */
#include "arch.h"
#include "os/os_heap.h"
#include "osh_fallback.h"
#include "osh_heap.h"
#include "osh_heap_guard.h"
#include "osh_report.h"
#include "osh_slab_open.h"

/* Has a block ever been larger than its size called for? Only where memory was
 * short: then a size that is too small proves nothing. */
static osh_word_t odd_sizes;

void osh_heap_note_odd_size(void)
{
    if (OSH_HARDENING > 0) {
        osh_store(&odd_sizes, 1); /* seen by whoever was given the block */
    }
}

/* What os_malloc and os_realloc give for `size`: the class of the size or one it borrows from,
 * one that a shrinking resize stays in, or a large block. */
static bool fits(unsigned cls, size_t bytes, size_t size)
{
    if (size > bytes) {
        return false;
    }
    size_t least = cls != 0 ? bytes / 2 : osh_slab_open_bytes() / 2 + 1;
    return size >= least || osh_load(&odd_sizes) != 0 ||
           (cls != 0 && cls <= osh_slab_borrows_up_to(osh_class_of(size)));
}

OSH_PUBLIC void os_free_sized(void *ptr, size_t size)
{
    if (OSH_HARDENING > 0 && ptr != NULL) {
        unsigned cls = osh_heap_class_at(ptr, OSH_CALLER);
        if (cls == OSH_NO_CLASS) {
            return;
        }
        size_t bytes;
        if (!osh_heap_is_sound(cls, ptr, &bytes, OSH_CALLER)) {
            return;
        }
        bool right = OSH_HARDENING >= 3 ? size == bytes : fits(cls, bytes, size);
        if (OSH_UNLIKELY(!right)) {
            osh_report(OS_HEAP_WRONG_SIZE, ptr, OSH_CALLER);
            return;
        }
    }
    if (OSH_HARDENING >= 2) {
        osh_free_slow(ptr, OSH_CALLER);
    } else {
        os_free(ptr);
    }
}
