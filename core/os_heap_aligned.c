/* SPDX-License-Identifier: Apache-2.0 */
/* os_aligned_alloc: a slab begins at a page, so up to a page's size every object
 * of a class whose size is a multiple of the alignment is aligned by itself. */
#include "os/os_heap.h"
#include "osh_fallback.h"
#include "osh_heap.h"
#include "osh_magazine.h"

/* The smallest class that holds `size` bytes at that alignment, 0 if none. */
static unsigned aligned_class(size_t alignment, size_t size)
{
    if (alignment > OSH_PAGE_BYTES || size > OSH_SLAB_MAX) {
        return 0;
    }
    size_t rounded = ((size != 0 ? size : 1) + alignment - 1) & ~(alignment - 1);
    /* The class of a multiple of the alignment is one, too: within a doubling
     * classes are multiples of one step, and either the alignment divides the
     * step or the size is a class itself. */
    return rounded <= OSH_SLAB_MAX ? osh_class_of(rounded) : 0;
}

OSH_PUBLIC void *os_aligned_alloc(size_t alignment, size_t size)
{
    if (alignment == 0 || (alignment & (alignment - 1)) != 0 || size > SIZE_MAX / 2 ||
        alignment > SIZE_MAX / 4) {
        return NULL;
    }
    if (alignment <= OSH_BLOCK_MIN || (alignment <= OSH_ALIGN && size > OSH_BLOCK_MIN)) {
        return os_malloc(size);
    }
    if (!osh_heap_started()) {
        return NULL;
    }
    unsigned cls = aligned_class(alignment, size);
    void *block = cls != 0 ? osh_magazine_get(cls) : osh_fallback_memalign(alignment, size);
    return block != NULL ? block : osh_heap_last_resort(alignment, size, cls);
}
