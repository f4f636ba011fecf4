/* SPDX-License-Identifier: Apache-2.0 */
/* Small blocks freed twice, wherever the first free has left them. */
#include "misuse.h"
#include "osh_arena.h"
#include "osh_class.h"

/* Frees again, unless the trial is clean. What that does not report, the next os_malloc may
 * hand out twice: so where no trim comes first, the trial ends behind it. */
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
    } else if (!trial->clean) {
        stop();
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
    if (!trial->clean) {
        stop();
    }
    aftermath(trial, size);
}

/* Neighbours that live keep its slab. */
static void in_slab(struct trial *trial, bool trim)
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
    if (trim) {
        (void)os_heap_trim();
    } else if (!trial->clean) {
        stop();
    }
    for (unsigned i = 0; i < 8; i++) {
        if (i != 3) {
            os_free(blocks[i]);
        }
    }
    aftermath(trial, size);
}

static void in_its_slab(struct trial *trial)
{
    in_slab(trial, false);
}

static void in_its_slab_then_trimmed(struct trial *trial)
{
    in_slab(trial, true);
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
        stop();
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

/* The same when no quarantine is as long as what is freed in between. */
static void in_use_again_later(struct trial *trial)
{
    enum { MOST = 4 * OSH_QUARANTINE_BLOCKS };
    static void *others[MOST];
    size_t size = 1 + pick(trial, 200);
    noise(trial, size);
    void *block = block_of(trial, size);
    for (unsigned i = 0; i < MOST; i++) {
        others[i] = block_of(trial, size);
    }
    os_free(block);
    for (unsigned i = 0; i < MOST; i++) {
        os_free(others[i]);
    }
    unsigned count = 0;
    while (count < MOST && (others[count] = block_of(trial, size)) != block) {
        count++;
    }
    if (count < MOST && !trial->clean) {
        os_free(opaque(block));
        stop();
    }
    for (unsigned i = 0; i <= count && i < MOST; i++) {
        os_free(others[i]);
    }
    aftermath(trial, size);
}

/* Used in between, as stale pointers are. */
static void after_a_write(struct trial *trial)
{
    size_t size = 64 + pick(trial, 140);
    noise(trial, size);
    void *block = block_of(trial, size);
    void *other = block_of(trial, size);
    os_free(block);
    os_free(other);
    if (!trial->clean) {
        contents(trial, opaque(block), size);
        os_free(opaque(block));
        stop();
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
     INTACT, "-ps"},
    {"double_free_by_realloc", "double free by a realloc to 0", by_realloc, TWICE, INTACT, "-ps"},
    {"double_free_after_others", "double free, the block deeper in this core's cache", after_others,
     TWICE, INTACT, "--s"},
    {"double_free_after_others_then_trimmed",
     "double free, the block deeper in the cache, then a trim", after_others_then_trimmed, TWICE,
     INTACT, "ppp"},
    {"double_free_in_the_depot", "double free, the block in the depot", in_the_depot, TWICE, INTACT,
     "--s"},
    {"double_free_by_another_core", "double free, the block in another core's cache, then a trim",
     by_another_core, TWICE, INTACT, "ppp"},
    {"double_free_by_another_core_at_once",
     "double free, the block in another core's cache, nothing in between", by_another_core_at_once,
     TWICE, INTACT, "--s"},
    {"double_free_of_an_aligned_block", "double free, small aligned block", aligned, TWICE, INTACT,
     "-ps"},
    {"double_free_in_its_slab", "double free, the block free in its slab, after a trim",
     in_its_slab, TWICE, INTACT, "--s"},
    {"double_free_in_its_slab_then_trimmed",
     "double free, the block free in its slab, then another trim", in_its_slab_then_trimmed, TWICE,
     INTACT, "ppp"},
    {"double_free_after_its_slab_is_gone", "double free, the slab given back", slab_gone, TWICE,
     INTACT, "ppp"},
    {"double_free_after_others_and_a_write",
     "double free, the block deeper in the cache, written to in between", after_a_write,
     TWICE | REASON(USED_AFTER_FREE), INTACT, "--s"},
    {"double_free_of_a_block_in_use_again_later",
     "stale free, the block handed out again after many frees", in_use_again_later, TWICE, INTACT,
     "---"},
    {"double_free_of_a_block_in_use_again", "stale free, the block handed out again at once",
     in_use_again, TWICE, INTACT, "--s"},
    {0},
};
