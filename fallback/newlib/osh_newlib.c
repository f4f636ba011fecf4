/* SPDX-License-Identifier: Apache-2.0 */
/*
 * newlib's mallocr.c, taken from the newlib-source package at build time and
 * compiled here under our own names, over the arena's sbrk. This file includes it, so that it can
 * reset newlib's heap and walk its chunks.
 */
#include "osh_newlib.h"

#include "osh_arena.h"
#include "osh_arena_open.h"
#include "osh_class.h"
#include "osh_seal.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* os_malloc sets no errno, and the C library's forms set it themselves (osh_libc.c): so this file
 * needs nothing of the C library that is in charge of errno. */
#undef errno
#define errno osh_mallocr_errno
static int errno;

/* newlib refuses sizes above INT_MAX; on 64-bit a block may be larger. */
#undef INT_MAX
#define INT_MAX LONG_MAX

/* Only malloc_stats prints, and nobody calls it. This avoids linking stdio. */
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

/* Makes the top long enough for a chunk of `want` bytes. It asks sbrk only for the missing bytes;
 * mallocr would ask for the whole chunk. */
static bool top_up(size_t want)
{
    size_t have = chunksize(top);
    size_t more = (want + MINSIZE - have + OSH_PAGE_BYTES - 1) & ~(OSH_PAGE_BYTES - 1);
    if (have >= want + MINSIZE || (uintptr_t)top + have != osh_arena.brk ||
        !osh_arena_extend_break(more)) {
        return false;
    }
    sbrked_mem += more;
    set_head(top, (have + more) | PREV_INUSE);
    return true;
}

void *osh_newlib_malloc(size_t size)
{
    void *block = osh_mallocr_malloc(size);
    return block != NULL || !top_up(request2size(size)) ? block : osh_mallocr_malloc(size);
}

void *osh_newlib_memalign(size_t alignment, size_t size)
{
    void *block = osh_mallocr_memalign(alignment, size);
    return block != NULL || !top_up(request2size(size) + alignment + MINSIZE)
               ? block
               : osh_mallocr_memalign(alignment, size);
}

void osh_newlib_free(void *block)
{
    osh_mallocr_free(block);
}

_Static_assert(OSH_NEWLIB_HEADER == 2 * SIZE_SZ && OSH_NEWLIB_LEAST == MINSIZE &&
                   OSH_NEWLIB_UNIT == MALLOC_ALIGNMENT && (PREV_INUSE | IS_MMAPPED) == 3,
               "mallocr.c has other headers than osh_newlib_block.h");

#define ours osh_arena_can_be_newlib

/* Could there be a chunk of `size` bytes at `chunk`? If so, its last word can be read. */
static bool is_possible(const volatile struct malloc_chunk *chunk, size_t size)
{
    return (size & MALLOC_ALIGN_MASK) == 0 && size >= MINSIZE &&
           ours((uintptr_t)chunk, size + SIZE_SZ);
}

/* The difference between the last word of a possible chunk and its seal; 0 for a live chunk. */
static OSH_NO_TSAN uintptr_t broken_seal(const volatile struct malloc_chunk *chunk, size_t size)
{
    const volatile struct malloc_chunk *next = chunk_at_offset((uintptr_t)chunk, size);
    return next->prev_size ^ osh_seal_of((const void *)next, size);
}

/* Is this the rest of a top that was too short for a chunk when newlib's heap continued elsewhere?
 * It is two unused words in front of the fenceposts. */
static bool is_stub(mchunkptr chunk, size_t size)
{
    return size == 2 * SIZE_SZ && size < MINSIZE &&
           chunk_at_offset(chunk, size)->size == (SIZE_SZ | PREV_INUSE);
}

