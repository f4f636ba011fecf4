/* SPDX-License-Identifier: Apache-2.0 */
/* Large blocks: double frees, sizes, writes. */
#include "misuse.h"
#include "osh_class.h"

#include <string.h>
#include <unistd.h>

#define BLOCKS 5u

static void *blocks[BLOCKS];

static size_t several(struct trial *trial)
{
    size_t size = large_size(trial);
    noise(trial, 100);
    for (unsigned i = 0; i < BLOCKS; i++) {
        blocks[i] = block_of(trial, size + (size_t)64 * i);
    }
    return size;
}

static void free_but(unsigned one)
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        if (i != one) {
            os_free(blocks[i]);
        }
    }
}

static void again(struct trial *trial, void *block)
{
    if (!trial->clean) {
        os_free(opaque(block));
    }
}

static void at_once(struct trial *trial)
{
    size_t size = several(trial);
    os_free(blocks[2]);
    again(trial, blocks[2]);
    free_but(2);
    aftermath(trial, size);
}

static void merged(struct trial *trial)
{
    size_t size = several(trial);
    unsigned which = 1 + pick(trial, BLOCKS - 1);
    os_free(blocks[which - 1]); /* it is merged into this one, or the top */
    os_free(blocks[which]);
    again(trial, blocks[which]);
    for (unsigned i = 0; i < BLOCKS; i++) {
        if (i != which && i != which - 1) {
            os_free(blocks[i]);
        }
    }
    aftermath(trial, size);
}

/* What is behind it was freed before, and merged into it: newlib writes nothing at its end,
 * nor at that of the next. */
static void merged_with_those_behind(struct trial *trial)
{
    size_t size = several(trial);
    unsigned which = pick(trial, BLOCKS - 3);
    os_free(blocks[which + 2]);
    os_free(blocks[which + 1]);
    os_free(blocks[which]);
    again(trial, blocks[which]);
    for (unsigned i = 0; i < BLOCKS; i++) {
        if (i < which || i > which + 2) {
            os_free(blocks[i]);
        }
    }
    aftermath(trial, size);
}

static void deferred_twice(struct trial *trial)
{
    size_t size = several(trial);
    begin_deferring();
    os_free(blocks[2]);
    again(trial, blocks[2]);
    end_deferring();
    free_but(2);
    aftermath(trial, size);
}

static void deferred_twice_with_others_between(struct trial *trial)
{
    size_t size = several(trial);
    begin_deferring();
    os_free(blocks[2]);
    os_free(blocks[3]);
    again(trial, blocks[2]);
    end_deferring();
    os_free(blocks[0]);
    os_free(blocks[1]);
    os_free(blocks[4]);
    aftermath(trial, size);
}

static void deferred_link(struct trial *trial)
{
    size_t size = several(trial);
    begin_deferring();
    os_free(blocks[2]);
    os_free(blocks[3]);
    if (!trial->clean) {
        uintptr_t *link = opaque(blocks[3]);
        uintptr_t written = plausible_word(trial);
        *link = written != *link ? written : 0;
    }
    end_deferring();
    os_free(blocks[0]);
    os_free(blocks[1]);
    os_free(blocks[4]);
    aftermath(trial, size);
}

/* Padded in front: newlib's header is not where the chunk begins. */
static void aligned(struct trial *trial)
{
    size_t size = large_size(trial);
    noise(trial, 100);
    void *block = os_aligned_alloc((size_t)32 << pick(trial, 7), size);
    void *behind = block_of(trial, size);
    os_free(block);
    again(trial, block);
    os_free(behind);
    aftermath(trial, size);
}

/* Its pages are the arena's again. */
static void given_back(struct trial *trial)
{
    size_t size = large_size(trial);
    noise(trial, 100);
    void *block = block_of(trial, size);
    os_free(block);
    (void)os_heap_trim();
    again(trial, block);
    aftermath(trial, 100);
}

