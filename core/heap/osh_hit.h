/* SPDX-License-Identifier: Apache-2.0 */
/* os_free on a hit. */
#ifndef OSH_HIT_H
#define OSH_HIT_H

#include "arch.h"
#include "osh_arena.h"
#include "osh_harden.h"
#include "osh_hot.h"

#include <stdbool.h>

/* At level 2, and in a build for size, every call takes the slow paths. */
#define OSH_FAST_PATHS (OSH_HARDENING < 2 && !OSH_SMALL_CODE)

/* Level 0 on firmware: the hit takes the address as an index of the first region's tables, so it
 * must not meet an address outside. A program that adds regions links another os_free, which
 * compares first (os_heap_regions.c). */
#ifdef OSH_ARCH_FIND
#define OSH_FREE_TRUSTS OSH_FAST_PATHS
#define OSH_FREE_WEAK __attribute__((weak))
#else
#define OSH_FREE_TRUSTS 0
#define OSH_FREE_WEAK
#endif

/* In one translation unit there is one os_free: it compares if the program says that it adds
 * regions. */
#ifndef OSH_ADDS_REGIONS
#define OSH_ADDS_REGIONS 0
#endif

/* Of `room` free bytes, the most that os_malloc can be asked for: after a miss on firmware it asks
 * for all bytes of the size's class. */
static inline size_t osh_hit_room(size_t room)
{
    if (!OSH_FAST_PATHS || !OSH_ARCH_IS_FAST(room) || room == 0) {
        return room;
    }
    unsigned cls = osh_class_of(room);
    size_t asked = OSH_ARCH_ASKED(room, cls);
    return asked <= room ? room : cls > 1 ? osh_class_bytes(cls - 1) : 0;
}

/* The newlib heap's pages have class 0, and the list of class 0 refuses every push. */
OSH_INLINE bool osh_hit_free(void *ptr)
{
    unsigned cls = 0;
    return OSH_FAST_PATHS && (!OSH_ADDS_REGIONS || OSH_LIKELY(osh_arena_holds(ptr))) &&
           OSH_LIKELY(osh_arch_find(ptr, &cls)) &&
           osh_harden_is_start(OSH_ARCH_STARTS, cls, (uintptr_t)ptr - osh_hot.base) &&
           OSH_LIKELY(osh_arch_push(cls, ptr));
}

#endif
