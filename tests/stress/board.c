/* SPDX-License-Identifier: Apache-2.0 */
#include "board.h"

#include "os/os_heap.h"
#include "stamp.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define PLACES 1024

static _Atomic(void *) places[PLACES];

void *parcel_pack(void *block, size_t bytes, uint64_t key)
{
    if (block != NULL) {
        struct parcel *parcel = block;
        parcel->bytes = bytes;
        parcel->key = key;
        stamp(parcel + 1, bytes - sizeof(*parcel), key ^ bytes);
    }
    return block;
}

void parcel_check(const void *block)
{
    const struct parcel *parcel = block;
    size_t usable = os_malloc_usable_size(block);
    if (parcel->bytes < sizeof(*parcel) || parcel->bytes > usable ||
        !is_stamped(parcel + 1, parcel->bytes - sizeof(*parcel), parcel->key ^ parcel->bytes)) {
        (void)fprintf(stderr,
                      "stress: block %p (%zu bytes of %zu usable) is not as its owner left it\n",
                      block, parcel->bytes, usable);
        abort();
    }
}

size_t parcel_bytes(const void *block)
{
    return ((const struct parcel *)block)->bytes;
}

void parcel_free(void *block)
{
    if (block != NULL) {
        parcel_check(block);
        if (parcel_bytes(block) % 2 == 0) {
            os_free(block);
        } else {
            os_free_sized(block, parcel_bytes(block));
        }
    }
}

void *board_exchange(uint64_t place, void *block)
{
    return atomic_exchange(&places[place % PLACES], block);
}

void board_clear(void)
{
    for (unsigned place = 0; place < PLACES; place++) {
        parcel_free(board_exchange(place, NULL));
    }
}
