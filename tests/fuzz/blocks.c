/* SPDX-License-Identifier: Apache-2.0 */
#include "blocks.h"

#include "os/os_heap.h"
#include "stamp.h"
#include "world.h"

#define WHOLE 256 /* up to here stamp() writes every byte ... */
#define START 128 /* ... and of longer blocks those at either end */

struct block blocks[BLOCKS];

static uint64_t next_key;

void blocks_begin(void)
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        blocks[i] = (struct block){.at = NULL};
    }
    next_key = 1;
}

/* A busy block is none any more: a resize in flight may have moved and freed it. */
static void nobody_elses(const struct block *block)
{
    for (const struct block *other = blocks; other < blocks + BLOCKS; other++) {
        if (other != block && other->at != NULL && !other->busy &&
            block->at < other->at + other->usable && other->at < block->at + block->usable) {
            world_fail("a block was handed out that overlaps another", block->at);
        }
    }
}

void block_took(struct block *block, void *at, size_t size, size_t alignment)
{
    block->at = at;
    if (at == NULL) {
        return;
    }
    block->size = size;
    block->usable = os_malloc_usable_size(at);
    block->alignment = alignment;
    block->key = next_key++;
    /* At level 2 no byte of a block of size 0 may be used. */
    size_t last = block->usable > 0 ? block->usable - 1 : 0;
    if (os_heap_caps(at) == 0 || os_heap_caps(at) != os_heap_caps(block->at + last)) {
        world_fail("a block is outside the regions", at);
    }
    if (block->usable < size) {
        world_fail("a block is smaller than asked for", at);
    }
    if (!is_aligned(at, alignment)) {
        world_fail("a block is not aligned", at);
    }
    nobody_elses(block);
    stamp(at, size, block->key);
}

void block_check(const struct block *block)
{
    if (block->at != NULL && !block->busy && !is_stamped(block->at, block->size, block->key)) {
        world_fail("a block is not as its owner left it", block->at);
    }
}

void block_check_start(const struct block *block, const void *at, size_t bytes)
{
    size_t kept = block->size < bytes ? block->size : bytes;
    kept = block->size > WHOLE && kept > START ? START : kept;
    if (!is_stamped_all(at, kept, block->key)) {
        world_fail("a resized block has lost its contents", at);
    }
}

void *block_give(struct block *block)
{
    void *at = block->at;
    if (at != NULL && !is_stamped(at, block->size, block->key)) {
        world_fail("a block is not as its owner left it", at);
    }
    block->at = NULL;
    return at;
}

size_t blocks_live(void)
{
    size_t bytes = 0;
    for (unsigned i = 0; i < BLOCKS; i++) {
        bytes += blocks[i].at != NULL ? blocks[i].usable : 0;
    }
    return bytes;
}

void blocks_check(void)
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        block_check(&blocks[i]);
    }
}
