/* SPDX-License-Identifier: Apache-2.0 */
/* Small blocks freed twice, wherever the first free has left them. */
#include "misuse.h"
#include "osh_arena.h"
#include "osh_class.h"

/* Frees again, unless the trial is clean. */
static void again(struct trial *trial, void *block)
{
    if (!trial->clean) {
        os_free(opaque(block));
    }
}

static void at_once(struct trial *trial)
{
    size_t size = small_size(trial);
    noise(trial, size);
    void *block = block_of(trial, size);
    os_free(block);
    again(trial, block);
    aftermath(trial, size);
}

/* Others are in front of it in the core's list. */
static void deeper_in_the_list(struct trial *trial, bool trim)
{
    size_t size = 1 + pick(trial, 200);
    noise(trial, size);
    void *blocks[4];
    for (unsigned i = 0; i < 4; i++) {
        blocks[i] = block_of(trial, size);
    }
    for (unsigned i = 0; i < 4; i++) {
        os_free(blocks[i]);
    }
    again(trial, blocks[pick(trial, 3)]);
    if (trim) {
        (void)os_heap_trim();
    }
    aftermath(trial, size);
}

static void after_others(struct trial *trial)
{
    deeper_in_the_list(trial, false);
}

/* The list goes back to the slabs before anything of it is handed out. */
static void after_others_then_trimmed(struct trial *trial)
{
    deeper_in_the_list(trial, true);
}

/* Three magazines and more are freed after it. */
static void in_the_depot(struct trial *trial)
{
    enum { MOST = 3 * 512 + 1 };
    static void *blocks[MOST];
    size_t size = 48 + pick(trial, 100);
    noise(trial, size);
    unsigned count = 3u * osh_class_info[osh_class_of(size)].magazine + 1u;
    for (unsigned i = 0; i < count; i++) {
        blocks[i] = block_of(trial, size);
    }
    for (unsigned i = 0; i < count; i++) {
        os_free(blocks[i]);
    }
    again(trial, blocks[pick(trial, 4)]);
    aftermath(trial, size);
}

/* Neighbours that live keep its slab. */
static void in_its_slab(struct trial *trial)
{
    size_t size = 1 + pick(trial, 200);
    noise(trial, size);
    void *blocks[8];
    for (unsigned i = 0; i < 8; i++) {
        blocks[i] = block_of(trial, size);
    }
    os_free(blocks[3]);
    (void)os_heap_trim();
    again(trial, blocks[3]);
    for (unsigned i = 0; i < 8; i++) {
        if (i != 3) {
            os_free(blocks[i]);
        }
    }
    aftermath(trial, size);
}

static void slab_gone(struct trial *trial)
{
    size_t size = OSH_SLAB_MAX / 4 + pick(trial, OSH_SLAB_MAX / 4);
    void *block = block_of(trial, size);
    os_free(block);
    (void)os_heap_trim();
    again(trial, block);
    aftermath(trial, 100);
}

static void free_it(void *block)
{
    os_free(block);
}

static void by_another_core(struct trial *trial)
{
    size_t size = 1 + pick(trial, 200);
    noise(trial, size);
    void *block = block_of(trial, size);
    elsewhere(free_it, block);
    again(trial, block);
    (void)os_heap_trim(); /* both caches go back to the slab */
    aftermath(trial, size);
}

/* And nothing in between: both cores hand it out now. */
static void by_another_core_at_once(struct trial *trial)
{
    size_t size = 1 + pick(trial, 200);
    noise(trial, size);
    void *block = block_of(trial, size);
    elsewhere(free_it, block);
    again(trial, block);
    if (!trial->clean) {
        stop(); /* a reclaim would notice, if the block is still free then */
    }
    aftermath(trial, size);
}

/* Of os_aligned_alloc, which has classes of its own where sizes are multiples. */
static void aligned(struct trial *trial)
{
    size_t size = (size_t)64 * (1 + pick(trial, 8));
    noise(trial, size);
    void *block = os_aligned_alloc(64, size);
    os_free(block);
    again(trial, block);
    aftermath(trial, size);
}

/* The whole heap is given back in between; others live. */
static void after_trim(struct trial *trial)
{
    size_t size = 1 + pick(trial, 200);
    void *blocks[3];
    for (unsigned i = 0; i < 3; i++) {
        blocks[i] = block_of(trial, size);
    }
    void *large = block_of(trial, large_size(trial));
    os_free(blocks[1]);
    (void)os_heap_trim();
    again(trial, blocks[1]);
    os_free(blocks[0]);
    os_free(blocks[2]);
    os_free(large);
    aftermath(trial, size);
}

/* A stale pointer to what is somebody else's block by now. */
static void in_use_again(struct trial *trial)
{
    size_t size = 1 + pick(trial, 200);
    noise(trial, size);
    void *block = block_of(trial, size);
    os_free(block);
    void *next = block_of(trial, size);
    if (trial->clean) {
        os_free(next);
    } else {
        os_free(opaque(block));
    }
    aftermath(trial, size);
}

/* The second free is realloc's. */
static void by_realloc(struct trial *trial)
{
    size_t size = 1 + pick(trial, 200);
    noise(trial, size);
    void *block = block_of(trial, size);
    os_free(block);
    if (!trial->clean) {
        (void)os_realloc(opaque(block), 0);
    }
    aftermath(trial, size);
}

#define TWICE (REASON(FREED_TWICE) | REASON(NO_BLOCKS) | REASON(BAD_LINK))

const struct misuse free_misuses[] = {
    {"double_free_at_once", "double free, the block freed last on this core", at_once, TWICE,
     INTACT, "-pss"},
    {"double_free_by_realloc", "double free by a realloc to 0", by_realloc, TWICE, INTACT, "-pss"},
    {"double_free_after_others", "double free, the block deeper in this core's cache", after_others,
     TWICE, INTACT, "--ss"},
    {"double_free_after_others_then_trimmed",
     "double free, the block deeper in the cache, then a trim", after_others_then_trimmed, TWICE,
     INTACT, "pppp"},
    {"double_free_in_the_depot", "double free, the block in the depot", in_the_depot, TWICE, INTACT,
     "--ss"},
    {"double_free_by_another_core", "double free, the block in another core's cache, then a trim",
     by_another_core, TWICE, INTACT, "pppp"},
    {"double_free_by_another_core_at_once",
     "double free, the block in another core's cache, nothing in between", by_another_core_at_once,
     TWICE, INTACT, "--ss"},
    {"double_free_of_an_aligned_block", "double free, small aligned block", aligned, TWICE, INTACT,
     "-pss"},
    {"double_free_after_a_trim", "double free, small block, after a trim", after_trim, TWICE,
     INTACT, "-ppp"},
    {"double_free_in_its_slab", "double free, the block free in its slab", in_its_slab, TWICE,
     INTACT, "-ppp"},
    {"double_free_after_its_slab_is_gone", "double free, the slab given back", slab_gone, TWICE,
     INTACT, "pppp"},
    {"double_free_of_a_block_in_use_again", "stale free, the block handed out again", in_use_again,
     TWICE, INTACT, "---s"},
    {0},
};
