/* SPDX-License-Identifier: Apache-2.0 */
/* This library, with a look at its lists before a call. */
#include "alloc.h"
#include "arch.h"
#include "os/os_heap.h"
#include "os/os_heap_port.h"
#include "osh_arena.h"
#include "osh_class.h"

void *(*const alloc_malloc)(size_t size) = os_malloc;
void (*const alloc_free)(void *block) = os_free;
void *(*const alloc_realloc)(void *block, size_t size) = os_realloc;

static unsigned length(unsigned cls)
{
    return osh_arch_peek(osh_arch_core(), OSH_ACTIVE, cls).count;
}

enum alloc_path alloc_malloc_path(size_t size)
{
    if (size > OSH_SLAB_MAX) {
        return ALLOC_LARGE;
    }
    return size <= OSH_TABLE_MAX && length(osh_class_of(size)) > 0 ? ALLOC_HIT : ALLOC_MISS;
}

enum alloc_path alloc_free_path(const void *block)
{
    unsigned cls = osh_arena.page_class[osh_arena_page(block)];
    if (cls == 0) {
        return ALLOC_LARGE;
    }
    return length(cls) < osh_class_limit(cls) ? ALLOC_HIT : ALLOC_MISS;
}

void alloc_region(char *region, size_t bytes)
{
    (void)os_heap_init(region, bytes);
}

extern const struct scenario storm_calls;
const struct scenario *const alloc_scenarios[] = {&storm_calls, NULL};

void alloc_interrupt(bool begins)
{
    (begins ? os_heap_interrupt_enter : os_heap_interrupt_leave)();
}

const char *alloc_check(void)
{
    return os_heap_check();
}
