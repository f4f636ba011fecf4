/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a class of blocks of so many bytes has, as constant expressions: for tables, and for
 * what the compiler is to check of every class.
 */
#ifndef OSH_CLASS_FACTS_H
#define OSH_CLASS_FACTS_H

#include "osh_class.h"

/* Pages of a slab, as a power of two: see OSH_RUN_LOG2. */
#define RUN_BYTES(run) (1 << (OSH_VALUE_PAGE_LOG2 + (run)))
#define RUN_SUITS(bytes, run)                                       \
    (RUN_BYTES(run) % (bytes) <= RUN_BYTES(run) / OSH_SLAB_WASTE && \
     (RUN_BYTES(run) / (bytes) >= OSH_SLAB_OBJECTS || RUN_BYTES(run) >= OSH_VALUE_SLAB_ROOMY))
#define RUN_OR(bytes, run, longer) \
    ((run) >= OSH_RUN_LOG2 || RUN_SUITS(bytes, run) ? (run) : (longer))
#define RUN_FOR(bytes) \
    RUN_OR(bytes, 0, RUN_OR(bytes, 1, RUN_OR(bytes, 2, RUN_OR(bytes, 3, RUN_OR(bytes, 4, 5)))))

#define OBJECTS_FOR(bytes) (RUN_BYTES(RUN_FOR(bytes)) / (bytes))

#endif
