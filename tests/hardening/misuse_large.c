/* SPDX-License-Identifier: Apache-2.0 */
/* Large blocks: double frees and newlib's headers. */
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
        blocks[i] = block_of(size + (size_t)64 * i);
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
        memset(opaque(blocks[3]), 1 + (int)pick(trial, 255), sizeof(void *));
    }
    end_deferring();
    os_free(blocks[0]);
    os_free(blocks[1]);
    os_free(blocks[4]);
    aftermath(trial, size);
}

/* The word before the block is its size, with newlib as with its nano form. */
static void header(struct trial *trial, uintptr_t wrong)
{
    size_t size = several(trial);
    uintptr_t *word = (uintptr_t *)blocks[2] - 1;
    uintptr_t right = *word;
    if (!trial->clean) {
        *(uintptr_t *)opaque(word) = wrong;
    }
    os_free(blocks[2]);
    *(uintptr_t *)opaque(word) = right; /* what goes on below sees a sound heap */
    free_but(2);
    aftermath(trial, size);
}

static void header_filled(struct trial *trial)
{
    uintptr_t wrong;
    memset(&wrong, 1 + (int)pick(trial, 255), sizeof(wrong));
    header(trial, wrong);
}

static void header_zero(struct trial *trial)
{
    header(trial, 0);
}

static void header_of_another_size(struct trial *trial)
{
    /* A multiple of what newlib aligns to, with its PREV_INUSE bit. */
    header(trial, (uintptr_t)(64u * (1u + pick(trial, 2000u))) | 1u);
}

/* Noticed when the block behind is freed, or the quarantine that the free one waits in
 * ends: newlib would merge the two. */
static void header_of_the_free_one_before(struct trial *trial)
{
    size_t size = several(trial);
    os_free(blocks[1]);
    if (!trial->clean) {
        memset((uintptr_t *)opaque(blocks[1]) - 1, 1 + (int)pick(trial, 255), sizeof(uintptr_t));
    }
    os_free(blocks[2]);
    (void)os_heap_trim();
    if (!trial->clean) {
        _exit(0); /* newlib's list of free chunks has it */
    }
    os_free(blocks[0]);
    os_free(blocks[3]);
    os_free(blocks[4]);
    aftermath(trial, size);
}

/* The block's own header is sound, and it cannot grow without the next one's. */
static void header_of_the_next_at_a_resize(struct trial *trial)
{
    size_t size = several(trial);
    uintptr_t *word = (uintptr_t *)blocks[2] - 1;
    uintptr_t right = *word;
    if (!trial->clean) {
        memset(opaque(word), 1 + (int)pick(trial, 255), sizeof(*word));
    }
    void *grown = os_realloc(blocks[1], 3 * size);
    *(uintptr_t *)opaque(word) = right;
    os_free(grown);
    free_but(1);
    aftermath(trial, size);
}

/* A block's end is the next one's header. */
static void overflow_into_the_next(struct trial *trial)
{
    size_t size = several(trial);
    size_t usable = os_malloc_usable_size(blocks[1]);
    if (!trial->clean) {
        memset((char *)opaque(blocks[1]) + usable, 0x41, 4 * sizeof(void *));
    }
    os_free(blocks[2]);
    os_free(blocks[1]);
    if (!trial->clean) {
        _exit(0); /* the rest of newlib's heap is damaged, too */
    }
    os_free(blocks[0]);
    os_free(blocks[3]);
    os_free(blocks[4]);
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
    {"double_free_of_a_large_block", "double free, large block", at_once, TWICE, INTACT},
    {"double_free_of_a_large_block_merged", "double free, large block merged with free ones",
     merged, TWICE, INTACT},
    {"double_free_in_the_deferred_list", "double free, large block deferred last", deferred_twice,
     TWICE, INTACT},
    {"double_free_in_the_deferred_list_after_others", "double free, large block deferred earlier",
     deferred_twice_with_others_between, TWICE, INTACT},
    {"overwritten_link_in_the_deferred_list", "write after free: link of a deferred block",
     deferred_link, REASON(BAD_LINK) | REASON(USED_AFTER_FREE), INTACT},
    {"overwritten_header_filled", "newlib header overwritten: a repeated byte", header_filled,
     REASON(BAD_HEADER) | REASON(OVERRUN), INTACT},
    {"overwritten_header_zero", "newlib header overwritten: zero", header_zero,
     REASON(BAD_HEADER) | REASON(OVERRUN), INTACT},
    {"overwritten_header_of_another_size", "newlib header overwritten: a plausible size",
     header_of_another_size, TWICE | REASON(OVERRUN), INTACT},
    {"overwritten_header_of_the_free_chunk_before",
     "newlib header overwritten: the free chunk before", header_of_the_free_one_before,
     REASON(BAD_HEADER), DAMAGED},
    {"overwritten_header_seen_by_realloc",
     "newlib header overwritten: the next one's, then resized", header_of_the_next_at_a_resize,
     REASON(BAD_HEADER) | REASON(FREED_TWICE), INTACT},
    {"overflow_of_a_large_block_into_the_next", "overflow: large block, into the next",
     overflow_into_the_next, REASON(BAD_HEADER) | REASON(OVERRUN), DAMAGED},
    {"overflow_of_a_large_block_by_a_byte", "overflow: large block, by one byte", by_one_byte,
     REASON(OVERRUN) | REASON(BAD_HEADER), DAMAGED},
    {"write_after_free_to_a_large_block", "write after free: large block", write_after_free,
     REASON(USED_AFTER_FREE), DAMAGED},
    {"free_sized_of_a_large_block_with_too_much", "sized free: large block, too much",
     sized_too_large, REASON(WRONG_SIZE), INTACT},
    {"free_sized_of_a_large_block_with_a_small_size", "sized free: large block, a small size",
     sized_too_small, REASON(WRONG_SIZE), INTACT},
    {0},
};
