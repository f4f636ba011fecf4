/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The C library's names for this heap, with glibc's documented behaviour and errno. malloc and free
 * are the heap's own fast paths under a second name, so a call costs no more than os_malloc.
 */
/* A second name must stand in the same file.
 * NOLINTNEXTLINE(bugprone-suspicious-include) */
#include "../../../core/heap/os_heap.c"

#include "osh_malloc.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

OSH_PUBLIC void *malloc(size_t size) __attribute__((alias("os_malloc")));
OSH_PUBLIC void free(void *ptr) __attribute__((alias("os_free")));
OSH_PUBLIC void cfree(void *ptr) __attribute__((alias("os_free")));

static const char *const loads __attribute__((used)) = &osh_malloc_decay_loads;

static void *refused(int error)
{
    errno = error;
    return NULL;
}

/* glibc rounds an alignment up to the next power of two; where there is none, it is invalid. */
static void *aligned(size_t alignment, size_t size)
{
    size_t power = sizeof(void *);
    while (power != 0 && power < alignment) {
        power *= 2;
    }
    return power != 0 ? os_aligned_alloc(power, size) : refused(EINVAL);
}

OSH_PUBLIC void *calloc(size_t count, size_t size)
{
    size_t bytes;
    return __builtin_mul_overflow(count, size, &bytes) ? refused(ENOMEM) : os_calloc(1, bytes);
}

OSH_PUBLIC void *realloc(void *ptr, size_t size)
{
    return os_realloc(ptr, size);
}

OSH_PUBLIC void *reallocarray(void *ptr, size_t count, size_t size)
{
    size_t bytes;
    return __builtin_mul_overflow(count, size, &bytes) ? refused(ENOMEM) : os_realloc(ptr, bytes);
}

/* POSIX: the error is the result, and errno stays. */
OSH_PUBLIC int posix_memalign(void **block, size_t alignment, size_t size)
{
    if (alignment < sizeof(void *) || !OSH_IS_POWER(alignment)) {
        return EINVAL;
    }
    int before = errno;
    void *got = os_aligned_alloc(alignment, size);
    errno = before;
    if (got == NULL) {
        return ENOMEM;
    }
    *block = got;
    return 0;
}

OSH_PUBLIC void *aligned_alloc(size_t alignment, size_t size)
{
    return aligned(alignment, size);
}

OSH_PUBLIC void *memalign(size_t alignment, size_t size)
{
    return aligned(alignment, size);
}

OSH_PUBLIC void *valloc(size_t size)
{
    return os_aligned_alloc((size_t)sysconf(_SC_PAGESIZE), size);
}

OSH_PUBLIC void *pvalloc(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t up;
    return __builtin_add_overflow(size, page - 1, &up) ? refused(ENOMEM)
                                                       : os_aligned_alloc(page, up & ~(page - 1));
}

OSH_PUBLIC size_t malloc_usable_size(void *ptr)
{
    return os_malloc_usable_size(ptr);
}

OSH_PUBLIC void free_sized(void *ptr, size_t size)
{
    os_free_sized(ptr, size);
}

OSH_PUBLIC void free_aligned_sized(void *ptr, size_t alignment, size_t size)
{
    (void)alignment; /* the address tells both */
    (void)size;
    os_free(ptr);
}
