/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The C library's own allocator, full or nano as the image links it. LOCKED: as
 * Mynewt's os_malloc has it, between the same mutex's lock and unlock that this
 * library's large blocks take. Otherwise bare, as a reference.
 */
#include "alloc.h"
#include "os/os_heap_port.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#if LOCKED
static void lock(void)
{
    if (os_heap_port_started()) {
        os_heap_port_lock(0);
    }
}

static void unlock(void)
{
    if (os_heap_port_started()) {
        os_heap_port_unlock(0);
    }
}

static void *locked_malloc(size_t size)
{
    lock();
    void *block = malloc(size);
    unlock();
    return block;
}

static void locked_free(void *block)
{
    lock();
    free(block);
    unlock();
}

static void *locked_realloc(void *block, size_t size)
{
    lock();
    void *moved = realloc(block, size);
    unlock();
    return moved;
}

void *(*const alloc_malloc)(size_t size) = locked_malloc;
void (*const alloc_free)(void *block) = locked_free;
void *(*const alloc_realloc)(void *block, size_t size) = locked_realloc;
#else
void *(*const alloc_malloc)(size_t size) = malloc;
void (*const alloc_free)(void *block) = free;
void *(*const alloc_realloc)(void *block, size_t size) = realloc;
#endif

enum alloc_path alloc_malloc_path(size_t size)
{
    (void)size;
    return ALLOC_ANY;
}

enum alloc_path alloc_free_path(const void *block)
{
    (void)block;
    return ALLOC_ANY;
}

/* newlib's system calls report into this one, of which its reent.c has the only
 * use besides. */
#undef errno
int errno;

static char *region_break, *region_end;

void alloc_region(char *region, size_t bytes)
{
    region_break = region;
    region_end = region + bytes;
}

/* The break of the C library's heap. */
void *_sbrk(ptrdiff_t increment);
void *_sbrk(ptrdiff_t increment)
{
    if (increment > region_end - region_break) {
        return (void *)-1;
    }
    char *before = region_break;
    region_break += increment;
    return before;
}

const struct scenario *const alloc_scenarios[] = {NULL};

void alloc_interrupt(bool begins)
{
    (void)begins;
}

const char *alloc_check(void)
{
    return NULL; /* it has no walk */
}
