/* SPDX-License-Identifier: Apache-2.0 */
/* Free blocks, as the walks of the statistics count them. */
#ifndef OSH_HOLES_H
#define OSH_HOLES_H

#include <stddef.h>

struct osh_holes {
    size_t count;
    size_t smallest; /* bytes; 0 if there is none */
    size_t largest;  /* bytes of the largest block that one of them has room for */
};

/* `count` holes more, of `bytes` each, with room for a block of `room`. */
static inline void osh_holes_add(struct osh_holes *holes, size_t count, size_t bytes, size_t room)
{
    holes->count += count;
    if (count > 0 && (holes->smallest == 0 || bytes < holes->smallest)) {
        holes->smallest = bytes;
    }
    if (count > 0 && room > holes->largest) {
        holes->largest = room;
    }
}

#endif
