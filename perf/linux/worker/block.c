// SPDX-License-Identifier: Apache-2.0
#include "block.h"

#include "clock.h"
#include "hist.h"

static void record(struct storm_thread *t, enum storm_call call, uint64_t ticks)
{
    t->until_sample[call] = STORM_SAMPLE_EVERY;
    if (t->recording) {
        storm_hist_add(t->hist, call, storm_ticks_to_ns(ticks));
    }
}

void *storm_sampled_malloc(struct storm_thread *t, size_t size)
{
    uint64_t begin = storm_tick_begin();
    void *ptr = storm_malloc(size);
    record(t, CALL_MALLOC, storm_tick_end() - begin);
    return ptr;
}

void storm_sampled_free(struct storm_thread *t, void *ptr)
{
    uint64_t begin = storm_tick_begin();
    storm_free(ptr);
    record(t, CALL_FREE, storm_tick_end() - begin);
}

void *storm_sampled_realloc(struct storm_thread *t, void *ptr, size_t size)
{
    uint64_t begin = storm_tick_begin();
    void *moved = storm_realloc(ptr, size);
    record(t, CALL_REALLOC, storm_tick_end() - begin);
    return moved;
}

void storm_out_of_memory(const struct storm_thread *t, size_t size)
{
    storm_die(EXIT_NO_MEMORY, "thread %u: no memory for %zu bytes", t->id, size);
}

void storm_check_alignment(const void *ptr, size_t size)
{
    size_t want = _Alignof(max_align_t);
    while (want > size) {
        want /= 2;
    }
    if ((uintptr_t)ptr % want != 0) {
        storm_die(EXIT_CORRUPT, "block %p of %zu bytes is not aligned to %zu", ptr, size, want);
    }
}
