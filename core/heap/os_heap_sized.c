/* SPDX-License-Identifier: Apache-2.0 */
/* os_free_sized: checks the size against the block. */
#include "arch.h"
#include "os/os_heap.h"
#include "osh_find.h"
#include "osh_heap.h"
#include "osh_heap_guard.h"
#include "osh_regions.h"
#include "osh_report.h"
#include "osh_slab_open.h"
#include "osh_try.h"

/* Could os_malloc or os_realloc have given such a block for `size`? It may be of the size's class,
 * of a class that the size borrows from, of a class in which a shrinking resize stays, or large. */
static bool fits(unsigned cls, const void *ptr, size_t bytes, size_t size)
{
    if (cls == OSH_ELSEWHERE) {
        return osh_regions()->suits(ptr, size);
    }
    if (size > bytes) {
        return false;
    }
    size_t least = cls != 0 ? bytes / 2 : osh_slab_open_bytes() / 2 + 1;
    return size >= least || osh_heap_has_odd_sizes() ||
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
        bool right = OSH_HARDENING >= 2 ? size == bytes : fits(cls, ptr, bytes, size);
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
