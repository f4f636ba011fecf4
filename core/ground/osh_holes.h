/* SPDX-License-Identifier: Apache-2.0 */
/* Free blocks, as the walks of the statistics count them. */
#ifndef OSH_HOLES_H
#define OSH_HOLES_H

#include <stddef.h>

struct osh_holes {
    size_t count;
    size_t smallest; /* bytes; 0 if there is none */
};

/* `count` holes more, of `bytes` each. */
static inline void osh_holes_add(struct osh_holes *holes, size_t count, size_t bytes)
{
    holes->count += count;
    if (count > 0 && (holes->smallest == 0 || bytes < holes->smallest)) {
        holes->smallest = bytes;
    }
}

#endif
