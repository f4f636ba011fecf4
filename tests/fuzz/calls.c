/* SPDX-License-Identifier: Apache-2.0 */
#include "calls.h"

#include "arch.h"
#include "blocks.h"
#include "os/os_heap.h"
#include "os/os_heap_linux.h"
#include "osh_guard.h"
#include "sizes.h"
#include "stamp.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

#define KIB ((size_t)1024)
#define NESTED_MOST 3

static const uint8_t *next;
static const uint8_t *end;
static uint64_t calls;
static unsigned depth;    /* 0: nothing is in flight */
static bool may_allocate; /* here: not where a mutex could be waited for in vain */

/* OSHEAP_FUZZ_TRACE: tells each call, indented by how deep it is nested. */
#define TELL(...)                                             \
    do {                                                      \
        if (tells) {                                          \
            (void)fprintf(stderr, "%*s", (int)depth * 4, ""); \
            (void)fprintf(stderr, __VA_ARGS__);               \
        }                                                     \
    } while (0)
static bool tells;

static unsigned byte(void)
{
    return next < end ? *next++ : 0u;
}

static unsigned word(void)
{
    unsigned low = byte();
    return low | byte() << 8;
}

static struct block *place(void)
{
    return &blocks[byte() % BLOCKS];
}

/* Small, around a class, large, or nonsense. */
static size_t size(void)
{
    unsigned kind = byte();
    switch (kind % 8) {
    case 0:
        return byte();
    case 1:
        return word() % (OSH_SLAB_MAX + 2);
    case 2:
        return LARGE_SIZE(1) + word() % (16 * KIB);
    case 3:
        return kind == 255 ? SIZE_MAX - byte() : (size_t)word() * (1 + kind / 16);
    default:
        return osh_class_bytes(1 + byte() % OSH_CLASS_MAX) - 1 + kind / 8 % 3;
    }
}

static struct os_heap_stats now(void)
{
    struct os_heap_stats stats;
    os_heap_stats(&stats);
    calls++;
    return stats;
}

/* NULL for a small size in a task says that not one page is free: unless something
 * else came between. */
static void judge_null(const void *at, size_t bytes, bool alone)
{
    bytes = osh_guard_padded(bytes);
    if (at != NULL || bytes > OSH_SLAB_MAX || !alone || osh_arch_in_interrupt() ||
        osh_class_run(osh_class_of(bytes)) > 0) {
        return;
    }
    if (now().free_pages > 0) {
        world_fail("no memory, with pages free", NULL);
    }
}

static void release(struct block *block)
{
    size_t bytes = block->size;
    if (block->busy) {
        return;
    }
    TELL("free %p of %zu bytes\n", (void *)block->at, bytes);
    /* C23: free_sized is not for what aligned_alloc gave. */
    bool sized = bytes % 2 != 0 && block->alignment <= alignment_for(bytes);
    void *at = block_give(block);
    if (!sized) {
        os_free(at);
    } else {
        os_free_sized(at, at != NULL ? bytes : 0);
    }
    calls++;
}

static void allocate(struct block *block, size_t bytes, unsigned how)
{
    void *at;
    size_t alignment = alignment_for(bytes);
    bool alone = depth == 0 && !world_may_call_back() && !world_is_out();
    if (block->busy) {
        return;
    }
    block->busy = true;
    os_free(block_give(block));
    calls += 2;
    switch (how) {
    case 0:
        at = os_calloc(1 + bytes % 3, bytes / (1 + bytes % 3));
        bytes = bytes / (1 + bytes % 3) * (1 + bytes % 3);
        alignment = alignment_for(bytes);
        if (at != NULL && !is_zero(at, bytes)) {
            world_fail("calloc's block is not zero", at);
        }
        break;
    case 1:
        alignment = (size_t)1 << byte() % 14;
        at = os_aligned_alloc(alignment, bytes);
        break;
    default:
        at = os_malloc(bytes);
        judge_null(at, bytes, alone);
    }
    TELL("allocate (%u) %zu bytes aligned to %zu: %p\n", how, bytes, alignment, at);
    block->busy = false;
    block_took(block, at, bytes, alignment);
}

static void resize(struct block *block, size_t bytes, bool as_array)
{
    struct block old = *block;
    if (block->busy) {
        return;
    }
    block_check(block);
    block->busy = true;
    void *at = as_array ? os_reallocarray(old.at, bytes, 1) : os_realloc(old.at, bytes);
    calls++;
    block->busy = false;
    TELL("resize %p of %zu bytes to %zu: %p\n", (void *)old.at, old.size, bytes, at);
    if (at == NULL && bytes > 0) {
        block_check(block); /* untouched */
        return;
    }
    if (at != NULL && old.at != NULL) {
        block_check_start(&old, at, bytes);
    }
    block->at = NULL;
    block_took(block, at, bytes, 1);
}

static void fill(size_t bytes)
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        if (blocks[i].at == NULL && !blocks[i].busy) {
            allocate(&blocks[i], bytes, 2);
            if (blocks[i].at == NULL) {
                return;
            }
        }
    }
}

