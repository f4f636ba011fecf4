/* SPDX-License-Identifier: Apache-2.0 */
/* os_realloc, os_reallocarray and os_calloc. */
#include "arch.h"
#include "os/os_heap.h"
#include "osh_arena.h"
#include "osh_exhaust.h"
#include "osh_fallback.h"
#include "osh_find.h"
#include "osh_guard.h"
#include "osh_heap.h"
#include "osh_heap_guard.h"
#include "osh_regions.h"
#include "osh_report.h"
#include "osh_row.h"
#include "osh_slab_open.h"
#include "osh_start.h"
#include "osh_tools.h"
#include "osh_try.h"

#include <string.h>

/* Copies a block's contents into `moved` and frees the old block. If `moved` is NULL, the old block
 * is untouched. */
static void *move(void *ptr, size_t old_bytes, void *moved, size_t size)
{
    if (moved != NULL) {
        osh_tools_open(ptr, old_bytes);
        osh_tools_open(moved, size);
        memcpy(moved, ptr, old_bytes < size ? old_bytes : size);
        os_free(ptr);
    }
    return moved;
}

static void *resize(void *ptr, unsigned cls, size_t size)
{
    size_t bytes = osh_heap_block_bytes(cls, ptr);
    bool fits = size <= bytes;
    if (OSH_UNLIKELY(cls == OSH_ELSEWHERE)) {
        void *resized = osh_regions()->resize(ptr, size);
        return resized == ptr ? ptr : move(ptr, bytes, resized, size);
    }
    if (cls != 0) {
        if (fits && (size >= bytes / 2 || cls == 1)) {
            return ptr;
        }
        if (!fits && OSH_HARDENING < 2 && !OSH_SMALL_CODE && osh_regions() == NULL) {
            return move(ptr, bytes, os_malloc(size), size); /* os_malloc may take the fast path */
        }
    } else if (size > osh_slab_open_bytes() / 2) {
        /* The block moves to a slab only if the size is well below the boundary. So a size that
         * goes up and down around the boundary does not move the block each time. */
        void *resized = osh_fallback_resize(ptr, size);
        if (resized != NULL || fits) {
            return resized != NULL ? resized : ptr;
        }
    }
    void *moved = size > OSH_SLAB_MAX ? osh_fallback_kept(size) : NULL;
    moved = moved != NULL ? moved : osh_heap_try(OSH_ALIGN_LEAST, size);
    if (moved == NULL && fits) {
        /* The block stays in place, because no smaller one is free. */
        osh_heap_note_odd_size();
        if (cls == 0) {
            (void)osh_fallback_resize(ptr, size); /* to a smaller size: never moves */
        }
        return ptr;
    }
    if (!OSH_SMALL_CODE && moved == NULL && cls == 0) {
        moved = osh_regions_get(OSH_ALIGN_LEAST, size, OSH_CAPS_OF_FIRST);
    }
    if (moved == NULL && cls == 0 && osh_arena_spans(size)) {
        osh_heap_reclaim();
        void *resized = osh_fallback_resize(ptr, size);
        if (resized != NULL) {
            return resized;
        }
    }
    if (moved == NULL) {
        moved = osh_heap_last_resort(OSH_ALIGN_LEAST, size, OSH_CAPS_OF_FIRST);
    }
    return move(ptr, bytes, moved, size);
}

OSH_PUBLIC void *os_realloc(void *ptr, size_t size)
{
    if (ptr == NULL) {
        return OSH_HARDENING >= 2 ? osh_malloc_slow(size, OSH_CALLER) : os_malloc(size);
    }
    if (size == 0) {
        os_free(ptr);
        return NULL;
    }
    unsigned cls = osh_heap_class_at(ptr, OSH_CALLER);
    size_t old;
    if (cls == OSH_NO_CLASS ||
        (OSH_HARDENING >= 2 && !osh_heap_is_sound(cls, ptr, &old, OSH_CALLER))) {
        return NULL;
    }
    size_t padded = osh_guard_padded(size);
    return osh_heap_sealed(resize(ptr, cls, padded), size, OSH_CALLER);
}

OSH_PUBLIC void *os_reallocarray(void *ptr, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        return NULL;
    }
    return os_realloc(ptr, bytes);
}

OSH_PUBLIC void *os_calloc(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        return NULL;
    }
    /* A row clears only what needs it. At level 2 a block has a record. os_malloc starts the heap,
     * so what this core sees of a heap that another is starting is not used. */
    void *block = NULL;
    if (OSH_ROW_LEAST > 0 && OSH_HARDENING < 2 && osh_heap_has_started()) {
        block = osh_row_get(OSH_ALIGN, bytes, true);
    }
    if (block != NULL) {
        return block;
    }
    block = OSH_HARDENING >= 2 ? osh_malloc_slow(bytes, OSH_CALLER) : os_malloc(bytes);
    if (block != NULL) {
        memset(block, 0, bytes);
    }
    return block;
}
