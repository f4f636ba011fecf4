/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every operator new and delete of C++, by its name in the object file (Itanium C++ ABI), so that a
 * program's `new` takes one call. Written in C, so that C programs need no C++ library: where an
 * operator must throw, the program has libstdc++, whose functions are weak references here.
 */
#include "os/os_heap.h"
#include "osh_compiler.h"

#include <stdlib.h>

#define PUBLIC OSH_PUBLIC
/* The function's name in the object file. */
#define NAMED(name) __asm__(name)

typedef void handler(void);

/* std::get_new_handler() and std::__throw_bad_alloc() of libstdc++. */
extern handler *get_new_handler(void) NAMED("_ZSt15get_new_handlerv") __attribute__((weak));
extern _Noreturn void throw_bad_alloc(void) NAMED("_ZSt17__throw_bad_allocv") __attribute__((weak));

/* Asks until there is memory, or no handler that could make room. A handler may throw. */
static void *after_handlers(size_t alignment, size_t size)
{
    void *block = NULL;
    handler *make_room;
    while (block == NULL && get_new_handler != NULL && (make_room = get_new_handler()) != NULL) {
        make_room();
        block = os_aligned_alloc(alignment, size);
    }
    return block;
}

static OSH_NOINLINE void *or_throw(size_t alignment, size_t size)
{
    void *block = after_handlers(alignment, size);
    if (block == NULL) {
        if (throw_bad_alloc == NULL) {
            abort(); /* compiled without exceptions */
        }
        throw_bad_alloc();
    }
    return block;
}

#define ORDINARY 16 /* the alignment of new without one */

static void *get(size_t size)
{
    void *block = os_malloc(size);
    return OSH_LIKELY(block != NULL) ? block : or_throw(ORDINARY, size);
}

static void *get_aligned(size_t size, size_t alignment)
{
    void *block = os_aligned_alloc(alignment, size);
    return OSH_LIKELY(block != NULL) ? block : or_throw(alignment, size);
}

static void *get_or_null(size_t size)
{
    void *block = os_malloc(size);
    return OSH_LIKELY(block != NULL) ? block : after_handlers(ORDINARY, size);
}

static void *get_aligned_or_null(size_t size, size_t alignment)
{
    void *block = os_aligned_alloc(alignment, size);
    return OSH_LIKELY(block != NULL) ? block : after_handlers(alignment, size);
}

#define OPERATOR_NEW(name, symbol)                \
    PUBLIC void *name(size_t size) NAMED(symbol); \
    void *name(size_t size)                       \
    {                                             \
        return get(size);                         \
    }
OPERATOR_NEW(new_one, "_Znwm")
OPERATOR_NEW(new_array, "_Znam")

#define OPERATOR_NEW_ALIGNED(name, symbol)                          \
    PUBLIC void *name(size_t size, size_t alignment) NAMED(symbol); \
    void *name(size_t size, size_t alignment)                       \
    {                                                               \
        return get_aligned(size, alignment);                        \
    }
OPERATOR_NEW_ALIGNED(new_one_aligned, "_ZnwmSt11align_val_t")
OPERATOR_NEW_ALIGNED(new_array_aligned, "_ZnamSt11align_val_t")

#define OPERATOR_NEW_NOTHROW(name, symbol)                             \
    PUBLIC void *name(size_t size, const void *nothrow) NAMED(symbol); \
    void *name(size_t size, const void *nothrow)                       \
    {                                                                  \
        (void)nothrow;                                                 \
        return get_or_null(size);                                      \
    }
OPERATOR_NEW_NOTHROW(new_one_nothrow, "_ZnwmRKSt9nothrow_t")
OPERATOR_NEW_NOTHROW(new_array_nothrow, "_ZnamRKSt9nothrow_t")

#define OPERATOR_NEW_BOTH(name, symbol)                                                  \
    PUBLIC void *name(size_t size, size_t alignment, const void *nothrow) NAMED(symbol); \
    void *name(size_t size, size_t alignment, const void *nothrow)                       \
    {                                                                                    \
        (void)nothrow;                                                                   \
        return get_aligned_or_null(size, alignment);                                     \
    }
OPERATOR_NEW_BOTH(new_one_both, "_ZnwmSt11align_val_tRKSt9nothrow_t")
OPERATOR_NEW_BOTH(new_array_both, "_ZnamSt11align_val_tRKSt9nothrow_t")

/* delete, whatever else it is told: the heap finds size and alignment by the address. */
#define OPERATOR_DELETE(name, symbol)            \
    PUBLIC void name(void *block) NAMED(symbol); \
    void name(void *block)                       \
    {                                            \
        os_free(block);                          \
    }
OPERATOR_DELETE(delete_one, "_ZdlPv")
OPERATOR_DELETE(delete_array, "_ZdaPv")
OPERATOR_DELETE(delete_one_sized, "_ZdlPvm")
OPERATOR_DELETE(delete_array_sized, "_ZdaPvm")
OPERATOR_DELETE(delete_one_aligned, "_ZdlPvSt11align_val_t")
OPERATOR_DELETE(delete_array_aligned, "_ZdaPvSt11align_val_t")
OPERATOR_DELETE(delete_one_sized_aligned, "_ZdlPvmSt11align_val_t")
OPERATOR_DELETE(delete_array_sized_aligned, "_ZdaPvmSt11align_val_t")
OPERATOR_DELETE(delete_one_nothrow, "_ZdlPvRKSt9nothrow_t")
OPERATOR_DELETE(delete_array_nothrow, "_ZdaPvRKSt9nothrow_t")
OPERATOR_DELETE(delete_one_both, "_ZdlPvSt11align_val_tRKSt9nothrow_t")
OPERATOR_DELETE(delete_array_both, "_ZdaPvSt11align_val_tRKSt9nothrow_t")
