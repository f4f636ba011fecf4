/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger.h"

#include "os/os_heap.h"
#include "os/os_heap_linux.h"
#include "osh_arena.h"
#include "sizes.h"
#include "stamp.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define UNIT OSH_BLOCK_MIN

__typeof__(os_malloc) __real_os_malloc;
__typeof__(os_malloc) __wrap_os_malloc;
__typeof__(os_calloc) __real_os_calloc;
__typeof__(os_calloc) __wrap_os_calloc;
__typeof__(os_realloc) __real_os_realloc;
__typeof__(os_realloc) __wrap_os_realloc;
__typeof__(os_reallocarray) __real_os_reallocarray;
__typeof__(os_reallocarray) __wrap_os_reallocarray;
__typeof__(os_aligned_alloc) __real_os_aligned_alloc;
__typeof__(os_aligned_alloc) __wrap_os_aligned_alloc;
__typeof__(os_free) __real_os_free;
__typeof__(os_free) __wrap_os_free;
__typeof__(os_free_sized) __real_os_free_sized;
__typeof__(os_free_sized) __wrap_os_free_sized;
__typeof__(os_heap_signal_enter) __real_os_heap_signal_enter;
__typeof__(os_heap_signal_enter) __wrap_os_heap_signal_enter;
__typeof__(os_heap_signal_leave) __real_os_heap_signal_leave;
__typeof__(os_heap_signal_leave) __wrap_os_heap_signal_leave;

/* One thread at a time is at work in these tests. */
static unsigned char *held; /* a byte for each place where a block may begin */
static size_t places;
static _Thread_local unsigned depth; /* of library calls: what the library calls is its own */
static _Thread_local unsigned interrupts;

void complain(const char *what, const void *block)
{
    (void)fprintf(stderr, "memory-out: %s: block %p\n", what, block);
    (void)fflush(NULL);
    _exit(EXIT_FAILURE);
}

void ledger_start(void)
{
    places = (osh_arena.pages << OSH_PAGE_LOG2) / UNIT;
    held = calloc(places, 1);
    if (held == NULL) {
        complain("no memory for the ledger", NULL);
    }
}

static void *took(void *block, size_t size, size_t alignment)
{
    if (block == NULL || depth > 0 || held == NULL) {
        return block;
    }
    if (!osh_arena_holds(block) || !is_aligned(block, alignment) ||
        os_malloc_usable_size(block) < size) {
        complain("outside the heap, not aligned or too small", block);
    }
    unsigned char *place = &held[((uintptr_t)block - osh_arena.base) / UNIT];
    if (*place != 0) {
        complain("handed out twice", block);
    }
    *place = 1;
    return block;
}

static void gave(void *block)
{
    if (block == NULL || depth > 0 || held == NULL || !osh_arena_holds(block)) {
        return;
    }
    held[((uintptr_t)block - osh_arena.base) / UNIT] = 0;
}

static uint64_t sum_of(const void *block, size_t bytes)
{
    const unsigned char *byte = block;
    uint64_t sum = bytes;
    for (size_t i = 0; i < bytes; i++) {
        sum = (sum ^ byte[i]) * 0x100000001b3u;
    }
    return sum;
}

/* Calls that the library makes of itself come here too and are passed on. */
#define ASK(call) (depth++, result = (call), depth--, result)

void *__wrap_os_malloc(size_t size)
{
    void *result;
    return took(ASK(__real_os_malloc(size)), size, alignment_for(size));
}

void *__wrap_os_calloc(size_t count, size_t size)
{
    void *result;
    void *block = ASK(__real_os_calloc(count, size));
    if (block != NULL && !is_zero(block, count * size)) {
        complain("calloc's block is not zero", block);
    }
    return took(block, count * size, 1);
}

void *__wrap_os_aligned_alloc(size_t alignment, size_t size)
{
    void *result;
    return took(ASK(__real_os_aligned_alloc(alignment, size)), size, alignment);
}

/* What a block was before a call that may fail to resize it. */
struct before {
    void *block;
    size_t usable;
    uint64_t sum;
};

static struct before look_at(void *block)
{
    struct before before = {block, 0, 0};
    if (block != NULL && depth == 0 && osh_arena_holds(block)) {
        before.usable = os_malloc_usable_size(block);
        before.sum = sum_of(block, before.usable);
    }
    return before;
}

static void *resized(struct before before, void *block, size_t size)
{
    if (depth > 0) {
        return block;
    }
    if (block != NULL || size == 0) {
        gave(before.block);
        return took(block, size, 1);
    }
    if (before.block != NULL && sum_of(before.block, before.usable) != before.sum) {
        complain("a realloc that failed has changed the old block", before.block);
    }
    return NULL;
}

void *__wrap_os_realloc(void *old, size_t size)
{
    void *result;
    struct before before = look_at(old);
    return resized(before, ASK(__real_os_realloc(old, size)), size);
}

void *__wrap_os_reallocarray(void *old, size_t count, size_t size)
{
    void *result;
    size_t bytes;
    struct before before = look_at(old);
    if (__builtin_mul_overflow(count, size, &bytes)) {
        bytes = SIZE_MAX;
    }
    return resized(before, ASK(__real_os_reallocarray(old, count, size)), bytes);
}

void __wrap_os_free(void *block)
{
    gave(block);
    depth++;
    __real_os_free(block);
    depth--;
}

void __wrap_os_free_sized(void *block, size_t size)
{
    gave(block);
    depth++;
    __real_os_free_sized(block, size);
    depth--;
}

bool ledger_in_library(void)
{
    return depth > 0;
}

void __wrap_os_heap_signal_enter(void)
{
    interrupts++;
    __real_os_heap_signal_enter();
}

void __wrap_os_heap_signal_leave(void)
{
    interrupts--;
    __real_os_heap_signal_leave();
}

void ledger_leave_interrupt(void)
{
    while (interrupts > 0) {
        __wrap_os_heap_signal_leave();
    }
}

static void *block_at(size_t place)
{
    return (void *)(osh_arena.base + place * UNIT);
}

size_t ledger_live(void)
{
    size_t bytes = 0;
    for (size_t place = 0; place < places; place++) {
        if (held[place] != 0) {
            bytes += os_malloc_usable_size(block_at(place));
        }
    }
    return bytes;
}

void ledger_free_all(void)
{
    for (size_t place = 0; place < places; place++) {
        if (held[place] != 0) {
            os_free(block_at(place));
        }
    }
}
