/* SPDX-License-Identifier: Apache-2.0 */
#include "shadow.h"

#include "fresh_heap.h"
#include "osh_arena.h"

#include <stdatomic.h>
#include <stdlib.h>

#define UNIT 8

static _Atomic unsigned char *owned;
static size_t units;

void shadow_start(void)
{
    units = (osh_arena.pages << OSH_PAGE_LOG2) / UNIT;
    owned = calloc(units, sizeof(*owned));
    assert_non_null((void *)owned);
}

static void change(const void *block, size_t bytes, unsigned char from, const char *complaint)
{
    assert_true(osh_arena_holds(block));
    size_t first = ((uintptr_t)block - osh_arena.base) / UNIT;
    for (size_t i = first; i < first + (bytes + UNIT - 1) / UNIT; i++) {
        /* Relaxed, so that it orders nothing the heap should have ordered. */
        if (atomic_exchange_explicit(&owned[i], (unsigned char)!from, memory_order_relaxed) !=
            from) {
            fail_msg("%s: block %p of %zu bytes", complaint, block, bytes);
        }
    }
}

void shadow_take(const void *block, size_t bytes)
{
    change(block, bytes, 0, "handed out twice");
}

void shadow_give(const void *block, size_t bytes)
{
    change(block, bytes, 1, "given back twice");
}

size_t shadow_owned(void)
{
    size_t count = 0;
    for (size_t i = 0; i < units; i++) {
        count += atomic_load(&owned[i]);
    }
    return count * UNIT;
}
