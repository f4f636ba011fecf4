/* SPDX-License-Identifier: Apache-2.0 */
/* Writes to small blocks that are free, and past the end of those that are not. */
#include "misuse.h"
#include "osh_class.h"

/* What programs write, or any byte; each of these bytes is another one then: writing what
 * is there already would be no change. */
static void fill(struct trial *trial, void *at, size_t bytes)
{
    unsigned char *byte = opaque(at);
    unsigned char news[256];
    unsigned change = 1 + pick(trial, 255);
    bool plausible = pick(trial, 2) == 0;
    contents(trial, news, bytes);
    for (size_t i = 0; i < bytes && !trial->clean; i++) {
        bool other = plausible && news[i] != byte[i];
        byte[i] = other ? news[i] : (unsigned char)(byte[i] ^ change);
    }
}

static void link_bytes(struct trial *trial, size_t bytes)
{
    size_t size = 1 + pick(trial, 200);
    noise(trial, size);
    void *first = block_of(trial, size);
    void *block = block_of(trial, size);
    os_free(first); /* so that there is something to link to */
    os_free(block);
    fill(trial, block, bytes);
    aftermath(trial, size);
}

static void free_link(struct trial *trial)
{
    link_bytes(trial, sizeof(void *));
}

/* The restartable sequences have the room of the list there, below the address. */
static void free_link_count(struct trial *trial)
{
    link_bytes(trial, 2);
}

static void free_body(struct trial *trial)
{
    size_t size = 40 + pick(trial, 160);
    noise(trial, size);
    char *block = block_of(trial, size);
    os_free(block);
    unsigned offset = pick(trial, (unsigned)size - 24 - 8) + 16;
    fill(trial, block + offset, 1 + pick(trial, 8));
    aftermath(trial, size);
}

/* Far into a block of some KiB. */
static void free_far(struct trial *trial)
{
    size_t size = OSH_SLAB_MAX / 2 + OSH_SLAB_MAX / 4;
    noise(trial, size);
    char *block = block_of(trial, size);
    os_free(block);
    fill(trial, block + size / 2 + pick(trial, (unsigned)size / 4), 8);
    aftermath(trial, size);
}

/* The block lies free in its slab, not in a cache. */
static void in_its_slab(struct trial *trial, unsigned offset)
{
    size_t size = 40 + pick(trial, 160);
    noise(trial, size);
    char *block = block_of(trial, size);
    void *neighbour = block_of(trial, size);
    os_free(block);
    (void)os_heap_trim();
    fill(trial, block + offset, 8);
    for (unsigned i = 0; i < 3; i++) {
        void *all[1024];
        for (unsigned j = 0; j < 1024; j++) {
            all[j] = block_of(trial, size);
        }
        for (unsigned j = 0; j < 1024; j++) {
            os_free(all[j]);
        }
    }
    os_free(neighbour);
    aftermath(trial, size);
}

static void free_in_slab(struct trial *trial)
{
    in_its_slab(trial, 16);
}

/* Where in a list its link would be. */
static void free_in_slab_first_word(struct trial *trial)
{
    in_its_slab(trial, 0);
}

static void free_one_word(struct trial *trial)
{
    noise(trial, 8);
    void *first = block_of(trial, 8);
    void *block = block_of(trial, 8);
    os_free(first);
    os_free(block);
    fill(trial, block, 8);
    aftermath(trial, 8);
}

static void overflow(struct trial *trial, size_t size, size_t from, size_t bytes)
{
    noise(trial, size);
    char *block = block_of(trial, size);
    fill(trial, block + from, bytes);
    os_free(block);
    aftermath(trial, size);
}

static void by_one_byte(struct trial *trial)
{
    size_t size = small_size(trial);
    overflow(trial, size, size, 1);
}

/* To the end of the class's block, not further: into nobody's memory. */
static void into_slack(struct trial *trial)
{
    size_t size = osh_class_bytes(osh_class_of(1 + pick(trial, 400))) + 1;
    overflow(trial, size, size, osh_class_bytes(osh_class_of(size)) - size);
}