/* Is this the first of the two fenceposts? They are the last four words of a segment. */
static bool is_fencepost(mchunkptr chunk)
{
    return chunksize(chunk) == SIZE_SZ && ((uintptr_t)chunk + 4 * SIZE_SZ) % OSH_PAGE_BYTES == 0 &&
           chunk_at_offset(chunk, SIZE_SZ)->size == (SIZE_SZ | PREV_INUSE);
}

/* Is the chunk live, or the end of a segment, so that newlib does not merge with it? */
static bool stands(mchunkptr chunk)
{
    size_t size = chunksize(chunk);
    if (is_possible(chunk, size)) {
        uintptr_t broken = broken_seal(chunk, size);
        return broken == OSH_SEAL_LIVE || broken == OSH_SEAL_DEFERRED;
    }
    return is_fencepost(chunk) || (ours((uintptr_t)chunk, 6 * SIZE_SZ) && is_stub(chunk, size) &&
                                   is_fencepost(chunk_at_offset(chunk, size)));
}

/* Is the chunk free? Its size is then repeated at its end, and the next chunk is not free. */
static bool is_free(mchunkptr chunk)
{
    size_t size = chunksize(chunk);
    if (!is_possible(chunk, size) || !ours((uintptr_t)chunk, size + 2 * SIZE_SZ)) {
        return false;
    }
    mchunkptr next = chunk_at_offset(chunk, size);
    return !prev_inuse(next) && next->prev_size == size && stands(next);
}

enum os_heap_misuse osh_newlib_fault_beside(const void *block)
{
    mchunkptr chunk = mem2chunk(block);
    mchunkptr next = chunk_at_offset(chunk, chunksize(chunk));
    bool sound = next == top || stands(next) || is_free(next);
    if (sound && !prev_inuse(chunk)) {
        /* If the chunk before is live, this word is its seal, which is no size. */
        size_t before = chunk->prev_size;
        sound = (before & MALLOC_ALIGN_MASK) == 0 && before >= MINSIZE &&
                before <= (uintptr_t)chunk - osh_arena.base &&
                chunksize(chunk_at_offset(chunk, -(ptrdiff_t)before)) == before;
    }
    return sound ? 0 : OS_HEAP_BAD_HEADER;
}

OSH_NO_TSAN size_t osh_newlib_top(void)
{
    /* Others may move it meanwhile, but what was a top can be read. */
    const volatile struct malloc_chunk *at = *(struct malloc_chunk *volatile *)&top;
    size_t size = at->size & ~(size_t)(PREV_INUSE | IS_MMAPPED);
    return ours((uintptr_t)at, size) ? size : 0;
}

void osh_newlib_trim(void)
{
    (void)osh_mallocr_trim(0);
}

/* Grows a chunk in place, as newlib's realloc does; unlike that it also grows the top. Copying is
 * left out, because the caller does it without the mutex. */
static bool extend(mchunkptr chunk, size_t want)
{
    mchunkptr next = chunk_at_offset(chunk, chunksize(chunk));
    size_t have = chunksize(chunk) + chunksize(next);
    if (next == top) {
        if (have < want + MINSIZE && !top_up(want - chunksize(chunk))) {
            return false;
        }
        have = chunksize(chunk) + chunksize(top);
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

/* Resizes by newlib's realloc, which copies under the mutex if it moves the block. If realloc
 * fails, grows the top and tries again. */
static void *resize_by_realloc(void *block, size_t size)
{
    void *resized = osh_mallocr_realloc(block, size);
    if (resized == NULL) {
        mchunkptr chunk = mem2chunk(block);
        size_t have = chunksize(chunk);
        if (chunk_at_offset(chunk, have) == top && top_up(request2size(size) - have)) {
            resized = osh_mallocr_realloc(block, size);
        }
    }
    return resized;
}

/* newlib's realloc never moves a block to which it gives fewer bytes. */
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
    if (!OSH_SMALL_CODE) { /* newlib's statistics, which the heap does not use */
        memset(&current_mallinfo, 0, sizeof(current_mallinfo));
    }
}

#include "osh_newlib_walk.h"
