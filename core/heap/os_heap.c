/* SPDX-License-Identifier: Apache-2.0 */
/* os_malloc and os_free: dispatch by size, and by address. */
#include "os/os_heap.h"

#include "arch.h"
#include "osh_arena.h"
#include "osh_brink.h"
#include "osh_exhaust.h"
#include "osh_fallback.h"
#include "osh_find.h"
#include "osh_guard.h"
#include "osh_harden.h"
#include "osh_heap.h"
#include "osh_heap_guard.h"
#include "osh_hit.h"
#include "osh_magazine.h"
#include "osh_regions.h"
#include "osh_report.h"
#include "osh_start.h"
#include "osh_try.h"

OSH_PUBLIC void *os_malloc(size_t size)
{
    if (OSH_FAST_PATHS && OSH_LIKELY(OSH_ARCH_IS_FAST(size))) {
        unsigned cls = OSH_ARCH_CLASS_OF(size);
        void *block = osh_arch_pop(cls);
        if (OSH_LIKELY(block != NULL)) {
            return block;
        }
        return osh_malloc_slow(OSH_ARCH_ASKED(size, cls), NULL);
    }
    return osh_malloc_slow(size, OSH_HARDENING >= 2 ? OSH_CALLER : NULL);
}

OSH_PUBLIC OSH_FREE_WEAK void os_free(void *ptr)
{
    if (!osh_hit_free(ptr)) {
        osh_free_missed(ptr);
    }
}

/* osh_heap_try(), and if the process grew by that, a look at what is cached. */
static void *try_and_age(size_t alignment, size_t size)
{
#if OSH_ARCH_DECOMMITS
    size_t before = osh_arena_committed_pages();
    void *block = osh_heap_try(alignment, size);
    if (OSH_UNLIKELY(osh_arena_committed_pages() > before)) {
        osh_magazine_age(osh_heap_class_for(alignment, size));
    }
    return block;
#else
    return osh_heap_try(alignment, size);
#endif
}

static inline void *get_far(size_t alignment, size_t size, uint32_t caps)
{
    void *block = NULL;
    if (size > OSH_SLAB_MAX && OSH_LIKELY(alignment <= OSH_ALIGN)) {
        block = osh_fallback_kept(size);
    }
    if (block == NULL) {
        block = try_and_age(alignment, size);
    }
    return OSH_LIKELY(block != NULL) ? block : osh_heap_last_resort(alignment, size, caps);
}

/* The heap has not started, or the word has just changed. In a build for size: every call. */
OSH_APART void *get_near(size_t alignment, size_t size, uint32_t caps)
{
    if (!osh_heap_started()) {
        OSH_ARCH_REFUSED();
        return NULL;
    }
    return get_far(alignment, size, caps);
}

static inline void *get(size_t alignment, size_t size, uint32_t caps)
{
    osh_word_t now = osh_brink_now();
    if (OSH_LIKELY(now == OSH_BRINK_FAR)) {
        return get_far(alignment, size, caps);
    }
    if (osh_brink_says_no(now, size) && osh_regions() == NULL) {
        return osh_heap_refused(); /* as osh_heap_at_brink() would, but sooner */
    }
    return osh_brink_is_out() ? osh_heap_at_brink(alignment, size, caps)
                              : get_near(alignment, size, caps);
}

void *osh_heap_get(size_t alignment, size_t size, uint32_t caps)
{
    return get(alignment, size, caps);
}

OSH_NOINLINE void *osh_malloc_slow(size_t size, const void *caller)
{
    /* Where os_malloc itself tries small sizes only. */
    if (OSH_FAST_PATHS && OSH_VIRTUAL && size > OSH_TABLE_MAX && size <= OSH_SLAB_MAX &&
        osh_brink_now() == OSH_BRINK_FAR) {
        void *hit = osh_arch_pop_slow(osh_class_of(size));
        if (OSH_LIKELY(hit != NULL)) {
            return hit;
        }
    }
    void *block = get(OSH_ALIGN_LEAST, osh_guard_padded(size), OS_HEAP_CAP_DEFAULT);
    return OSH_HARDENING >= 2 ? osh_heap_sealed(block, size, caller) : block;
}

/* Could a large block begin at `ptr`? Its seal then decides. */
static bool may_be_large(const void *ptr)
{
    return osh_arena_holds(ptr) && (uintptr_t)ptr % OSH_ALIGN == 0 &&
           osh_load_byte(&osh_arena.page_class[osh_arena_page(ptr)]) == 0;
}

/* os_free jumps here, so that OSH_CALLER is os_free's caller and os_free need not save it. */
OSH_NOINLINE void osh_free_missed(void *ptr)
{
    osh_free_slow(ptr, OSH_CALLER);
}

void osh_free_slow(void *ptr, const void *caller)
{
    if (ptr == NULL) {
        return;
    }
    if (OSH_HARDENING == 1 && may_be_large(ptr) && osh_fallback_free(ptr, caller)) {
        return;
    }
    unsigned cls = osh_heap_class_at(ptr, caller);
    if (cls == OSH_NO_CLASS) {
        return;
    }
    if (OSH_HARDENING >= 2) {
        osh_heap_free_guarded(cls, ptr, caller);
    } else if (OSH_UNLIKELY(cls == OSH_ELSEWHERE)) {
        osh_regions()->free(ptr, caller);
    } else if (cls == 0) {
        (void)osh_fallback_free(ptr, caller);
    } else {
        osh_magazine_put(cls, ptr);
    }
}

OSH_PUBLIC size_t os_malloc_usable_size(const void *ptr)
{
    if (ptr == NULL) {
        return 0;
    }
    unsigned cls = osh_heap_class_at(ptr, OSH_CALLER);
    size_t size;
    return cls != OSH_NO_CLASS && osh_heap_is_sound(cls, ptr, &size, OSH_CALLER) ? size : 0;
}