static void release_every(unsigned step)
{
    for (unsigned i = 0; i < BLOCKS; i += step) {
        if (blocks[i].at != NULL) {
            release(&blocks[i]);
        }
    }
}

static void look(void)
{
    blocks_check();
    TELL("look\n");
    if (depth > 0 || osh_arch_in_interrupt()) {
        return;
    }
    world_at_seam(0, NULL); /* nothing else runs */
    const char *wrong = os_heap_check();
    calls++;
    if (wrong != NULL) {
        world_fail(wrong, NULL);
    }
    struct os_heap_stats stats = now();
    /* A level 3 block has a record behind what may be used. */
    if (OSH_HARDENING < 3 ? stats.live != blocks_live() : stats.live < blocks_live()) {
        world_fail("the heap's live bytes are not those of the blocks held", NULL);
    }
    if (stats.cached > stats.cached_bound || stats.deferred_pending > stats.deferred_frees) {
        world_fail("statistics that cannot be", NULL);
    }
}

static void act(void);

/* An interrupt of this core: bracketed it may do anything, else it only frees. */
static void interrupt(bool bracketed)
{
    bool before = may_allocate;
    may_allocate = bracketed;
    if (bracketed) {
        os_heap_signal_enter();
    }
    for (unsigned left = 1 + byte() % 6; left > 0 && next < end; left--) {
        act();
    }
    if (bracketed) {
        os_heap_signal_leave();
    }
    may_allocate = before;
}

/* At a seam of a call that is in flight. */
static void nested(void)
{
    unsigned how = byte();
    unsigned core = byte();
    bool before = may_allocate;
    if (depth == NESTED_MOST) {
        return;
    }
    TELL("at a seam: %s\n", how % 2 == 0 ? "an interrupt" : "another core");
    depth++;
    if (how % 2 == 0 || !world_os_started() || osh_arch_in_interrupt()) {
        interrupt(osh_arch_in_interrupt() || how % 4 != 2);
    } else {
        may_allocate = !world_would_block();
        world_run_on(core);
        for (unsigned left = 1 + how / 2 % 8; left > 0 && next < end; left--) {
            act();
        }
    }
    may_allocate = before;
    depth--;
}

static void trim(void)
{
    bool in_interrupt = osh_arch_in_interrupt();
    TELL("trim\n");
    size_t bytes = os_heap_trim();
    calls++;
    if (in_interrupt && bytes != 0) {
        world_fail("a trim in an interrupt", NULL);
    }
}

static void change_the_world(unsigned what)
{
    TELL("world: %u\n", what % 5);
    switch (what % 5) {
    case 0:
        if (world_os_started()) {
            world_run_on(byte());
        }
        break;
    case 1:
        if (depth == 0) { /* the OS is not started within a call of the heap */
            world_start_os();
        }
        break;
    case 2:
        world_memory_out(what & 8, byte() % 16, 1 + byte() % 32);
        break;
    default:
        world_at_seam(byte() % 32, nested);
    }
}

static void act(void)
{
    unsigned what = byte();
    unsigned kind = what % 32;
    if (kind < 12 || kind == 21) {
        struct block *block = place();
        if (kind < 7 || !may_allocate) {
            release(block);
        } else {
            allocate(block, size(), kind == 21 ? 1 : kind - 7);
        }
    } else if (kind < 16) {
        if (may_allocate) {
            resize(place(), size(), kind % 2);
        }
    } else if (kind == 16 && may_allocate) {
        fill(size());
    } else if (kind == 17) {
        release_every(1 + byte() % 4);
    } else if (kind == 18 && may_allocate) {
        trim();
    } else if (kind == 19) {
        look();
    } else if (kind == 20 && depth < NESTED_MOST && depth == 0) {
        depth++;
        interrupt(true);
        depth--;
    } else if (kind > 21) {
        change_the_world(what / 32 + kind);
    }
}

/* All is given back: then it must all be there. */
static void finish(void)
{
    world_at_seam(0, NULL);
    world_memory_out(false, 0, 0);
    release_every(1);
    look();
    trim();
    look();
    struct os_heap_stats stats = now();
    if (stats.live + stats.cached + stats.slab_pages + stats.fallback_pages != 0 ||
        stats.free_pages != stats.region || stats.deferred_pending != 0) {
        world_fail("something is left", NULL);
    }
    allocate(&blocks[0], stats.region / 10 * 8, 2);
    if (blocks[0].at == NULL) {
        world_fail("no block of most of an empty heap", NULL);
    }
    release(&blocks[0]);
}

uint64_t calls_run(const uint8_t *bytes, size_t count)
{
    tells = getenv("OSHEAP_FUZZ_TRACE") != NULL;
    next = bytes;
    end = bytes + count;
    calls = 0;
    depth = 0;
    may_allocate = true;
    unsigned shape = byte();
    world_begin((32 + shape % 8 * 32) * KIB, (size_t)(shape / 8) * 8);
    blocks_begin();
    while (next < end) {
        act();
    }
    finish();
    return calls;
}
