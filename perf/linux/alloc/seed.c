// SPDX-License-Identifier: Apache-2.0
#include "seed.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>

#include "seed_newlib.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *range_begin;
static char *range_break;
static char *range_end;

bool storm_start(size_t region_bytes)
{
    size_t bytes = region_bytes != 0 ? region_bytes : (size_t)64 << 30;
    void *range = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (range == MAP_FAILED) {
        return false;
    }
    range_begin = range_break = range;
    range_end = range_begin + bytes;
    return true;
}

// A break in RAM, as on firmware: moving it costs nothing, and a page once
// touched stays, so the seed never waits for the kernel to give it back.
void *seed_sbrk(ptrdiff_t increment)
{
    char *old = range_break;
    if (increment > range_end - old || increment < range_begin - old) {
        errno = ENOMEM;
        return (void *)(intptr_t)-1;
    }
    range_break = old + increment;
    return old;
}

void *storm_malloc(size_t size)
{
    pthread_mutex_lock(&lock);
    void *ptr = seed_newlib_malloc(size);
    pthread_mutex_unlock(&lock);
    return ptr;
}

void storm_free(void *ptr)
{
    pthread_mutex_lock(&lock);
    seed_newlib_free(ptr);
    pthread_mutex_unlock(&lock);
}

void *storm_realloc(void *ptr, size_t size)
{
    pthread_mutex_lock(&lock);
    void *moved = seed_newlib_realloc(ptr, size);
    pthread_mutex_unlock(&lock);
    return moved;
}
