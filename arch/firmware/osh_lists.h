/* SPDX-License-Identifier: Apache-2.0 */
/* The lists of one core on firmware: a word each, see osh_link.h. */
#ifndef OSH_LISTS_H
#define OSH_LISTS_H

#include "osh_core.h"
#include "osh_link.h"

/*
 * A core's lists are a power of two apart, so that they are found by a shift,
 * and never share a line, nor an exclusives granule of common size, with
 * anything that other cores write.
 */
#define OSH_LISTS_OF_CORE OSH_CLASSES /* one a class: OSH_SPARE_LIST is 0 */
#define OSH_LISTS_BYTES ((OSH_LISTS_OF_CORE + 1u) * (unsigned)sizeof(osh_word_t))
#define OSH_LISTS_LOG2              \
    (OSH_LISTS_BYTES <= 64     ? 6  \
     : OSH_LISTS_BYTES <= 128  ? 7  \
     : OSH_LISTS_BYTES <= 256  ? 8  \
     : OSH_LISTS_BYTES <= 512  ? 9  \
     : OSH_LISTS_BYTES <= 1024 ? 10 \
     : OSH_LISTS_BYTES <= 2048 ? 11 \
                               : 12)

/* A port may want the lists of all cores aligned to their sum, so that the core's number is
 * inserted into an address instead of added. */
#ifndef OSH_LISTS_ALIGN_LOG2
#define OSH_LISTS_ALIGN_LOG2 OSH_LISTS_LOG2
#endif

struct osh_lists {
    osh_word_t word[OSH_LISTS_OF_CORE];
    /* Of the first entry, beside them so that one address leads to both: a byte for each page
     * of the address space, as if, of which there are those of the arena. */
    const uint8_t *page_class;
}
#if OSH_CORES > 1
OSH_ALIGNED(1 << OSH_LISTS_LOG2)
#endif
    ;

#if OSH_CORES > 1
_Static_assert(sizeof(struct osh_lists) == 1 << OSH_LISTS_LOG2,
               "a core's lists are found by shift");
#endif

/* By number: see osh_core.h. */
OSH_SHARED struct osh_lists osh_lists[OSH_CORE_LISTS] OSH_ALIGNED(1 << OSH_LISTS_ALIGN_LOG2);

/* Of the core that is so many behind the first. */
static inline struct osh_lists *osh_lists_of(unsigned core)
{
    return &osh_lists[OSH_CORE_FIRST_LIST + core];
}

#endif
