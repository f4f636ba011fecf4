/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions that programs call with -Dtools=valgrind. They tell memcheck which bytes a
 * program may touch, those that it asked for, and where it allocated and freed them.
 *
 * For memcheck the heap's region is closed, and a block is open while it is live. Memcheck sees the
 * library's own accesses too, to links, patterns and newlib's headers, so its errors are off while
 * the library works. A block is closed before the library gets it back, because any thread may get
 * the block from then on.
 */
#include "osh_inner_names.h"

#include "os/os_heap.h"
#include "osh_compiler.h"

#include <string.h>
#include <valgrind/memcheck.h>

#undef os_malloc
#undef os_free
#undef os_realloc
#undef os_calloc
#undef os_reallocarray
#undef os_aligned_alloc
#undef os_malloc_usable_size
#undef os_free_sized
#undef os_heap_init
#undef os_heap_add_region
#undef os_heap_caps
#undef os_malloc_in
#undef os_heap_trim
#undef os_heap_stats
#undef os_heap_check

void *os_malloc(size_t size);
void os_free(void *ptr);
void *os_realloc(void *ptr, size_t size);
void *os_calloc(size_t count, size_t size);
void *os_reallocarray(void *ptr, size_t count, size_t size);
void *os_aligned_alloc(size_t alignment, size_t size);
size_t os_malloc_usable_size(const void *ptr);
void os_free_sized(void *ptr, size_t size);
int os_heap_init(void *region, size_t bytes);
int os_heap_add_region(void *region, size_t bytes, uint32_t caps);
uint32_t os_heap_caps(const void *ptr);
void *os_malloc_in(uint32_t caps, size_t size);
size_t os_heap_trim(void);
void os_heap_stats(struct os_heap_stats *stats);
const char *os_heap_check(void);

#define WITHOUT_ERRORS(call)              \
    do {                                  \
        VALGRIND_DISABLE_ERROR_REPORTING; \
        call;                             \
        VALGRIND_ENABLE_ERROR_REPORTING;  \
    } while (0)

static void *opened(void *block, size_t size, bool zeroed)
{
    if (block != NULL) {
        VALGRIND_MALLOCLIKE_BLOCK(block, size, 0, zeroed);
    }
    return block;
}

/* Memcheck reports an error if no live block begins at `block`. */
static void closed(void *block)
{
    if (block != NULL) {
        VALGRIND_FREELIKE_BLOCK(block, 0);
    }
}

OSH_PUBLIC void *os_malloc(size_t size)
{
    void *block;
    WITHOUT_ERRORS(block = osh_inner_malloc(size));
    return opened(block, size, false);
}

OSH_PUBLIC void *os_malloc_in(uint32_t caps, size_t size)
{
    void *block;
    WITHOUT_ERRORS(block = osh_inner_malloc_in(caps, size));
    return opened(block, size, false);
}

OSH_PUBLIC void *os_calloc(size_t count, size_t size)
{
    void *block;
    WITHOUT_ERRORS(block = osh_inner_calloc(count, size));
    return opened(block, count * size, true);
}

OSH_PUBLIC void *os_aligned_alloc(size_t alignment, size_t size)
{
    void *block;
    WITHOUT_ERRORS(block = osh_inner_aligned_alloc(alignment, size));
    return opened(block, size, false);
}

OSH_PUBLIC void os_free(void *ptr)
{
    closed(ptr);
    WITHOUT_ERRORS(osh_inner_free(ptr));
}

OSH_PUBLIC void os_free_sized(void *ptr, size_t size)
{
    closed(ptr);
    WITHOUT_ERRORS(osh_inner_free_sized(ptr, size));
}

/* The size asked for. Most levels do not store it, so this looks for the first closed byte. */
OSH_PUBLIC size_t os_malloc_usable_size(const void *ptr)
{
    size_t usable;
    uintptr_t beyond;
    WITHOUT_ERRORS(usable = osh_inner_malloc_usable_size(ptr));
    WITHOUT_ERRORS(beyond = VALGRIND_CHECK_MEM_IS_ADDRESSABLE(ptr, usable));
    return beyond == 0 ? usable : beyond - (uintptr_t)ptr;
}

/* Resizes by the library's os_realloc, if a move is impossible. All bytes of the result then count
 * as written. */
static void *resized_inside(void *ptr, size_t old, size_t size)
{
    void *resized;
    closed(ptr);
    WITHOUT_ERRORS(resized = osh_inner_realloc(ptr, size));
    if (resized != NULL) {
        return opened(resized, size, true);
    }
    (void)opened(ptr, old, true);
    return NULL;
}

/* Always moves if there is memory, as the C library's realloc does under memcheck. So bytes that
 * were never written still count as such, and memcheck reports uses of the old address. */
OSH_PUBLIC void *os_realloc(void *ptr, size_t size)
{
    size_t old = os_malloc_usable_size(ptr);
    if (ptr == NULL) {
        return os_malloc(size);
    }
    if (size == 0) {
        os_free(ptr);
        return NULL;
    }
    /* An empty block, or one that is not live, has no bytes to copy. */
    void *moved = old != 0 ? os_malloc_in(os_heap_caps(ptr), size) : NULL;
    if (moved == NULL) {
        return resized_inside(ptr, old, size);
    }
    memcpy(moved, ptr, old < size ? old : size);
    os_free(ptr);
    return moved;
}

OSH_PUBLIC void *os_reallocarray(void *ptr, size_t count, size_t size)
{
    size_t bytes;
    return __builtin_mul_overflow(count, size, &bytes) ? NULL : os_realloc(ptr, bytes);
}

OSH_PUBLIC int os_heap_init(void *region, size_t bytes)
{
    int status;
    WITHOUT_ERRORS(status = osh_inner_init(region, bytes));
    return status;
}

OSH_PUBLIC int os_heap_add_region(void *region, size_t bytes, uint32_t caps)
{
    int status;
    WITHOUT_ERRORS(status = osh_inner_add_region(region, bytes, caps));
    return status;
}

OSH_PUBLIC uint32_t os_heap_caps(const void *ptr)
{
    uint32_t caps;
    WITHOUT_ERRORS(caps = osh_inner_caps(ptr));
    return caps;
}

OSH_PUBLIC size_t os_heap_trim(void)
{
    size_t bytes;
    WITHOUT_ERRORS(bytes = osh_inner_trim());
    return bytes;
}

OSH_PUBLIC void os_heap_stats(struct os_heap_stats *stats)
{
    WITHOUT_ERRORS(osh_inner_stats(stats));
}

OSH_PUBLIC const char *os_heap_check(void)
{
    const char *wrong;
    WITHOUT_ERRORS(wrong = osh_inner_check());
    return wrong;
}
