/* SPDX-License-Identifier: Apache-2.0 */
/* Pointers that are not the start of a live block. */
#include "misuse.h"
#include "osh_arena.h"
#include "osh_class.h"

#include <stdlib.h>
#include <unistd.h>

static char foreign[256];

/* The trial's pointer, or a good one. */
static void free_this_or(struct trial *trial, void *wrong, void *right)
{
    if (trial->clean) {
        os_free(right);
    } else {
        os_free(opaque(wrong));
        os_free(right);
    }
}

static void outside(struct trial *trial)
{
    size_t size = small_size(trial);
    noise(trial, size);
    void *wrong[] = {foreign + pick(trial, sizeof(foreign)), &size,
                     (void *)osh_arena_address(osh_arena.pages),
                     (void *)(uintptr_t)(16 + 16 * pick(trial, 100)), malloc(1)};
    free_this_or(trial, wrong[pick(trial, sizeof(wrong) / sizeof(wrong[0]))],
                 block_of(trial, size));
    aftermath(trial, size);
}

/* The tables lie in the region, in front of the pages. */
static void tables(struct trial *trial)
{
    size_t size = small_size(trial);
    noise(trial, size);
    size_t bytes = osh_arena.base - osh_arena.tables;
    free_this_or(trial, (void *)(osh_arena.tables + pick(trial, (unsigned)bytes)),
                 block_of(trial, size));
    aftermath(trial, size);
}

static void interior(struct trial *trial)
{
    size_t size = 32 + small_size(trial);
    noise(trial, size);
    char *block = block_of(trial, size);
    free_this_or(trial, block + 8 + (size_t)8 * pick(trial, (unsigned)size / 8 - 1), block);
    aftermath(trial, size);
}

static void misaligned(struct trial *trial)
{
    size_t size = 8 + small_size(trial);
    noise(trial, size);
    char *block = block_of(trial, size);
    free_this_or(trial, block + 1 + pick(trial, 7), block);
    aftermath(trial, size);
}

/* Behind the last whole object of a slab, where one more would begin. */
static void slab_end(struct trial *trial)
{
    unsigned cls;
    do {
        cls = 1 + pick(trial, OSH_CLASS_MAX);
    } while ((osh_class_info[cls].objects * osh_class_bytes(cls)) % OSH_PAGE_BYTES == 0);
    size_t size = osh_class_bytes(cls) - osh_class_bytes(cls) / 8; /* no power of two */
    unsigned its_class = osh_class_of(size);
    noise(trial, size);
    char *block = block_of(trial, size);
    size_t slab =
        osh_class_slab(osh_arena.page_class[osh_arena_page(block)], osh_arena_page(block));
    its_class = osh_arena.page_class[slab];
    char *end = (char *)osh_arena_address(slab) +
                osh_class_info[its_class].objects * osh_class_bytes(its_class);
    size_t slab_bytes = OSH_PAGE_BYTES << osh_class_run(its_class);
    bool any = (size_t)(end - (char *)osh_arena_address(slab)) < slab_bytes;
    free_this_or(trial, any ? end : block + 1, block);
    aftermath(trial, size);
}

static void empty_page(struct trial *trial)
{
    size_t size = small_size(trial);
    noise(trial, size);
    void *block = block_of(trial, size);
    size_t page = osh_arena.pages / 2 + pick(trial, (unsigned)osh_arena.pages / 8);
    free_this_or(trial, (void *)(osh_arena_address(page) + (uintptr_t)16 * pick(trial, 64)), block);
    aftermath(trial, size);
}

/* An array of whatever, and a pointer to an element. */
static void large_interior(struct trial *trial)
{
    size_t size = large_size(trial);
    noise(trial, 100);
    char *before = block_of(trial, size);
    char *block = block_of(trial, size);
    contents(trial, block, size);
    free_this_or(trial, block + OSH_ALIGN * (1 + pick(trial, (unsigned)(size / OSH_ALIGN) - 2)),
                 block);
    os_free(before);
    aftermath(trial, size);
}

