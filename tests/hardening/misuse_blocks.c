/* SPDX-License-Identifier: Apache-2.0 */
/* Calls other than os_free that are given what is no live block, or not its size. */
#include "misuse.h"
#include "osh_arena.h"
#include "osh_class.h"

static char foreign[256];

enum call { REALLOC_MORE, REALLOC_LESS, USABLE_SIZE, FREE_SIZED };

/* Makes the call for a pointer that is none to a live block of `size` bytes. */
static void misuse(enum call call, void *wrong, size_t size)
{
    switch (call) {
    case REALLOC_MORE:
        if (os_realloc(opaque(wrong), 2 * size) != NULL) {
            stop(); /* not noticed, and the block is gone */
        }
        break;
    case REALLOC_LESS:
        if (os_realloc(opaque(wrong), size - size / 8) != NULL) {
            stop();
        }
        break;
    case USABLE_SIZE:
        (void)os_malloc_usable_size(opaque(wrong));
        break;
    case FREE_SIZED:
        os_free_sized(opaque(wrong), size);
        break;
    }
}

static void into_small(struct trial *trial, enum call call)
{
    size_t size = 32 + small_size(trial);
    noise(trial, size);
    char *block = block_of(trial, size);
    if (!trial->clean) {
        misuse(call, block + (size_t)8 * (1 + pick(trial, (unsigned)size / 8 - 1)), size);
    }
    os_free(block);
    aftermath(trial, size);
}

static void into_large(struct trial *trial, enum call call)
{
    size_t size = large_size(trial);
    noise(trial, 100);
    char *block = block_of(trial, size);
    contents(trial, block, size);
    if (!trial->clean) {
        misuse(call, block + OSH_ALIGN * (1 + pick(trial, (unsigned)(size / OSH_ALIGN) - 2)), size);
    }
    os_free(block);
    aftermath(trial, size);
}

static void of_foreign(struct trial *trial, enum call call)
{
    size_t size = small_size(trial);
    noise(trial, size);
    void *wrong[] = {foreign + pick(trial, sizeof(foreign)), &size, (void *)osh_arena.tables,
                     (void *)osh_arena_address(osh_arena.pages)};
    if (!trial->clean) {
        misuse(call, wrong[pick(trial, 4)], size);
    }
    aftermath(trial, size);
}

/* Freed, and nothing else since. */
static void of_freed_small(struct trial *trial, enum call call)
{
    size_t size = 16 + pick(trial, 200);
    noise(trial, size);
    void *first = block_of(trial, size);
    void *block = block_of(trial, size);
    os_free(first);
    os_free(block);
    if (!trial->clean) {
        misuse(call, block, size);
        stop(); /* what comes later reports what has happened by then */
    }
    aftermath(trial, size);
}

static void of_freed_large(struct trial *trial, enum call call)
{
    size_t size = large_size(trial);
    noise(trial, 100);
    void *block = block_of(trial, size);
    void *behind = block_of(trial, size);
    os_free(block);
    if (!trial->clean) {
        misuse(call, block, size);
    }
    os_free(behind);
    aftermath(trial, size);
}

#define ROWS(name, call)                            \
    static void name##_small(struct trial *t)       \
    {                                               \
        into_small(t, call);                        \
    }                                               \
    static void name##_large(struct trial *t)       \
    {                                               \
        into_large(t, call);                        \
    }                                               \
    static void name##_foreign(struct trial *t)     \
    {                                               \
        of_foreign(t, call);                        \
    }                                               \
    static void name##_freed(struct trial *t)       \
    {                                               \
        of_freed_small(t, call);                    \
    }                                               \
    static void name##_freed_large(struct trial *t) \
    {                                               \
        of_freed_large(t, call);                    \
    }

ROWS(grown, REALLOC_MORE)
ROWS(cut, REALLOC_LESS)
ROWS(usable, USABLE_SIZE)
ROWS(sized, FREE_SIZED)

