/* SPDX-License-Identifier: Apache-2.0 */
/* newlib's headers, overwritten: the word before a block is its size, and bits. */
#include "misuse.h"
#include "osh_class.h"

#include <string.h>

#define BLOCKS 5u
#define BITS ((uintptr_t)7) /* below a size */

static void *blocks[BLOCKS];

/* Neighbours, with contents all over. */
static size_t several(struct trial *trial)
{
    size_t size = large_size(trial);
    noise(trial, 100);
    for (unsigned i = 0; i < BLOCKS; i++) {
        blocks[i] = block_of(trial, size + (size_t)64 * i);
        contents(trial, blocks[i], size + (size_t)64 * i);
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

static uintptr_t *header_of(void *block)
{
    return (uintptr_t *)opaque(block) - 1;
}

static uintptr_t size_in(uintptr_t header)
{
    return header & ~BITS;
}

/* Writes another size there, unless the trial is clean; returns what was there. */
static uintptr_t overwrite(struct trial *trial, void *block, uintptr_t wrong)
{
    uintptr_t right = *header_of(block);
    if (!trial->clean) {
        *header_of(block) = size_in(wrong) != size_in(right) ? wrong : ~right;
    }
    return right;
}

/* As it was, but for the bit that tells of the block before: what goes on then sees a sound
 * heap. */
static void mend(struct trial *trial, void *block, uintptr_t right)
{
    if (!trial->clean) {
        *header_of(block) = right;
    }
}

static void header(struct trial *trial, size_t size, uintptr_t wrong)
{
    uintptr_t right = overwrite(trial, blocks[2], wrong);
    os_free(blocks[2]);
    mend(trial, blocks[2], right);
    free_but(2);
    aftermath(trial, size);
}

static void filled(struct trial *trial)
{
    uintptr_t wrong;
    size_t size = several(trial);
    memset(&wrong, 1 + (int)pick(trial, 255), sizeof(wrong));
    header(trial, size, wrong);
}

static void zero(struct trial *trial)
{
    size_t size = several(trial);
    header(trial, size, 0);
}

/* A multiple of what newlib aligns to, with its PREV_INUSE bit. */
static void another_size(struct trial *trial)
{
    size_t size = several(trial);
    header(trial, size, (uintptr_t)(64u * (1u + pick(trial, 2000u))) | 1u);
}

static void plausible(struct trial *trial)
{
    size_t size = several(trial);
    header(trial, size, plausible_word(trial));
}

/* The chunk ends where the one behind the next ends. */
static void grown_by_the_next(struct trial *trial)
{
    size_t size = several(trial);
    header(trial, size, *header_of(blocks[2]) + size_in(*header_of(blocks[3])));
}

/* What is cut off would make a chunk. */
static void shrunk_by_a_chunk(struct trial *trial)
{
    size_t size = several(trial);
    header(trial, size, *header_of(blocks[2]) - (uintptr_t)64 * (1 + pick(trial, 100)));
}

/* Only what says whether the block before is in use: it is here. */
static void bit_cleared(struct trial *trial)
{
    size_t size = several(trial);
    uintptr_t right = *header_of(blocks[2]);
    if (!trial->clean) {
        *header_of(blocks[2]) ^= 1;
    }
    os_free(blocks[2]);
    (void)os_heap_trim(); /* out of the quarantine */
    mend(trial, blocks[2], right);
    free_but(2);
    aftermath(trial, size);
}

/* It is not, here. */
static void bit_set(struct trial *trial)
{
    size_t size = several(trial);
    os_free(blocks[1]);
    if (!trial->clean) {
        *header_of(blocks[2]) |= 1;
    }
    os_free(blocks[2]);
    if (!trial->clean) {
        stop();
    }
    os_free(blocks[0]);
    os_free(blocks[3]);
    os_free(blocks[4]);
    aftermath(trial, size);
}

/* Noticed when the block behind is freed, or the quarantine that the free one waits in
 * ends: newlib would merge the two. */
static void of_the_free_one_before(struct trial *trial)
{
    size_t size = several(trial);
    os_free(blocks[1]);
    (void)overwrite(trial, blocks[1], plausible_word(trial));
    os_free(blocks[2]);
    (void)os_heap_trim();
    if (!trial->clean) {
        stop(); /* newlib's list of free chunks has it */
    }
    os_free(blocks[0]);
    os_free(blocks[3]);
    os_free(blocks[4]);
    aftermath(trial, size);
}

/* With that number for a header, too, the block looks like a free chunk and what is behind it:
 * the size is repeated, and its lowest bit is clear. */
static uintptr_t full_of_a_size(struct trial *trial, uintptr_t *block, size_t bytes)
{
    uintptr_t number = (uintptr_t)16 * (2 + pick(trial, 100));
    for (size_t i = 0; i < bytes / sizeof(*block); i++) {
        block[i] = number;
    }
    return number;
}

/* The block's own header is sound, and newlib would look whether the next is free. */
static void of_the_next_at_a_free(struct trial *trial)
{
    size_t size = several(trial);
    uintptr_t wrong = plausible_word(trial);
    if (pick(trial, 2) == 0) {
        wrong = full_of_a_size(trial, blocks[3], size);
    }
    uintptr_t right = overwrite(trial, blocks[3], wrong);
    os_free(blocks[2]);
    (void)os_heap_trim(); /* out of the quarantine */
    mend(trial, blocks[3], right);
    free_but(2);
    aftermath(trial, size);
}

/* It cannot grow without the next one's. */
static void of_the_next_at_a_resize(struct trial *trial)
{
    size_t size = several(trial);
    uintptr_t right = overwrite(trial, blocks[2], plausible_word(trial));
    void *grown = os_realloc(blocks[1], 3 * size);
    mend(trial, blocks[2], right);
    os_free(grown);
    if (!trial->clean) {
        stop(); /* the block that was not resized may be freed or not */
    }
    free_but(1);
    aftermath(trial, size);
}

/* A block's end is the next one's header. */
static void overflow_into_the_next(struct trial *trial)
{
    size_t size = several(trial);
    size_t usable = os_malloc_usable_size(blocks[1]);
    if (!trial->clean) {
        uintptr_t right = *header_of(blocks[2]);
        contents(trial, (char *)opaque(blocks[1]) + usable, 4 * sizeof(void *));
        (void)overwrite(trial, blocks[2],
                        size_in(*header_of(blocks[2])) != size_in(right) ? *header_of(blocks[2])
                                                                         : ~right);
    }
    os_free(blocks[2]);
    os_free(blocks[1]);
    if (!trial->clean) {
        stop(); /* the rest of newlib's heap is damaged, too */
    }
    os_free(blocks[0]);
    os_free(blocks[3]);
    os_free(blocks[4]);
    aftermath(trial, size);
}

#define BAD_HEADER (REASON(BAD_HEADER) | REASON(FREED_TWICE) | REASON(OVERRUN))

/* nano's chunks do not repeat their size, and a block's neighbours are free ones of a list. */
#define ONLY_FULL(grounds) (MISUSE_NANO ? "---" : (grounds))

const struct misuse header_misuses[] = {
    {"overwritten_header_filled", "newlib header overwritten: a repeated byte", filled, BAD_HEADER,
     INTACT, "-ss"},
    {"overwritten_header_zero", "newlib header overwritten: zero", zero, BAD_HEADER, INTACT, "-ss"},
    {"overwritten_header_of_another_size", "newlib header overwritten: a size", another_size,
     BAD_HEADER, INTACT, "-ss"},
    {"overwritten_header_with_plausible_data", "newlib header overwritten: any plausible word",
     plausible, BAD_HEADER, INTACT, "-ss"},
    {"header_grown_by_the_next_block", "newlib header overwritten: grown by the next block's size",
     grown_by_the_next, BAD_HEADER, INTACT, "-ss"},
    {"header_shrunk_by_a_chunk", "newlib header overwritten: less by a chunk", shrunk_by_a_chunk,
     BAD_HEADER, INTACT, "-ss"},
    {"header_bit_cleared", "newlib header overwritten: its bit, the block before is in use",
     bit_cleared, BAD_HEADER, INTACT, "-ss"},
    {"header_bit_set", "newlib header overwritten: its bit, the block before is free", bit_set,
     BAD_HEADER, DAMAGED, "---"},
    {"overwritten_header_of_the_free_chunk_before",
     "newlib header overwritten: the free chunk before", of_the_free_one_before,
     BAD_HEADER | REASON(BAD_LINK), DAMAGED, ONLY_FULL("-pp")},
    {"overwritten_header_seen_by_the_block_before",
     "newlib header overwritten: the next one's, then freed", of_the_next_at_a_free, BAD_HEADER,
     INTACT, ONLY_FULL("-ss")},
    {"overwritten_header_seen_by_realloc",
     "newlib header overwritten: the next one's, then resized", of_the_next_at_a_resize, BAD_HEADER,
     DAMAGED, ONLY_FULL("-ss")},
    {"overflow_of_a_large_block_into_the_next", "overflow: large block, into the next",
     overflow_into_the_next, BAD_HEADER, DAMAGED, "-ss"},
    {0},
};
