/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The C library's malloc family on this heap, and newlib's reentrant forms of it, which newlib's
 * printf, strdup and others call directly.
 *
 * All of them are in one file on purpose: a link takes all of them or none. So if the C library's
 * own allocator is linked too, names are defined twice and the link fails. osh_os.c, which every
 * program with this heap has, asks for this file. Otherwise a program in which only libc or
 * libstdc++ calls malloc would get libc's malloc, because the linker searches those libraries after
 * this one.
 *
 * newlib's allocator is in the program only as the fallback, under other names (fallback/newlib),
 * over the arena's break. It cannot be re-entered from here, and does not use newlib's lock hooks.
 */
#include "os/os_heap.h"
#include "osh_compiler.h"
#include "osh_config.h"

#include <errno.h>

struct _reent;

/* osh_os.c refers to this symbol, so that the linker takes this file. */
extern const char osh_libc_routes;
const char osh_libc_routes = 1;

#if defined(__NEWLIB__) && !defined(__PICOLIBC__)
/* Weak, so that the library also links where there is none: in picolibc, or in a program that never
 * asks for errno. */
int *__errno(void) __attribute__((weak));

static int *errno_of_caller(void)
{
    return __errno != NULL ? __errno() : NULL;
}
#else
static int *errno_of_caller(void)
{
#if defined(__PICOLIBC__) && !defined(NEWLIB_GLOBAL_ERRNO) && !defined(__PICOLIBC_ERRNO_FUNCTION)
    /* errno is in TLS. Where no thread pointer was set, in a task or before the start code did,
     * there is none: then nothing is written. */
    if (__builtin_thread_pointer() == NULL) {
        return NULL;
    }
#endif
    return &errno;
}
#endif

/* Not inlined, to save code. */
static OSH_NOINLINE void *or_enomem(void *block)
{
    if (block == NULL) {
        int *place = errno_of_caller();
        if (place != NULL) {
            *place = ENOMEM;
        }
    }
    return block;
}

void *malloc(size_t size)
{
    return or_enomem(os_malloc(size));
}

void free(void *ptr)
{
    os_free(ptr);
}

/* What compilers know of free, so that they do not warn where newlib does not declare cfree. */
void cfree(void *ptr) __attribute__((alias("free"), leaf, nothrow));

void *calloc(size_t count, size_t size)
{
    return or_enomem(os_calloc(count, size));
}

void *realloc(void *ptr, size_t size)
{
    void *block = os_realloc(ptr, size);
    return size == 0 && ptr != NULL ? block : or_enomem(block);
}

void *reallocarray(void *ptr, size_t count, size_t size)
{
    return or_enomem(os_reallocarray(ptr, count, size));
}

void *reallocf(void *ptr, size_t size)
{
    void *block = realloc(ptr, size);
    if (block == NULL && size != 0) {
        os_free(ptr);
    }
    return block;
}

void *memalign(size_t alignment, size_t size)
{
    return or_enomem(os_aligned_alloc(alignment, size));
}

void *aligned_alloc(size_t alignment, size_t size) __attribute__((alias("memalign")));

int posix_memalign(void **result, size_t alignment, size_t size)
{
    /* A power of two that is at least sizeof(void *) is a multiple of it. */
    if (alignment < sizeof(void *) || (alignment & (alignment - 1)) != 0) {
        return EINVAL;
    }
    void *block = os_aligned_alloc(alignment, size);
    if (block == NULL) {
        return ENOMEM;
    }
    *result = block;
    return 0;
}

void *valloc(size_t size)
{
    return memalign(OSH_PAGE_BYTES, size);
}

void *pvalloc(size_t size)
{
    size_t whole = (size + OSH_PAGE_BYTES - 1) & ~(size_t)(OSH_PAGE_BYTES - 1);
    return valloc(whole >= size ? whole : SIZE_MAX); /* SIZE_MAX gives NULL */
}

size_t malloc_usable_size(void *ptr)
{
    return os_malloc_usable_size(ptr);
}

/* newlib's reentrant forms. They set the caller's errno, which is found without `reent`. */

void *_malloc_r(struct _reent *reent, size_t size)
{
    (void)reent;
    return malloc(size);
}

void _free_r(struct _reent *reent, void *ptr)
{
    (void)reent;
    os_free(ptr);
}

void _cfree_r(struct _reent *reent, void *ptr) __attribute__((alias("_free_r")));

void *_calloc_r(struct _reent *reent, size_t count, size_t size)
{
    (void)reent;
    return calloc(count, size);
}

void *_realloc_r(struct _reent *reent, void *ptr, size_t size)
{
    (void)reent;
    return realloc(ptr, size);
}

void *_reallocf_r(struct _reent *reent, void *ptr, size_t size)
{
    (void)reent;
    return reallocf(ptr, size);
}

void *_memalign_r(struct _reent *reent, size_t alignment, size_t size)
{
    (void)reent;
    return memalign(alignment, size);
}

void *_valloc_r(struct _reent *reent, size_t size)
{
    (void)reent;
    return valloc(size);
}

void *_pvalloc_r(struct _reent *reent, size_t size)
{
    (void)reent;
    return pvalloc(size);
}

size_t _malloc_usable_size_r(struct _reent *reent, void *ptr)
{
    (void)reent;
    return malloc_usable_size(ptr);
}

/* Only another allocator calls this. It gets no memory. Weak: board support packages define it too
 * (Mynewt's hw/hal, Zephyr's newlib hooks, STM32Cube's sysmem.c), beside symbols that startup code
 * needs. */
__attribute__((weak)) void *_sbrk(ptrdiff_t increment)
{
    (void)increment;
    (void)or_enomem(NULL);
    return (void *)-1;
}
