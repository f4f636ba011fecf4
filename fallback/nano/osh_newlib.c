/* SPDX-License-Identifier: Apache-2.0 */
/*
 * newlib's nano-mallocr.c in place of its mallocr.c (-Dnewlib=nano): a third
 * of the code, first fit from one list, for targets that seldom allocate large
 * blocks. The build takes it from the newlib-source package and compiles it here
 * under our own names, over the arena's sbrk.
 *
 * nano never gives memory back. This file does, by trimming the last free chunk. nano's chunks do
 * not say whether they are free, so nobody can walk them. This file counts live blocks instead.
 */
#include "osh_newlib.h"

#include "osh_arena.h"
#include "osh_arena_open.h"
#include "osh_class.h"

#include <errno.h>
/* Before the names below. Behind them its declarations would say of nano's functions that nobody
 * reads the words in front of what they return. */
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* os_malloc sets no errno, and the C library's forms set it themselves (osh_libc.c): so this file
 * needs nothing of the C library that is in charge of errno. */
#undef errno
#define errno osh_nano_errno
static int errno;

#define DEFINE_MALLOC
#define DEFINE_FREE
#define DEFINE_MALLOC_USABLE_SIZE
#define DEFINE_MEMALIGN
#define _sbrk_r(increment) break_by((ptrdiff_t)(increment))

/* Renames two globals, which the toolchain's own nano heap has too. */
#define __malloc_free_list osh_nano_free_list
#define __malloc_sbrk_start osh_nano_sbrk_start

#define malloc osh_nano_malloc
#define free osh_nano_free
#define realloc osh_nano_realloc
#define calloc osh_nano_calloc
#define cfree osh_nano_cfree
#define memalign osh_nano_memalign
#define valloc osh_nano_valloc
#define pvalloc osh_nano_pvalloc
#define mallinfo osh_nano_mallinfo
#define malloc_stats osh_nano_stats
#define malloc_usable_size osh_nano_usable_size
#define mallopt osh_nano_mallopt
#define __malloc_free_list osh_nano_free_list
#define __malloc_sbrk_start osh_nano_sbrk_start

static void *break_by(ptrdiff_t increment);

#include "newlib_mallocr.h"

/* The arena's sbrk. When the break jumps, the rest of the page where it was becomes a free chunk,
 * because nano would never use it otherwise. */
static void *break_by(ptrdiff_t increment)
{
    uintptr_t old = osh_arena.brk;
    void *start = osh_arena_sbrk(increment);
    if (start != (void *)-1 && (uintptr_t)start != old) {
        size_t rest = (0 - old) % OSH_PAGE_BYTES;
        if (rest >= MALLOC_MINCHUNK) {
            ((chunk *)old)->size = (long)rest;
            osh_nano_free((char *)old + CHUNK_OFFSET);
        }
    }
    return start;
}

void *osh_newlib_memalign(size_t alignment, size_t size)
{
    return osh_nano_memalign(alignment, size);
}

void *osh_newlib_malloc(size_t size)
{
    /* nano aligns to 8 bytes, also on 64-bit CPUs. */
    return OSH_ALIGN > 8 ? osh_nano_memalign(OSH_ALIGN, size) : osh_nano_malloc(size);
}

/* Gives back the free chunk that ends at the break, but no memory below the break's segment. */
static void trim(size_t threshold)
{
    chunk *before = NULL;
    chunk *last = free_list;
    while (last != NULL && last->next != NULL) {
        before = last;
        last = last->next;
    }
    if (last == NULL || (uintptr_t)last + (size_t)last->size != osh_arena.brk ||
        (size_t)last->size <= threshold) {
        return;
    }
    uintptr_t keep = 0;
    if ((uintptr_t)last < osh_arena.segment) {
        keep = osh_arena.segment - (uintptr_t)last;
        keep = keep < MALLOC_MINCHUNK ? MALLOC_MINCHUNK : keep;
    }
    if (keep >= (size_t)last->size) {
        return;
    }
    size_t bytes = (size_t)last->size - keep;
    if (osh_arena_sbrk(-(ptrdiff_t)bytes) == (void *)-1) {
        return;
    }
    if (keep > 0) {
        last->size = (long)keep;
    } else if (before != NULL) {
        before->next = NULL;
    } else {
        free_list = NULL;
    }
}

