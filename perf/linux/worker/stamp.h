// SPDX-License-Identifier: Apache-2.0
// What a user writes into a block, and what must still be there when it is freed.
#ifndef STORM_STAMP_H
#define STORM_STAMP_H

#include <stdint.h>
#include <string.h>

#define STORM_OS_PAGE 4096u

struct storm_block {
    void *ptr;
    uint32_t size;
    uint32_t seq;
};

// Differs for every block ever handed out, so a block given to two owners at
// once cannot look right to both.
static inline uint64_t storm_stamp_word(const struct storm_block *b)
{
    uint64_t what = ((uint64_t)b->seq << 32) | b->size;
    return (what * 0x9E3779B97F4A7C15u) ^ (uint64_t)(uintptr_t)b->ptr;
}

// Throughput mode: both ends, and every page so that RSS means something.
void storm_touch_pages(const struct storm_block *b);

static inline void storm_touch(const struct storm_block *b)
{
    uint64_t word = storm_stamp_word(b);
    memcpy(b->ptr, &word, sizeof(word));
    if (b->size >= 2 * sizeof(word)) {
        memcpy((char *)b->ptr + b->size - sizeof(word), &word, sizeof(word));
    }
    if (__builtin_expect(b->size > STORM_OS_PAGE, 0)) {
        storm_touch_pages(b);
    }
}

// Verify mode: the first `bytes` of the block, every one of them. The first word
// is the same in both modes.
void storm_stamp(const struct storm_block *b, uint32_t bytes);
void storm_check_stamp(const struct storm_block *b, uint32_t bytes);

// The contents of `old`, which realloc has moved to `ptr`.
void storm_check_moved_stamp(const struct storm_block *old, const char *ptr, uint32_t bytes);

// Throughput mode's check, of the first word only.
_Noreturn void storm_corrupt(const struct storm_block *b, uint32_t offset, uint64_t expected,
                             uint64_t found);

static inline void storm_check_first(const struct storm_block *b)
{
    uint64_t found;
    memcpy(&found, b->ptr, sizeof(found));
    uint64_t expected = storm_stamp_word(b);
    if (__builtin_expect(found != expected, 0)) {
        storm_corrupt(b, 0, expected, found);
    }
}

#endif
