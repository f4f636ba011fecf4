/* SPDX-License-Identifier: Apache-2.0 */
/* What both suites of the depot need: magazines of one class, and a count of the blocks that the
 * depot passes on. */
#ifndef DEPOT_H
#define DEPOT_H

#include "fresh_heap.h"
#include "osh_depot.h"
#include "osh_slab.h"
#include "sizes.h"

#define CLASS osh_class_of(SMALL_SIZE)
#define SLOTS ((unsigned)osh_class_info[CLASS].depot)
#define PAGES 150u

static inline struct osh_chain magazine_of(unsigned count)
{
    struct osh_chain chain = osh_slab_get(CLASS, count, true);
    assert_int_equal(chain.count, count);
    return chain;
}

static unsigned given_blocks;

static inline void count_given(unsigned cls, struct osh_chain chain)
{
    given_blocks += (unsigned)chain.count;
    osh_slab_put(cls, chain);
}

#endif
