/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_find.h"

#include "osh_arena.h"
#include "osh_fallback.h"
#include "osh_harden.h"
#include "osh_regions.h"
#include "osh_report.h"

static bool sound(unsigned cls, const void *ptr)
{
    return cls != 0 ? osh_is_start(cls, (uintptr_t)ptr - osh_arena.base)
                    : (uintptr_t)ptr % OSH_ALIGN == 0;
}

unsigned osh_heap_class_at(const void *ptr, const void *caller)
{
    enum os_heap_misuse misuse = 0;
    if (OSH_UNLIKELY(!osh_arena_holds(ptr))) {
        misuse = osh_regions_fault(ptr);
        if (misuse == 0) {
            return OSH_ELSEWHERE;
        }
    } else {
        /* The byte was set before any block of its page was handed out. The program orders handing
         * the block over before this free. */
        size_t page = osh_arena_page(ptr);
        unsigned cls = osh_load_byte(&osh_arena.page_class[page]);
        if (OSH_UNLIKELY(cls == 0 && !osh_arena_is_large(page))) {
            misuse = OS_HEAP_NO_BLOCKS;
        } else if (OSH_HARDENING > 0 && OSH_UNLIKELY(!sound(cls, ptr))) {
            misuse = OS_HEAP_NOT_A_START;
        } else if (OSH_HARDENING > 0 && cls == 0) {
            misuse = osh_fallback_fault(ptr);
        }
        if (OSH_LIKELY(misuse == 0)) {
            return cls;
        }
    }
    osh_report(misuse, ptr, caller);
    return OSH_NO_CLASS;
}
