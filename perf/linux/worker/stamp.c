// SPDX-License-Identifier: Apache-2.0
#include "stamp.h"

#include <inttypes.h>

#include "storm.h"

void storm_touch_pages(const struct storm_block *b)
{
    char *p = b->ptr;
    uint64_t word = storm_stamp_word(b);
    for (uint32_t at = STORM_OS_PAGE; at + sizeof(word) <= b->size; at += STORM_OS_PAGE) {
        memcpy(p + at, &word, sizeof(word));
    }
}

static inline uint64_t stamp_at(uint64_t first, uint32_t offset)
{
    return first + (uint64_t)(offset / 8) * 0xD1342543DE82EF95u;
}

void storm_stamp(const struct storm_block *b, uint32_t bytes)
{
    char *p = b->ptr;
    uint64_t first = storm_stamp_word(b);
    for (uint32_t at = 0; at < bytes; at += 8) {
        uint64_t word = stamp_at(first, at);
        memcpy(p + at, &word, bytes - at < 8 ? bytes - at : 8);
    }
}

void storm_check_stamp(const struct storm_block *b, uint32_t bytes)
{
    storm_check_moved_stamp(b, b->ptr, bytes);
}

void storm_check_moved_stamp(const struct storm_block *old, const char *ptr, uint32_t bytes)
{
    uint64_t first = storm_stamp_word(old);
    for (uint32_t at = 0; at < bytes; at += 8) {
        size_t width = bytes - at < 8 ? bytes - at : 8;
        uint64_t expected = 0;
        uint64_t found = 0;
        uint64_t word = stamp_at(first, at);
        memcpy(&expected, &word, width);
        memcpy(&found, ptr + at, width);
        if (found != expected) {
            storm_corrupt(old, at, expected, found);
        }
    }
}

void storm_corrupt(const struct storm_block *b, uint32_t offset, uint64_t expected, uint64_t found)
{
    storm_die(EXIT_CORRUPT,
              "corrupt block %p, size %" PRIu32 ", sequence %" PRIu32 ", offset %" PRIu32
              ": expected 0x%016" PRIx64 ", found 0x%016" PRIx64,
              b->ptr, b->size, b->seq, offset, expected, found);
}
