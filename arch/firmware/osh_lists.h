/* SPDX-License-Identifier: Apache-2.0 */
/* The lists of one core on firmware: a word each, see osh_word.h. */
#ifndef OSH_LISTS_H
#define OSH_LISTS_H

#include "osh_class.h"
#include "osh_word.h"

/*
 * A core's lists are a power of two apart, so that they are found by a shift,
 * and never share a line, nor an exclusives granule of common size, with
 * anything that other cores write.
 */
#define OSH_LISTS_BYTES (2u * OSH_CLASSES * (unsigned)sizeof(osh_word_t))
#define OSH_LISTS_LOG2              \
    (OSH_LISTS_BYTES <= 64     ? 6  \
     : OSH_LISTS_BYTES <= 128  ? 7  \
     : OSH_LISTS_BYTES <= 256  ? 8  \
     : OSH_LISTS_BYTES <= 512  ? 9  \
     : OSH_LISTS_BYTES <= 1024 ? 10 \
     : OSH_LISTS_BYTES <= 2048 ? 11 \
                               : 12)

struct osh_lists {
    osh_word_t word[2 * OSH_CLASSES]; /* active ones, then spare ones */
}
#if OSH_CORES > 1
OSH_ALIGNED(1 << OSH_LISTS_LOG2)
#endif
    ;

#if OSH_CORES > 1
_Static_assert(sizeof(struct osh_lists) == 1 << OSH_LISTS_LOG2,
               "a core's lists are found by shift");
#endif

extern OSH_HIDDEN struct osh_lists osh_lists[OSH_CORES];

#endif
