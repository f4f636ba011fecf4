// SPDX-License-Identifier: Apache-2.0
// The allocator's calls as scenarios make them: counted, sampled, touched and
// checked. STORM_ALLOCATOR names the header of the allocator under test.
#ifndef STORM_BLOCK_H
#define STORM_BLOCK_H

#include STORM_ALLOCATOR
#include "stamp.h"
#include "storm.h"

// A prime, so that no scenario's own rhythm falls in step with it.
#define STORM_SAMPLE_EVERY 61u

void *storm_sampled_malloc(struct storm_thread *t, size_t size);
void storm_sampled_free(struct storm_thread *t, void *ptr);
void *storm_sampled_realloc(struct storm_thread *t, void *ptr, size_t size);

// Dies with the thread and the size.
_Noreturn void storm_out_of_memory(const struct storm_thread *t, size_t size);

// Verify mode only: as aligned as any C object of that size needs.
void storm_check_alignment(const void *ptr, size_t size);

static inline void *storm_call_malloc(struct storm_thread *t, size_t size)
{
    if (__builtin_expect(--t->until_sample[CALL_MALLOC] == 0, 0)) {
        return storm_sampled_malloc(t, size);
    }
    return storm_malloc(size);
}

static inline void storm_call_free(struct storm_thread *t, void *ptr)
{
    if (__builtin_expect(--t->until_sample[CALL_FREE] == 0, 0)) {
        storm_sampled_free(t, ptr);
        return;
    }
    storm_free(ptr);
}

static inline void *storm_call_realloc(struct storm_thread *t, void *ptr, size_t size)
{
    if (__builtin_expect(--t->until_sample[CALL_REALLOC] == 0, 0)) {
        return storm_sampled_realloc(t, ptr, size);
    }
    return storm_realloc(ptr, size);
}

// Of a block of `size` bytes only the first `written` are written and checked. False,
// and the slot empty, when memory is out.
static inline bool storm_try_alloc_as(struct storm_thread *t, struct storm_block *b, size_t size,
                                      uint32_t written, uint32_t seq)
{
    b->ptr = storm_call_malloc(t, size);
    if (__builtin_expect(b->ptr == NULL, 0)) {
        return false;
    }
    b->size = written;
    b->seq = seq;
    if (__builtin_expect(storm.verify, 0)) {
        storm_check_alignment(b->ptr, size);
        storm_stamp(b, written);
    } else {
        storm_touch(b);
    }
    return true;
}

static inline bool storm_try_alloc(struct storm_thread *t, struct storm_block *b, uint32_t size)
{
    return storm_try_alloc_as(t, b, size, size, t->seq++);
}

static inline void storm_alloc_as(struct storm_thread *t, struct storm_block *b, size_t size,
                                  uint32_t written, uint32_t seq)
{
    if (__builtin_expect(!storm_try_alloc_as(t, b, size, written, seq), 0)) {
        storm_out_of_memory(t, size);
    }
}

static inline void storm_alloc(struct storm_thread *t, struct storm_block *b, uint32_t size)
{
    if (__builtin_expect(!storm_try_alloc(t, b, size), 0)) {
        storm_out_of_memory(t, size);
    }
}

static inline void storm_release(struct storm_thread *t, struct storm_block *b)
{
    if (__builtin_expect(storm.verify, 0)) {
        storm_check_stamp(b, b->size);
    } else {
        storm_check_first(b);
    }
    storm_call_free(t, b->ptr);
    b->ptr = NULL;
}

// The next owner of the slot.
static inline void storm_replace(struct storm_thread *t, struct storm_block *b, uint32_t size)
{
    storm_release(t, b);
    storm_alloc(t, b, size);
}

static inline uint64_t storm_live_in(const struct storm_block *b, size_t n)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < n; i++) {
        bytes += b[i].ptr != NULL ? b[i].size : 0;
    }
    return bytes;
}

static inline void storm_release_all(struct storm_thread *t, struct storm_block *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (b[i].ptr != NULL) {
            storm_release(t, &b[i]);
        }
    }
}

#endif
