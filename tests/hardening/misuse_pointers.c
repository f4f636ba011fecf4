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
    void *wrong[] = {foreign + pick(trial, sizeof(foreign)),
                     &size,
                     (void *)osh_arena.tables,
                     (void *)(osh_arena.base - 16),
                     (void *)osh_arena_address(osh_arena.pages),
                     (void *)(uintptr_t)(16 + 16 * pick(trial, 100)),
                     malloc(1)};
    free_this_or(trial, wrong[pick(trial, sizeof(wrong) / sizeof(wrong[0]))], block_of(size));
    aftermath(trial, size);
}

static void interior(struct trial *trial)
{
    size_t size = 32 + small_size(trial);
    noise(trial, size);
    char *block = block_of(size);
    free_this_or(trial, block + 8 + (size_t)8 * pick(trial, (unsigned)size / 8 - 1), block);
    aftermath(trial, size);
}

static void misaligned(struct trial *trial)
{
    size_t size = 8 + small_size(trial);
    noise(trial, size);
    char *block = block_of(size);
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
    char *block = block_of(size);
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
    void *block = block_of(size);
    size_t page = osh_arena.pages / 2 + pick(trial, (unsigned)osh_arena.pages / 8);
    free_this_or(trial, (void *)(osh_arena_address(page) + (uintptr_t)16 * pick(trial, 64)), block);
    aftermath(trial, size);
}

static void large_interior(struct trial *trial)
{
    size_t size = large_size(trial);
    noise(trial, 100);
    char *before = block_of(size);
    char *block = block_of(size);
    free_this_or(trial, block + OSH_ALIGN * (1 + pick(trial, (unsigned)(size / OSH_ALIGN) - 2)),
                 block);
    os_free(before);
    aftermath(trial, size);
}

static void large_misaligned(struct trial *trial)
{
    size_t size = large_size(trial);
    noise(trial, 100);
    char *block = block_of(size);
    free_this_or(trial, block + 1 + pick(trial, OSH_ALIGN - 1), block);
    aftermath(trial, size);
}

static void realloc_interior(struct trial *trial)
{
    size_t size = 32 + small_size(trial);
    noise(trial, size);
    char *block = block_of(size);
    if (!trial->clean && os_realloc(opaque(block + 8), size * 2) != NULL) {
        _exit(0); /* not noticed, and the block is gone */
    }
    os_free(block);
    aftermath(trial, size);
}

static void usable_interior(struct trial *trial)
{
    size_t size = 32 + small_size(trial);
    noise(trial, size);
    char *block = block_of(size);
    if (!trial->clean) {
        (void)os_malloc_usable_size(opaque(block + 8));
    }
    os_free(block);
    aftermath(trial, size);
}

static void sized_too_large(struct trial *trial)
{
    size_t size = small_size(trial);
    noise(trial, size);
    size_t usable = osh_class_bytes(osh_class_of(size));
    os_free_sized(block_of(size), trial->clean ? size : usable + 1 + pick(trial, 1000));
    aftermath(trial, size);
}

static void sized_too_small(struct trial *trial)
{
    size_t size = 64 + small_size(trial);
    noise(trial, size);
    os_free_sized(block_of(size), trial->clean ? size : 1 + pick(trial, (unsigned)size / 4));
    aftermath(trial, size);
}

static void sized_off_by_a_few(struct trial *trial)
{
    size_t size = 64 + small_size(trial);
    noise(trial, size);
    os_free_sized(block_of(size), trial->clean ? size : size - 1 - pick(trial, 30));
    aftermath(trial, size);
}

#define BAD_POINTER (REASON(NOT_A_START) | REASON(NO_BLOCKS) | REASON(BAD_HEADER))

const struct misuse pointer_misuses[] = {
    {"free_of_a_pointer_outside_the_heap", "free: pointer outside the heap", outside,
     REASON(NOT_OURS), INTACT},
    {"free_of_a_pointer_into_a_page_without_blocks", "free: pointer into a page without blocks",
     empty_page, REASON(NO_BLOCKS), INTACT},
    {"free_of_a_pointer_into_a_block", "free: pointer into a small block", interior, BAD_POINTER,
     INTACT},
    {"free_of_a_misaligned_pointer", "free: misaligned pointer, small block", misaligned,
     BAD_POINTER, INTACT},
    {"free_of_a_pointer_behind_the_last_block", "free: pointer behind a slab's last block",
     slab_end, BAD_POINTER, INTACT},
    {"free_of_a_pointer_into_a_large_block", "free: pointer into a large block", large_interior,
     BAD_POINTER | REASON(FREED_TWICE), INTACT},
    {"free_of_a_misaligned_pointer_to_a_large_block", "free: misaligned pointer, large block",
     large_misaligned, BAD_POINTER, INTACT},
    {"realloc_of_a_pointer_into_a_block", "realloc: pointer into a small block", realloc_interior,
     BAD_POINTER, INTACT},
    {"usable_size_of_a_pointer_into_a_block", "usable size: pointer into a small block",
     usable_interior, BAD_POINTER, INTACT},
    {"free_sized_with_more_than_the_block_has", "sized free: more than the block has",
     sized_too_large, REASON(WRONG_SIZE), INTACT},
    {"free_sized_with_a_quarter_or_less", "sized free: a quarter of the size, or less",
     sized_too_small, REASON(WRONG_SIZE), INTACT},
    {"free_sized_with_a_few_bytes_less", "sized free: a few bytes less", sized_off_by_a_few,
     REASON(WRONG_SIZE), INTACT},
    {0},
};
