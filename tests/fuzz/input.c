/* SPDX-License-Identifier: Apache-2.0 */
#include "input.h"

#include "sizes.h"

static const uint8_t *next;
static const uint8_t *end;

void input_begin(const uint8_t *bytes, size_t count)
{
    next = bytes;
    end = bytes + count;
}

bool input_left(void)
{
    return next < end;
}

unsigned input_byte(void)
{
    return next < end ? *next++ : 0u;
}

unsigned input_word(void)
{
    unsigned low = input_byte();
    return low | input_byte() << 8;
}

struct block *input_place(void)
{
    return &blocks[input_byte() % BLOCKS];
}

size_t input_size(void)
{
    unsigned kind = input_byte();
    switch (kind % 8) {
    case 0:
        return input_byte();
    case 1:
        return input_word() % (OSH_SLAB_MAX + 2);
    case 2:
        return LARGE_SIZE(1) + input_word() % (16 * KIB);
    case 3:
        return kind == 255 ? SIZE_MAX - input_byte() : (size_t)input_word() * (1 + kind / 16);
    default:
        return osh_class_bytes(1 + input_byte() % OSH_CLASS_MAX) - 1 + kind / 8 % 3;
    }
}
