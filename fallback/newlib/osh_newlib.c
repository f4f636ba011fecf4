/* SPDX-License-Identifier: Apache-2.0 */
/*
 * newlib's mallocr.c, taken from the newlib-source package at build time and
 * compiled here under names of our own, over the arena's sbrk. Being in its
 * translation unit lets us reset it and walk its chunks.
 */
#include "osh_newlib.h"

#include "osh_arena.h"
#include "osh_arena_open.h"
#include "osh_class.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* newlib refuses sizes above INT_MAX; on 64-bit a block may be larger. */
#undef INT_MAX
#define INT_MAX LONG_MAX

/* Only malloc_stats prints, which nobody calls: no reason to link stdio. */
#undef fprintf
#define fprintf(...) ((void)0)

#define HAVE_MMAP 0
#define MORECORE osh_arena_sbrk
#define MORECORE_CLEARS 0
#define malloc_getpagesize OSH_PAGE_BYTES
#define DEFAULT_TRIM_THRESHOLD ((unsigned long)(OSH_TRIM_BYTES))

#define malloc osh_mallocr_malloc
#define free osh_mallocr_free
#define realloc osh_mallocr_realloc
#define calloc osh_mallocr_calloc
#define cfree osh_mallocr_cfree
#define memalign osh_mallocr_memalign
#define valloc osh_mallocr_valloc
#define pvalloc osh_mallocr_pvalloc
#define mallinfo osh_mallocr_mallinfo
#define malloc_stats osh_mallocr_stats
#define malloc_trim osh_mallocr_trim
#define malloc_usable_size osh_mallocr_usable_size
#define mallopt osh_mallocr_mallopt

#include "newlib_mallocr.h"

void *osh_newlib_malloc(size_t size)
{
    return osh_mallocr_malloc(size);
}

void *osh_newlib_memalign(size_t alignment, size_t size)
{
    return osh_mallocr_memalign(alignment, size);
}

void osh_newlib_free(void *block)
{
    osh_mallocr_free(block);
}

OSH_NO_TSAN size_t osh_newlib_usable(const void *block)
{
    /* In use, so the next chunk's first word is the block's too. The low bits
     * may change under us when a neighbour is freed; the size does not. */
    const volatile struct malloc_chunk *chunk = mem2chunk(block);
    return (chunk->size & ~(size_t)(PREV_INUSE | IS_MMAPPED)) - SIZE_SZ;
}

/* Are all of these bytes newlib's? Those between its pages it never counts in. */
static bool ours(uintptr_t start, size_t bytes)
{
    return osh_arena_holds((void *)start) && bytes <= osh_arena_address(osh_arena.pages) - start &&
           osh_arena_is_newlib(osh_arena_page((void *)start)) &&
           osh_arena_is_newlib(osh_arena_page((void *)(start + bytes - 1)));
}

OSH_NO_TSAN bool osh_newlib_sound(const void *block)
{
    const volatile struct malloc_chunk *chunk = mem2chunk(block);
    if (OSH_ARCH_OPENS && !ours((uintptr_t)chunk, SIZE_SZ)) {
        return false; /* what is before a segment may be closed */
    }
    size_t head = chunk->size;
    size_t size = head & ~(size_t)(PREV_INUSE | IS_MMAPPED);
    return (head & IS_MMAPPED) == 0 && (size & MALLOC_ALIGN_MASK) == 0 && size >= MINSIZE &&
           ours((uintptr_t)chunk, size + SIZE_SZ);
}

/* What is left of a top too short for a chunk when newlib's heap goes on elsewhere:
 * two words that are nobody's, in front of the fenceposts. */
static bool is_stub(mchunkptr chunk, size_t size, size_t room)
{
    return size == 2 * SIZE_SZ && size < MINSIZE && room >= 2 * size &&
           chunk_at_offset(chunk, size)->size == (SIZE_SZ | PREV_INUSE);
}