static void by_a_few_words(struct trial *trial)
{
    size_t size = small_size(trial);
    overflow(trial, size, size, sizeof(void *) * (1 + pick(trial, 4)));
}

/* A byte that is skipped at the end: no linear overflow. */
static void a_byte_further_on(struct trial *trial)
{
    size_t size = (size_t)16 * (1 + pick(trial, 12));
    overflow(trial, size, size + 200 + pick(trial, 400), 1);
}

static void seen_by_realloc(struct trial *trial)
{
    size_t size = small_size(trial);
    noise(trial, size);
    char *block = block_of(trial, size);
    fill(trial, block + size, 1);
    block = os_realloc(block, 2 * size + 100);
    os_free(block);
    aftermath(trial, size);
}

static void underflow(struct trial *trial)
{
    size_t size = 1 + pick(trial, 200);
    void *all[64];
    for (unsigned i = 0; i < 64; i++) {
        all[i] = block_of(trial, size);
    }
    noise(trial, size);
    fill(trial, (char *)all[32] - 1, 1);
    for (unsigned i = 0; i < 64; i++) {
        os_free(all[i]);
    }
    aftermath(trial, size);
}

static void read_after_free(struct trial *trial)
{
    size_t size = 1 + pick(trial, 200);
    noise(trial, size);
    char *block = block_of(trial, size);
    os_free(block);
    if (!trial->clean) {
        (void)*(volatile char *)opaque(block);
    }
    aftermath(trial, size);
}

#define AFTER_FREE (REASON(USED_AFTER_FREE) | REASON(BAD_LINK))

const struct misuse write_misuses[] = {
    {"write_after_free_to_a_link", "write after free: the link of a cached block", free_link,
     AFTER_FREE, DAMAGED, "--s"},
    {"write_after_free_to_the_count_of_a_link",
     "write after free: the count beside a cached block's link", free_link_count, AFTER_FREE,
     DAMAGED, "--s"},
    {"write_after_free_to_a_block_of_a_word", "write after free: a block of 8 bytes", free_one_word,
     AFTER_FREE, DAMAGED, "--s"},
    {"write_after_free_to_a_body", "write after free: behind the link", free_body, AFTER_FREE,
     DAMAGED, "--s"},
    {"write_after_free_far_into_a_block", "write after free: beyond what is filled", free_far,
     AFTER_FREE, DAMAGED, "---"},
    {"write_after_free_in_its_slab", "write after free: block free in its slab", free_in_slab,
     AFTER_FREE, DAMAGED, "--s"},
    {"write_after_free_in_its_slab_to_the_first_word",
     "write after free: first word of a block free in its slab", free_in_slab_first_word,
     AFTER_FREE, INTACT, "--s"},
    {"read_after_free", "read after free", read_after_free, AFTER_FREE, INTACT, "---"},
    {"overflow_by_a_byte", "overflow: small block, by one byte", by_one_byte,
     REASON(OVERRUN) | REASON(USED_AFTER_FREE), DAMAGED, "--s"},
    {"overflow_into_slack", "overflow: within the class's block", into_slack, REASON(OVERRUN),
     DAMAGED, "--s"},
    {"overflow_by_words", "overflow: small block, by some words", by_a_few_words,
     REASON(OVERRUN) | REASON(USED_AFTER_FREE), DAMAGED, "--s"},
    {"overflow_seen_by_realloc", "overflow: small block, then resized", seen_by_realloc,
     REASON(OVERRUN) | REASON(USED_AFTER_FREE), DAMAGED, "--s"},
    {"write_far_behind_a_block", "write far behind a small block", a_byte_further_on,
     REASON(OVERRUN) | REASON(USED_AFTER_FREE), DAMAGED, "---"},
    {"underflow", "underflow: the byte before a small block", underflow,
     REASON(OVERRUN) | REASON(USED_AFTER_FREE), DAMAGED, "---"},
    {0},
};