static void sized_too_large(struct trial *trial)
{
    size_t size = small_size(trial);
    noise(trial, size);
    size_t usable = osh_class_bytes(osh_class_of(size));
    os_free_sized(block_of(trial, size), trial->clean ? size : usable + 1 + pick(trial, 1000));
    aftermath(trial, size);
}

static void sized_too_small(struct trial *trial)
{
    size_t size = 64 + small_size(trial);
    noise(trial, size);
    os_free_sized(block_of(trial, size), trial->clean ? size : 1 + pick(trial, (unsigned)size / 4));
    aftermath(trial, size);
}

/* From then on a block may be larger than its size called for. */
static void sized_too_small_after_out(struct trial *trial)
{
    static void *all[4096];
    unsigned count = 0;
    while (count < 4096 && (all[count] = os_malloc((size_t)64 * 1024)) != NULL) {
        count++;
    }
    all[count] = os_malloc(40);
    while (count < 4096 && (all[count] = os_malloc(40 + pick(trial, 400))) != NULL) {
        count++;
    }
    while (count-- > 0) {
        os_free(all[count]);
    }
    sized_too_small(trial);
}

static void sized_off_by_a_few(struct trial *trial)
{
    size_t size = 64 + small_size(trial);
    noise(trial, size);
    os_free_sized(block_of(trial, size), trial->clean ? size : size - 1 - pick(trial, 30));
    aftermath(trial, size);
}

#define BAD_POINTER \
    (REASON(NOT_A_START) | REASON(NO_BLOCKS) | REASON(BAD_HEADER) | REASON(FREED_TWICE))
#define TWICE (BAD_POINTER | REASON(USED_AFTER_FREE))

#define ROWS_OF(name, of, what)                                                              \
    {of "_of_a_pointer_into_a_block",                                                        \
     what ": pointer into a small block",                                                    \
     name##_small,                                                                           \
     BAD_POINTER,                                                                            \
     INTACT,                                                                                 \
     "-pp"},                                                                                 \
        {of "_of_a_pointer_into_a_large_block",                                              \
         what ": pointer into a large block",                                                \
         name##_large,                                                                       \
         BAD_POINTER,                                                                        \
         INTACT,                                                                             \
         "-ss"},                                                                             \
        {of "_of_a_pointer_outside_the_heap",                                                \
         what ": pointer outside the heap",                                                  \
         name##_foreign,                                                                     \
         REASON(NOT_OURS),                                                                   \
         INTACT,                                                                             \
         "ppp"},                                                                             \
        {of "_of_a_freed_block",                                                             \
         what ": small block that is free",                                                  \
         name##_freed,                                                                       \
         TWICE,                                                                              \
         INTACT,                                                                             \
         "--s"},                                                                             \
    {                                                                                        \
        of "_of_a_freed_large_block", what ": large block that is free", name##_freed_large, \
            TWICE, INTACT, "-ss"                                                             \
    }

const struct misuse block_misuses[] = {
    ROWS_OF(grown, "realloc", "realloc"),
    ROWS_OF(cut, "cut", "realloc to less"),
    ROWS_OF(usable, "usable_size", "usable size"),
    ROWS_OF(sized, "free_sized", "sized free"),
    {"free_sized_with_more_than_the_block_has", "sized free: more than the block has",
     sized_too_large, REASON(WRONG_SIZE), INTACT, "-pp"},
    {"free_sized_with_a_quarter_or_less",
     "sized free: a quarter of the size, or less, memory never out", sized_too_small,
     REASON(WRONG_SIZE), INTACT, "-ps"},
    {"free_sized_with_a_quarter_after_memory_was_out",
     "sized free: a quarter of the size, memory has been out", sized_too_small_after_out,
     REASON(WRONG_SIZE), INTACT, "--s"},
    {"free_sized_with_a_few_bytes_less", "sized free: a few bytes less", sized_off_by_a_few,
     REASON(WRONG_SIZE), INTACT, "--s"},
    {0},
};
