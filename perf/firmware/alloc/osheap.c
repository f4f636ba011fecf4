/* SPDX-License-Identifier: Apache-2.0 */
/* This library, with a look at its lists before a call. With a second region if the build says so:
 * REGIONS 1, it is there; 2, the blocks are from it. */
#include "alloc.h"
#include "arch.h"
#include "lines.h"
#include "os/os_heap.h"
#include "os/os_heap_port.h"
#include "osh_arena.h"
#include "osh_class.h"

#ifndef REGIONS
#define REGIONS 0
#endif
#define SECOND_BYTES ((size_t)64 * 1024) /* what storm.c leaves behind the first */
#define SECOND_CAPS (REGIONS == 2 ? OS_HEAP_CAP_DMA : OS_HEAP_CAP_DEFAULT)

#if REGIONS == 2
static void *from_the_second(size_t size)
{
    return os_malloc_in(OS_HEAP_CAP_DMA, size);
}
void *(*const alloc_malloc)(size_t size) = from_the_second;
#else
void *(*const alloc_malloc)(size_t size) = os_malloc;
#endif
void (*const alloc_free)(void *block) = os_free;
void *(*const alloc_realloc)(void *block, size_t size) = os_realloc;

static unsigned length(unsigned cls)
{
    return osh_arch_peek(osh_arch_core(), OSH_ACTIVE, cls).count;
}

enum alloc_path alloc_malloc_path(size_t size)
{
    if (REGIONS == 2) {
        return ALLOC_ANY;
    }
    if (size > OSH_SLAB_MAX) {
        return ALLOC_LARGE;
    }
    return size <= OSH_TABLE_MAX && length(osh_class_of(size)) > 0 ? ALLOC_HIT : ALLOC_MISS;
}

enum alloc_path alloc_free_path(const void *block)
{
    if (!osh_arena_holds(block)) {
        return ALLOC_ANY;
    }
    unsigned cls = osh_arena.page_class[osh_arena_page(block)];
    if (cls == 0) {
        return ALLOC_LARGE;
    }
    return length(cls) < osh_class_limit(cls) ? ALLOC_HIT : ALLOC_MISS;
}

void alloc_region(char *region, size_t bytes)
{
    (void)os_heap_init(region, bytes);
#if REGIONS > 0
    if (os_heap_add_region(region + bytes, SECOND_BYTES, SECOND_CAPS) != 0) {
        line_die("no second region of bytes", (uint32_t)SECOND_BYTES);
    }
#endif
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
