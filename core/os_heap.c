/* SPDX-License-Identifier: Apache-2.0 */
/* os_malloc and os_free: dispatch by size, and by address. */
#include "os/os_heap.h"

#include "arch.h"
#include "osh_fallback.h"
#include "osh_heap.h"
#include "osh_magazine.h"

OSH_PUBLIC void *os_malloc(size_t size)
{
    if (OSH_LIKELY(size < OSH_ARCH_FAST_SIZES)) {
        unsigned cls = OSH_ARCH_CLASS_OF(size);
        void *block = osh_arch_pop(cls);
        if (OSH_LIKELY(block != NULL)) {
            return block;
        }
        return osh_malloc_slow(OSH_ARCH_ASKED(size, cls));
    }
    return osh_malloc_slow(size);
}

OSH_PUBLIC void os_free(void *ptr)
{
    unsigned cls;
    /* The newlib heap's pages have class 0, whose list takes nothing. */
    if (OSH_LIKELY(osh_arch_find(ptr, &cls)) && OSH_LIKELY(osh_arch_push(cls, ptr))) {
        return;
    }
    osh_free_slow(ptr);
}

unsigned osh_heap_class_for(size_t alignment, size_t size)
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

void *osh_heap_try(size_t alignment, size_t size)
{
    unsigned cls = osh_heap_class_for(alignment, size);
    return cls != 0 ? osh_magazine_get(cls) : osh_fallback_memalign(alignment, size, false);
}

void *osh_heap_get(size_t alignment, size_t size)
{
    if (!osh_heap_started()) {
        return NULL;
    }
    void *block = osh_heap_try(alignment, size);
    return OSH_LIKELY(block != NULL) ? block : osh_heap_last_resort(alignment, size);
}

OSH_NOINLINE void *osh_malloc_slow(size_t size)
{
    return osh_heap_get(OSH_BLOCK_MIN, size);
}

OSH_NOINLINE void osh_free_slow(void *ptr)
{
    if (ptr == NULL) {
        return;
    }
    unsigned cls = osh_heap_class_at(ptr);
    if (cls != 0) {
        osh_magazine_put(cls, ptr);
    } else {
        osh_fallback_free(ptr);
    }
}

unsigned osh_heap_class_at(const void *ptr)
{
    if (OSH_UNLIKELY(!osh_arena_holds(ptr))) {
        osh_arch_fail("the pointer is not of this heap", ptr);
    }
    /* The byte was set before any block of its page was handed out, and whoever
     * gave us the block has ordered that before us. */
    size_t page = osh_arena_page(ptr);
    unsigned cls = osh_load_byte(&osh_arena.page_class[page]);
    if (OSH_UNLIKELY(cls == 0 && !osh_arena_is_newlib(page))) {
        osh_arch_fail("the pointer is in a page that holds no blocks: freed already?", ptr);
    }
    return cls;
}

OSH_PUBLIC void os_free_sized(void *ptr, size_t size)
{
    (void)size; /* a hint: the address tells all that is needed */
    os_free(ptr);
}

OSH_PUBLIC size_t os_malloc_usable_size(const void *ptr)
{
    if (ptr == NULL) {
        return 0;
    }
    unsigned cls = osh_heap_class_at(ptr);
    return cls != 0 ? osh_class_bytes(cls) : osh_fallback_usable(ptr);
}