/* The number is what the header of a chunk of 64 bytes is, then of others. */
static void array_of_sizes(struct trial *trial)
{
    size_t size = large_size(trial);
    noise(trial, 100);
    uintptr_t *block = block_of(trial, size);
    uintptr_t number = pick(trial, 2) == 0 ? 65 : (uintptr_t)16 * (2 + pick(trial, 100)) + 1;
    for (size_t i = 0; i < size / sizeof(*block); i++) {
        block[i] = number;
    }
    free_this_or(trial, block + (size_t)2 * (1 + pick(trial, 100)), block);
    aftermath(trial, size);
}

/* The same in an interrupt, where it is deferred. */
static void deferred_interior(struct trial *trial)
{
    size_t size = large_size(trial);
    noise(trial, 100);
    char *block = block_of(trial, size);
    contents(trial, block, size);
    begin_deferring();
    free_this_or(trial, block + OSH_ALIGN * (1 + pick(trial, (unsigned)(size / OSH_ALIGN) - 2)),
                 block);
    end_deferring();
    aftermath(trial, size);
}

/* Of os_aligned_alloc, small or large: newlib's padding lies before it. */
static void aligned_interior(struct trial *trial, bool large)
{
    size_t alignment = (size_t)32 << pick(trial, 5);
    size_t size = large ? large_size(trial) : 64 + pick(trial, 400);
    noise(trial, 100);
    char *block = os_aligned_alloc(alignment, size);
    contents(trial, block, size);
    unsigned steps = (unsigned)(size / OSH_ALIGN) - 2;
    free_this_or(trial, block + OSH_ALIGN * (1 + pick(trial, steps)), block);
    aftermath(trial, size);
}

static void small_aligned_interior(struct trial *trial)
{
    aligned_interior(trial, false);
}

static void large_aligned_interior(struct trial *trial)
{
    aligned_interior(trial, true);
}

static void large_misaligned(struct trial *trial)
{
    size_t size = large_size(trial);
    noise(trial, 100);
    char *block = block_of(trial, size);
    free_this_or(trial, block + 1 + pick(trial, OSH_ALIGN - 1), block);
    aftermath(trial, size);
}

#define BAD_POINTER (REASON(NOT_A_START) | REASON(NO_BLOCKS) | REASON(BAD_HEADER))

const struct misuse pointer_misuses[] = {
    {"free_of_a_pointer_outside_the_heap", "free: pointer outside the heap", outside,
     REASON(NOT_OURS), INTACT, "ppp"},
    {"free_of_a_pointer_into_a_page_without_blocks", "free: pointer into a page without blocks",
     empty_page, REASON(NO_BLOCKS), INTACT, "ppp"},
    {"free_of_a_pointer_into_a_block", "free: pointer into a small block", interior, BAD_POINTER,
     INTACT, "-pp"},
    {"free_of_a_misaligned_pointer", "free: misaligned pointer, small block", misaligned,
     BAD_POINTER, INTACT, "-pp"},
    {"free_of_a_pointer_behind_the_last_block", "free: pointer behind a slab's last block",
     slab_end, BAD_POINTER, INTACT, "-pp"},
    {"free_of_a_pointer_into_a_large_block", "free: pointer into a large block", large_interior,
     BAD_POINTER | REASON(FREED_TWICE), INTACT, "-ss"},
    {"free_of_a_misaligned_pointer_to_a_large_block", "free: misaligned pointer, large block",
     large_misaligned, BAD_POINTER, INTACT, "-pp"},
    {"free_of_a_pointer_into_the_tables", "free: pointer into the heap's own tables", tables,
     REASON(NOT_OURS), INTACT, "ppp"},
    {"free_of_a_pointer_into_an_array_of_sizes", "free: pointer into an array of the number 65",
     array_of_sizes, BAD_POINTER | REASON(FREED_TWICE), INTACT, "-ss"},
    {"free_of_a_pointer_into_a_large_block_in_an_interrupt",
     "free: pointer into a large block, in an interrupt", deferred_interior,
     BAD_POINTER | REASON(FREED_TWICE), INTACT, "-ss"},
    {"free_of_a_pointer_into_an_aligned_block", "free: pointer into a small aligned block",
     small_aligned_interior, BAD_POINTER, INTACT, "-pp"},
    {"free_of_a_pointer_into_a_large_aligned_block", "free: pointer into a large aligned block",
     large_aligned_interior, BAD_POINTER | REASON(FREED_TWICE), INTACT, "-ss"},
    {0},
};
