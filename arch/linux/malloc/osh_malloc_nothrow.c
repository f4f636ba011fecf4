/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The forms of new that return NULL. They must not let an exception out that a handler or the
 * program's own operator new throws, and C cannot catch one. So where this heap has no memory, or
 * the program has a new of its own, they call libstdc++'s forms, which call new and catch. In the
 * shared object only: a program that is linked with libosheap-malloc.a has libstdc++'s forms.
 */
#include "osh_malloc_new.h"

#include "os/os_heap.h"

#define OPERATOR(symbol) OSH_SYMBOL(symbol) __attribute__((visibility("default")))

typedef void *plain_form(size_t size, const void *nothrow);
typedef void *aligned_form(size_t size, size_t alignment, const void *nothrow);

static void *by_libstdcxx(const char *symbol, size_t size, const void *nothrow)
{
    plain_form *theirs = (plain_form *)osh_malloc_of_libstdcxx(symbol);
    return theirs != NULL ? theirs(size, nothrow) : NULL; /* without it there is no handler */
}

static void *by_libstdcxx_aligned(const char *symbol, size_t size, size_t alignment,
                                  const void *nothrow)
{
    aligned_form *theirs = (aligned_form *)osh_malloc_of_libstdcxx(symbol);
    return theirs != NULL ? theirs(size, alignment, nothrow) : NULL;
}

#define PLAIN(name, symbol)                                                             \
    void *name(size_t size, const void *nothrow) OPERATOR(symbol);                      \
    void *name(size_t size, const void *nothrow)                                        \
    {                                                                                   \
        void *block = osh_malloc_new_is_ours() ? os_malloc(size) : NULL;                \
        return OSH_LIKELY(block != NULL) ? block : by_libstdcxx(symbol, size, nothrow); \
    }
PLAIN(new_nothrow, "_ZnwmRKSt9nothrow_t")
PLAIN(new_array_nothrow, "_ZnamRKSt9nothrow_t")

#define ALIGNED(name, symbol)                                                                      \
    void *name(size_t size, size_t alignment, const void *nothrow) OPERATOR(symbol);               \
    void *name(size_t size, size_t alignment, const void *nothrow)                                 \
    {                                                                                              \
        void *block = osh_malloc_new_aligned_is_ours() ? os_aligned_alloc(alignment, size) : NULL; \
        return OSH_LIKELY(block != NULL) ? block                                                   \
                                         : by_libstdcxx_aligned(symbol, size, alignment, nothrow); \
    }
ALIGNED(new_aligned_nothrow, "_ZnwmSt11align_val_tRKSt9nothrow_t")
ALIGNED(new_array_aligned_nothrow, "_ZnamSt11align_val_tRKSt9nothrow_t")