void osh_newlib_free(void *block)
{
    osh_nano_free(block);
    trim(OSH_TRIM_BYTES);
}

/* The link to the free chunk that begins at `end`, or to the end of the list. */
static chunk **link_to(uintptr_t end)
{
    chunk **link = &free_list;
    while (*link != NULL && (uintptr_t)*link != end) {
        link = &(*link)->next;
    }
    return link;
}

/* Makes the chunk at least `more` bytes longer: takes the free chunk behind it and, at the end of
 * the heap, moves the break. False, with nothing changed, if that is not enough. */
static bool lengthen(chunk *whole, size_t more)
{
    uintptr_t end = (uintptr_t)whole + (size_t)whole->size;
    chunk **link = link_to(end);
    chunk *behind = *link;
    size_t have = behind != NULL ? (size_t)behind->size : 0;
    if (have < more) {
        more = (more + CHUNK_ALIGN - 1) & ~(CHUNK_ALIGN - 1);
        if (end + have != osh_arena.brk || !osh_arena_extend_break(more - have)) {
            return false;
        }
        have = more;
    }
    if (behind != NULL) {
        *link = behind->next;
    }
    whole->size += (long)have;
    return true;
}

/* Frees the bytes beyond the block's first `size` bytes, if they are enough for a chunk. */
static void cut(chunk *whole, void *block, size_t size)
{
    uintptr_t end = (uintptr_t)whole + (size_t)whole->size;
    uintptr_t at = ((uintptr_t)block + size + CHUNK_ALIGN - 1) & ~(uintptr_t)(CHUNK_ALIGN - 1);
    if (at < end && end - at >= MALLOC_MINCHUNK) {
        chunk *tail = (chunk *)at;
        tail->size = (long)(end - at);
        whole->size = (long)(at - (uintptr_t)whole);
        osh_nano_free((char *)tail + CHUNK_OFFSET);
    }
}

void *osh_newlib_resize(void *block, size_t size)
{
    chunk *whole = get_chunk_from_ptr(block);
    size_t usable = osh_nano_usable_size(block);
    if (size > usable && !lengthen(whole, size - usable)) {
        return NULL;
    }
    cut(whole, block, size < CHUNK_ALIGN ? CHUNK_ALIGN : size);
    return block;
}

size_t osh_newlib_usable(const void *block)
{
    return osh_nano_usable_size((void *)(uintptr_t)block) - OSH_SEAL_BYTES;
}

#define ours osh_arena_can_be_newlib
#include "osh_newlib_fault.h"

size_t osh_newlib_top(void)
{
    return 0;
}

void osh_newlib_trim(void)
{
    trim(0);
}

void osh_newlib_reset(void)
{
    free_list = NULL;
    sbrk_start = NULL;
}

struct osh_newlib_walk osh_newlib_walk(void)
{
    struct osh_newlib_walk walk = {0};
    for (chunk *free = free_list; free != NULL; free = free->next) {
        if (free->size < (long)sizeof(*free) || !osh_arena_holds(free) ||
            !osh_arena_is_newlib(osh_arena_page(free))) {
            walk.wrong = OSH_NAMED("newlib nano", "a free chunk's size or place is impossible");
            break;
        }
        if (free->next != NULL && (char *)free + free->size > (char *)free->next) {
            walk.wrong = OSH_NAMED("newlib nano", "free chunks overlap or are out of order");
            break;
        }
        size_t bytes = (size_t)free->size - CHUNK_OFFSET;
        size_t room = OSH_ALIGN > 8 ? osh_newlib_room(bytes) : bytes - OSH_SEAL_BYTES;
        osh_holes_add(&walk.holes, 1, bytes, room);
    }
    return walk;
}
