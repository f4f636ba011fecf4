/* SPDX-License-Identifier: Apache-2.0 */
/* os_aligned_alloc: a slab begins at a page, so up to a page's size every object
 * of a class whose size is a multiple of the alignment is aligned by itself. */
#include "os/os_heap.h"
#include "osh_class.h"
#include "osh_guard.h"
#include "osh_heap.h"
#include "osh_heap_guard.h"
#include "osh_report.h"

OSH_PUBLIC void *os_aligned_alloc(size_t alignment, size_t size)
{
    if (alignment == 0 || (alignment & (alignment - 1)) != 0) {
        return NULL;
    }
    if (!OSH_SMALL_CODE &&
        (alignment <= OSH_ALIGN_LEAST || (alignment <= OSH_ALIGN && size > OSH_ALIGN_LEAST))) {
        return OSH_HARDENING >= 2 ? osh_malloc_slow(size, OSH_CALLER) : os_malloc(size);
    }
    void *block = osh_heap_get(alignment, osh_guard_padded(size), OS_HEAP_CAP_DEFAULT);
    return osh_heap_sealed(block, size, OSH_CALLER);
}
