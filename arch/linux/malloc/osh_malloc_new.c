/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operators new and delete of C++. Written in C, so that C programs need no C++ library: where
 * an operator must throw, the program has libstdc++, whose functions are weak references here.
 *
 * A program may define some of them itself. As the standard says, the others then call what it has
 * defined: new[] calls new, delete[] and delete with a size call delete, and so on. All are weak,
 * so that a program that is linked with libosheap-malloc.a may do this too.
 */
#include "osh_malloc_new.h"

#include "os/os_heap.h"

#include <dlfcn.h>
#include <stdlib.h>

#define OPERATOR(symbol) OSH_SYMBOL(symbol) __attribute__((weak, visibility("default")))

typedef void handler(void);

/* std::get_new_handler() and std::__throw_bad_alloc() of libstdc++. */
#define GET_NEW_HANDLER "_ZSt15get_new_handlerv"
#define THROW_BAD_ALLOC "_ZSt17__throw_bad_allocv"
extern handler *get_new_handler(void) OSH_SYMBOL(GET_NEW_HANDLER) __attribute__((weak));
extern void throw_bad_alloc(void) OSH_SYMBOL(THROW_BAD_ALLOC) __attribute__((weak));

/* Weak, for static programs: nothing can be loaded there. */
extern __typeof(dlopen) dlopen __attribute__((weak));
extern __typeof(dlsym) dlsym __attribute__((weak));

void *osh_malloc_of_libstdcxx(const char *name)
{
    if (dlopen == NULL || dlsym == NULL) {
        return NULL;
    }
    void *library = dlopen("libstdc++.so.6", RTLD_LAZY | RTLD_NOLOAD); /* if it is loaded */
    return library != NULL ? dlsym(library, name) : NULL;
}

/* Asks until there is memory, or no handler that could make room. A handler may throw. */
static void *after_handlers(size_t alignment, size_t size)
{
    handler *(*get_handler)(void) = get_new_handler;
    if (get_handler == NULL) {
        get_handler = (handler * (*)(void)) osh_malloc_of_libstdcxx(GET_NEW_HANDLER);
    }
    void *block = NULL;
    handler *make_room;
    while (block == NULL && get_handler != NULL && (make_room = get_handler()) != NULL) {
        make_room();
        block = os_aligned_alloc(alignment, size);
    }
    return block;
}

static OSH_NOINLINE void *or_throw(size_t alignment, size_t size)
{
    void *block = after_handlers(alignment, size);
    if (block != NULL) {
        return block;
    }
    void (*throw)(void) = throw_bad_alloc;
    if (throw == NULL) {
        throw = (void (*)(void))osh_malloc_of_libstdcxx(THROW_BAD_ALLOC);
    }
    if (throw != NULL) {
        throw();
    }
    abort(); /* compiled without exceptions */
}

/* The four that others call. */

#define ORDINARY 16 /* the alignment of new without one */

void *new_one(size_t size) OPERATOR("_Znwm");
void *new_one(size_t size)
{
    void *block = os_malloc(size);
    return OSH_LIKELY(block != NULL) ? block : or_throw(ORDINARY, size);
}

void *new_aligned(size_t size, size_t alignment) OPERATOR("_ZnwmSt11align_val_t");
void *new_aligned(size_t size, size_t alignment)
{
    void *block = os_aligned_alloc(alignment, size);
    return OSH_LIKELY(block != NULL) ? block : or_throw(alignment, size);
}

void delete_one(void *block) OPERATOR("_ZdlPv");
void delete_one(void *block)
{
    os_free(block);
}

void delete_aligned(void *block, size_t alignment) OPERATOR("_ZdlPvSt11align_val_t");
void delete_aligned(void *block, size_t alignment)
{
    (void)alignment; /* the heap finds it by the address, as it finds the size */
    os_free(block);
}

/* These names are this heap's, whatever the program defines. */
extern __typeof(new_one) new_here OSH_HIDDEN __attribute__((alias("_Znwm")));
extern __typeof(new_aligned) aligned_here OSH_HIDDEN __attribute__((alias("_ZnwmSt11align_val_t")));

bool osh_malloc_new_is_ours(void)
{
    return new_one == new_here;
}

bool osh_malloc_new_aligned_is_ours(void)
{
    return new_aligned == aligned_here;
}

void *new_array(size_t size) OPERATOR("_Znam");
void *new_array(size_t size)
{
    return new_one(size);
}

void *new_array_aligned(size_t size, size_t alignment) OPERATOR("_ZnamSt11align_val_t");
void *new_array_aligned(size_t size, size_t alignment)
{
    return new_aligned(size, alignment);
}

/* What else delete is told is only passed on where the base form has it. */
#define CALLS(base, name, symbol)            \
    void name(void *block) OPERATOR(symbol); \
    void name(void *block)                   \
    {                                        \
        base(block);                         \
    }
CALLS(delete_one, delete_sized, "_ZdlPvm")
CALLS(delete_one, delete_nothrow, "_ZdlPvRKSt9nothrow_t")
CALLS(delete_one, delete_array, "_ZdaPv")
CALLS(delete_array, delete_array_sized, "_ZdaPvm")
CALLS(delete_array, delete_array_nothrow, "_ZdaPvRKSt9nothrow_t")

#define CALLS_ALIGNED(base, name, symbol)                      \
    void name(void *block, size_t alignment) OPERATOR(symbol); \
    void name(void *block, size_t alignment)                   \
    {                                                          \
        base(block, alignment);                                \
    }
CALLS_ALIGNED(delete_aligned, delete_aligned_nothrow, "_ZdlPvSt11align_val_tRKSt9nothrow_t")
CALLS_ALIGNED(delete_aligned, delete_array_aligned, "_ZdaPvSt11align_val_t")
CALLS_ALIGNED(delete_array_aligned, delete_array_aligned_nothrow,
              "_ZdaPvSt11align_val_tRKSt9nothrow_t")

#define CALLS_SIZED_ALIGNED(base, name, symbol)                             \
    void name(void *block, size_t size, size_t alignment) OPERATOR(symbol); \
    void name(void *block, size_t size, size_t alignment)                   \
    {                                                                       \
        (void)size;                                                         \
        base(block, alignment);                                             \
    }
CALLS_SIZED_ALIGNED(delete_aligned, delete_sized_aligned, "_ZdlPvmSt11align_val_t")
CALLS_SIZED_ALIGNED(delete_array_aligned, delete_array_sized_aligned, "_ZdaPvmSt11align_val_t")
