/* SPDX-License-Identifier: Apache-2.0 */
#include "judged.h"

#include "arch.h"
#include "input.h"
#include "osh_guard.h"
#include "sizes.h"
#include "stamp.h"
#include "world.h"

struct judged judged;

struct os_heap_stats judged_stats(void)
{
    struct os_heap_stats stats;
    os_heap_stats(&stats);
    judged.calls++;
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
    if (judged_stats().free_pages > 0) {
        world_fail("no memory, with pages free", NULL);
    }
}

void judged_release(struct block *block)
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
    judged.calls++;
}

void judged_allocate(struct block *block, size_t bytes, unsigned how)
{
    static const uint32_t wishes[] = {OS_HEAP_CAP_DMA, OS_HEAP_CAP_DEFAULT, 0,
                                      OS_HEAP_CAP_DMA | OS_HEAP_CAP_DEFAULT};
    void *at;
    size_t alignment = alignment_for(bytes);
    bool alone = judged.depth == 0 && !world_may_call_back() && !world_is_out();
    if (block->busy) {
        return;
    }
    block->busy = true;
    os_free(block_give(block));
    judged.calls += 2;
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
        alignment = (size_t)1 << input_byte() % 14;
        at = os_aligned_alloc(alignment, bytes);
        break;
    case 3:
        at = os_malloc_in(wishes[bytes % 4], bytes);
        if (at != NULL && (wishes[bytes % 4] & ~os_heap_caps(at)) != 0) {
            world_fail("a block's region lacks a capability", at);
        }
        break;
    default:
        at = os_malloc(bytes);
        judge_null(at, bytes, alone);
    }
    TELL("allocate (%u) %zu bytes aligned to %zu: %p\n", how, bytes, alignment, at);
    block->busy = false;
    block_took(block, at, bytes, alignment);
}

void judged_resize(struct block *block, size_t bytes, bool as_array)
{
    struct block old = *block;
    if (block->busy) {
        return;
    }
    block_check(block);
    block->busy = true;
    uint32_t caps = os_heap_caps(old.at);
    void *at = as_array ? os_reallocarray(old.at, bytes, 1) : os_realloc(old.at, bytes);
    judged.calls++;
    block->busy = false;
    TELL("resize %p of %zu bytes to %zu: %p\n", (void *)old.at, old.size, bytes, at);
    if (at == NULL && bytes > 0) {
        block_check(block); /* untouched */
        return;
    }
    if (at != NULL && old.at != NULL) {
        if ((caps & ~os_heap_caps(at)) != 0) {
            world_fail("a resized block's region lacks a capability", at);
        }
        block_check_start(&old, at, bytes);
    }
    block->at = NULL;
    block_took(block, at, bytes, 1);
}

void judged_fill(size_t bytes)
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        if (blocks[i].at == NULL && !blocks[i].busy) {
            judged_allocate(&blocks[i], bytes, 2);
            if (blocks[i].at == NULL) {
                return;
            }
        }
    }
}

void judged_release_every(unsigned step)
{
    for (unsigned i = 0; i < BLOCKS; i += step) {
        if (blocks[i].at != NULL) {
            judged_release(&blocks[i]);
        }
    }
}

void judged_look(void)
{
    blocks_check();
    TELL("look\n");
    if (judged.depth > 0 || osh_arch_in_interrupt()) {
        return;
    }
    world_at_seam(0, NULL); /* nothing else runs */
    const char *wrong = os_heap_check();
    judged.calls++;
    if (wrong != NULL) {
        world_fail(wrong, NULL);
    }
    struct os_heap_stats stats = judged_stats();
    /* A level 2 block has a record behind what may be used. */
    if (OSH_HARDENING < 2 ? stats.live != blocks_live() : stats.live < blocks_live()) {
        world_fail("the heap's live bytes are not those of the blocks held", NULL);
    }
    if (stats.cached > stats.cached_bound || stats.deferred_pending > stats.deferred_frees) {
        world_fail("statistics that cannot be", NULL);
    }
}

void judged_trim(void)
{
    bool in_interrupt = osh_arch_in_interrupt();
    TELL("trim\n");
    size_t bytes = os_heap_trim();
    judged.calls++;
    if (in_interrupt && bytes != 0) {
        world_fail("a trim in an interrupt", NULL);
    }
}