enum os_heap_misuse osh_newlib_fault(const void *block)
{
    mchunkptr chunk = mem2chunk(block);
    if (!osh_newlib_sound(block)) {
        return OS_HEAP_BAD_HEADER;
    }
    /* What was merged into the top, or before it, has no neighbour any more. */
    bool below_top = (uintptr_t)chunk < (uintptr_t)top;
    if (chunk == top || (!below_top && (uintptr_t)chunk < (uintptr_t)top + chunksize(top))) {
        return OS_HEAP_FREED_TWICE;
    }
    mchunkptr next = chunk_at_offset(chunk, chunksize(chunk));
    if (below_top && (uintptr_t)next > (uintptr_t)top) {
        return OS_HEAP_BAD_HEADER;
    }
    if (!prev_inuse(next)) {
        /* A free chunk's size is repeated at its end. */
        return next->prev_size == chunksize(chunk) ? OS_HEAP_FREED_TWICE : OS_HEAP_BAD_HEADER;
    }
    size_t behind = chunksize(next);
    bool stub = ours((uintptr_t)next, 4 * SIZE_SZ) && is_stub(next, behind, 4 * SIZE_SZ);
    if (behind != SIZE_SZ && !stub && /* SIZE_SZ: a fencepost */
        ((behind & MALLOC_ALIGN_MASK) != 0 || behind < MINSIZE || !ours((uintptr_t)next, behind))) {
        return OS_HEAP_BAD_HEADER;
    }
    if (!prev_inuse(chunk)) {
        size_t before = chunk->prev_size;
        if ((before & MALLOC_ALIGN_MASK) != 0 || before < MINSIZE ||
            before > (uintptr_t)chunk - osh_arena.base ||
            chunksize(chunk_at_offset(chunk, -(ptrdiff_t)before)) != before) {
            return OS_HEAP_BAD_HEADER;
        }
    }
    return 0;
}

void osh_newlib_trim(void)
{
    (void)osh_mallocr_trim(0);
}

/* What newlib's realloc does without moving, and what it could: the top may grow.
 * The part that copies is better done without the mutex. */
static bool extend(mchunkptr chunk, size_t want)
{
    mchunkptr next = chunk_at_offset(chunk, chunksize(chunk));
    size_t have = chunksize(chunk) + chunksize(next);
    if (next == top) {
        if (have < want + MINSIZE) {
            size_t more = (want + MINSIZE - have + OSH_PAGE_BYTES - 1) & ~(OSH_PAGE_BYTES - 1);
            if ((uintptr_t)chunk + have != osh_arena.brk || !osh_arena_extend_break(more)) {
                return false;
            }
            sbrked_mem += more;
            have += more;
        }
        set_head_size(chunk, want);
        top = chunk_at_offset(chunk, want);
        set_head(top, (have - want) | PREV_INUSE);
        return true;
    }
    if (inuse(next) || have < want) {
        return false;
    }
    mchunkptr behind, ahead;
    unlink(next, behind, ahead);
    set_head_size(chunk, have);
    set_inuse_bit_at_offset(chunk, have);
    return true;
}

/* By newlib's realloc, which copies under the mutex when it moves, and what it could
 * before it says no: the top may grow. */
static void *resize_by_realloc(void *block, size_t size)
{
    void *resized = osh_mallocr_realloc(block, size);
    if (resized == NULL) {
        mchunkptr chunk = mem2chunk(block);
        size_t have = chunksize(chunk);
        if (chunk_at_offset(chunk, have) == top) {
            osh_arena.stays = true;
            malloc_extend_top(size + MINSIZE - have - chunksize(top));
            osh_arena.stays = false;
            resized = osh_mallocr_realloc(block, size);
        }
    }
    return resized;
}

/* newlib's realloc cuts in place, so asking it for less than there is never moves. */
void *osh_newlib_resize(void *block, size_t size)
{
    if (OSH_SMALL_CODE && OSH_HARDENING < 2 && OSH_ALIGN <= MALLOC_ALIGNMENT) {
        return resize_by_realloc(block, size);
    }
    mchunkptr chunk = mem2chunk(block);
    size_t want = request2size(size);
    if (want > chunksize(chunk) && !extend(chunk, want)) {
        return NULL;
    }
    return osh_mallocr_realloc(block, size);
}

void osh_newlib_reset(void)
{
    for (int i = 0; i < NAV; i++) {
        bin_at(i)->fd = bin_at(i)->bk = bin_at(i);
    }
    av_[0] = av_[1] = 0; /* binblocks, and the size of the initial top */
    sbrk_base = (char *)(-1);
    if (!OSH_SMALL_CODE) { /* statistics of newlib's, which nobody asks for */
        memset(&current_mallinfo, 0, sizeof(current_mallinfo));
    }
}

#include "osh_newlib_walk.h"