/* A stale pointer to what is somebody else's block by now. */
static void in_use_again(struct trial *trial)
{
    size_t size = large_size(trial);
    noise(trial, 100);
    void *block = block_of(trial, size);
    os_free(block);
    void *next = block_of(trial, size);
    os_free(trial->clean ? next : opaque(block));
    aftermath(trial, size);
}

/* A neighbour that lives keeps its pages. */
static void after_trim(struct trial *trial)
{
    size_t size = several(trial);
    os_free(blocks[2]);
    (void)os_heap_trim();
    again(trial, blocks[2]);
    free_but(2);
    aftermath(trial, size);
}

static void by_one_byte(struct trial *trial)
{
    size_t size = several(trial);
    if (!trial->clean) {
        ((unsigned char *)opaque(blocks[1]))[size + 64] ^= 0x41;
    }
    free_but(BLOCKS);
    aftermath(trial, size);
}

static void sized(struct trial *trial, size_t offset)
{
    size_t size = several(trial);
    os_free_sized(blocks[2], trial->clean ? size + 128 : offset);
    free_but(2);
    aftermath(trial, size);
}

static void sized_too_large(struct trial *trial)
{
    sized(trial, (size_t)4 * OSH_SLAB_MAX);
}

static void sized_too_small(struct trial *trial)
{
    sized(trial, 1 + pick(trial, OSH_SLAB_MAX / 2));
}

static void write_after_free(struct trial *trial)
{
    size_t size = several(trial);
    os_free(blocks[2]);
    if (!trial->clean) {
        memset((char *)opaque(blocks[2]) + 64 + pick(trial, 512), 0x42, 8);
    }
    free_but(2);
    aftermath(trial, size);
}

#define TWICE                                                                          \
    (REASON(FREED_TWICE) | REASON(BAD_HEADER) | REASON(NO_BLOCKS) | REASON(NOT_OURS) | \
     REASON(BAD_LINK))

const struct misuse large_misuses[] = {
    {"double_free_of_a_large_block", "double free, large block", at_once, TWICE, INTACT, "-ss"},
    {"double_free_of_a_large_block_merged", "double free, large block merged with free ones",
     merged, TWICE, INTACT, "-ss"},
    {"double_free_of_a_large_block_merged_with_those_behind",
     "double free, large block merged with those behind it", merged_with_those_behind, TWICE,
     INTACT, "-ss"},
    {"double_free_of_a_large_aligned_block", "double free, large aligned block", aligned, TWICE,
     INTACT, "-ss"},
    {"double_free_of_a_large_block_after_a_trim", "double free, large block, after a trim",
     after_trim, TWICE, INTACT, "-ss"},
    {"double_free_of_a_large_block_in_use_again",
     "stale free, large block handed out again at once", in_use_again, TWICE, INTACT, "--s"},
    {"double_free_of_a_large_block_given_back",
     "double free, large block, its page given back by newlib", given_back, TWICE, INTACT, "ppp"},
    {"double_free_in_the_deferred_list", "double free, large block deferred last", deferred_twice,
     TWICE, INTACT, "-ss"},
    {"double_free_in_the_deferred_list_after_others", "double free, large block deferred earlier",
     deferred_twice_with_others_between, TWICE, INTACT, "-ss"},
    {"overwritten_link_in_the_deferred_list", "write after free: link of a deferred block",
     deferred_link, TWICE | REASON(USED_AFTER_FREE), INTACT, "--s"},
    {"overflow_of_a_large_block_by_a_byte", "overflow: large block, by one byte", by_one_byte,
     REASON(OVERRUN) | REASON(BAD_HEADER), DAMAGED, "--s"},
    {"write_after_free_to_a_large_block", "write after free: large block", write_after_free,
     REASON(USED_AFTER_FREE), DAMAGED, "--s"},
    {"free_sized_of_a_large_block_with_too_much", "sized free: large block, too much",
     sized_too_large, REASON(WRONG_SIZE), INTACT, "-ss"},
    {"free_sized_of_a_large_block_with_a_small_size",
     "sized free: large block, a small size, memory never out", sized_too_small, REASON(WRONG_SIZE),
     INTACT, "-ps"},
    {0},
};
