// SPDX-License-Identifier: Apache-2.0
// ladder: vectors that grow and shrink by realloc, half as much again each step.
// Their contents are checked after every step, in every mode.
#include <inttypes.h>

#include "block.h"
#include "memory.h"
#include "rng.h"

enum { VECTORS = 64, BATCH = 8, BOTTOM = 8, TOP = 512 * 1024 };

struct vector {
    struct storm_block block;
    bool growing;
};

static void setup(void)
{
    for (unsigned i = 0; i < storm.threads; i++) {
        storm.thread[i].state = storm_map(VECTORS * sizeof(struct vector));
    }
}

// Words at the beginning, the middle and the end of what a realloc must keep.
struct marks {
    uint32_t at[3];
};

static struct marks marks_for(uint32_t kept)
{
    uint32_t end = kept - 8;
    return (struct marks){{0, end / 2 & ~7u, end}};
}

static uint64_t mark(const struct storm_block *b, uint32_t at)
{
    return storm_stamp_word(b) + at;
}

static void put_marks(const struct storm_block *b, uint32_t kept)
{
    struct marks m = marks_for(kept);
    for (int i = 0; i < 3; i++) {
        uint64_t word = mark(b, m.at[i]);
        memcpy((char *)b->ptr + m.at[i], &word, sizeof(word));
    }
}

// `old` is the block before realloc moved it, `ptr` where it is now.
static void check_marks(const struct storm_block *old, const char *ptr, uint32_t kept)
{
    struct marks m = marks_for(kept);
    for (int i = 0; i < 3; i++) {
        uint64_t found;
        memcpy(&found, ptr + m.at[i], sizeof(found));
        if (found != mark(old, m.at[i])) {
            storm_corrupt(old, m.at[i], mark(old, m.at[i]), found);
        }
    }
}

static uint32_t next_size(struct vector *v)
{
    uint32_t size = v->block.size;
    uint32_t up = (size + size / 2 + 8) & ~7u;
    uint32_t down = (size * 2 / 3) & ~7u;
    if (v->growing && up > TOP) {
        v->growing = false;
    }
    return v->growing ? up : down;
}

static void resize(struct storm_thread *t, struct vector *v, uint32_t size)
{
    struct storm_block old = v->block;
    uint32_t kept = size < old.size ? size : old.size;
    if (!storm.verify) {
        put_marks(&old, kept);
    }
    void *ptr = storm_call_realloc(t, old.ptr, size);
    if (ptr == NULL) {
        storm_out_of_memory(t, size);
    }
    v->block = (struct storm_block){.ptr = ptr, .size = size, .seq = t->seq++};
    if (storm.verify) {
        storm_check_moved_stamp(&old, ptr, kept);
        storm_check_alignment(ptr, size);
        storm_stamp(&v->block, size);
    } else {
        check_marks(&old, ptr, kept);
        storm_touch(&v->block);
    }
}

// A vector at the bottom dies and is born again.
static void step(struct storm_thread *t, struct vector *v)
{
    uint32_t size = next_size(v);
    if (size >= BOTTOM) {
        resize(t, v, size);
        t->ops += 1;
    } else {
        storm_replace(t, &v->block, BOTTOM);
        v->growing = true;
        t->ops += 2;
    }
}

// Each vector starts somewhere else on the ladder.
static void fill(struct storm_thread *t)
{
    struct vector *v = t->state;
    for (uint32_t i = 0; i < VECTORS; i++) {
        storm_alloc(t, &v[i].block, BOTTOM);
        v[i].growing = true;
        for (uint32_t steps = i; steps > 0; steps--) {
            step(t, &v[i]);
        }
    }
}

static void run(struct storm_thread *t)
{
    struct vector *v = t->state;
    while (storm_running()) {
        for (int i = 0; i < BATCH; i++) {
            step(t, &v[storm_below(storm_random(t), VECTORS)]);
        }
    }
}

static uint64_t live(struct storm_thread *t)
{
    struct vector *v = t->state;
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < VECTORS; i++) {
        bytes += v[i].block.size;
    }
    return bytes;
}

static void drain(struct storm_thread *t)
{
    struct vector *v = t->state;
    for (uint32_t i = 0; i < VECTORS; i++) {
        storm_release(t, &v[i].block);
    }
}

const struct storm_scenario storm_ladder = {
    .name = "ladder",
    .about = "vectors grow and shrink by realloc, 8 B to 512 KiB, contents checked",
    .phases = 1,
    .setup = setup,
    .fill = fill,
    .run = run,
    .live = live,
    .drain = drain,
};
