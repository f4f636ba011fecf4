/* SPDX-License-Identifier: Apache-2.0 */
#include "stamp.h"

#define END_BYTES 128

static unsigned char pattern(uint64_t key, size_t i)
{
    uint64_t mixed = (key + i / 8 * 0x9e3779b97f4a7c15u) * 0xbf58476d1ce4e5b9u;
    return (unsigned char)(mixed >> (56 - 8 * (i % 8)));
}

static void write_range(unsigned char *block, size_t from, size_t to, uint64_t key)
{
    for (size_t i = from; i < to; i++) {
        block[i] = pattern(key, i);
    }
}

static bool holds_range(const unsigned char *block, size_t from, size_t to, uint64_t key)
{
    for (size_t i = from; i < to; i++) {
        if (block[i] != pattern(key, i)) {
            return false;
        }
    }
    return true;
}

void stamp(void *block, size_t bytes, uint64_t key)
{
    size_t head = bytes < END_BYTES ? bytes : END_BYTES;
    size_t tail = bytes - head < END_BYTES ? head : bytes - END_BYTES;
    write_range(block, 0, head, key);
    write_range(block, tail, bytes, key);
}

bool is_stamped(const void *block, size_t bytes, uint64_t key)
{
    size_t head = bytes < END_BYTES ? bytes : END_BYTES;
    size_t tail = bytes - head < END_BYTES ? head : bytes - END_BYTES;
    return holds_range(block, 0, head, key) && holds_range(block, tail, bytes, key);
}

void stamp_all(void *block, size_t bytes, uint64_t key)
{
    write_range(block, 0, bytes, key);
}

bool is_stamped_all(const void *block, size_t bytes, uint64_t key)
{
    return holds_range(block, 0, bytes, key);
}

bool is_zero(const void *block, size_t bytes)
{
    const unsigned char *byte = block;
    for (size_t i = 0; i < bytes; i++) {
        if (byte[i] != 0) {
            return false;
        }
    }
    return true;
}

bool is_aligned(const void *block, size_t alignment)
{
    return (uintptr_t)block % alignment == 0;
}
