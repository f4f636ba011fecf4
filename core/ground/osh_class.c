/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_class.h"

#include "osh_class_facts.h"
#include "osh_harden.h"

_Static_assert(OSH_CLASS_MAX <= 127,
               "OSH_CLASS_STEPS_LOG2 and OSH_SLAB_MAX: a class number fits the page table's byte "
               "and the list index");

/* Each class has the entries of its sizes; no entry has sizes of two. */
#define TABLE(cls, bytes, step) \
    [OSH_TABLE_INDEX((bytes) - (step) + 1)... OSH_TABLE_INDEX(bytes)] = (cls),

OSH_VARIABLE const uint8_t osh_class_table[OSH_TABLE_ENTRIES] = {[0] = 1, OSH_TABLE_CLASSES(TABLE)};

/* The 1 stands for the class that is not cached, whose slots are 0 all the same. */
#define DEPOT_FIT(bytes, blocks) \
    ((blocks) == 0 ? 0 : OSH_VALUE_DEPOT_BYTES / ((int64_t)((blocks) + ((blocks) == 0)) * (bytes)))
#define DEPOT_OF(bytes, blocks)                                                 \
    (OSH_MAGAZINE_FIT(bytes) == 0                       ? 0                     \
     : DEPOT_FIT(bytes, blocks) > OSH_VALUE_DEPOT_SLOTS ? OSH_VALUE_DEPOT_SLOTS \
                                                        : DEPOT_FIT(bytes, blocks))
#define DEPOT_FOR(bytes) DEPOT_OF(bytes, OSH_MAGAZINE_FOR(bytes))

#if OSH_RUN_LOG2 > 0
#define INFO_RUN(b) .run = (uint8_t)RUN_FOR(b),
#else
#define INFO_RUN(b)
#endif
#define INFO(cls, b, step)                                                                 \
    [cls] = {.recip = (osh_recip_t)((((uint64_t)1 << OSH_RECIP_SHIFT) - 1u) / ((b) / 8u)), \
             .bytes = (osh_class_bytes_t)(b),                                              \
             .objects = (uint16_t)OBJECTS_FOR(b),                                          \
             .magazine = (osh_class_count_t)OSH_MAGAZINE_FOR(b),                           \
             .depot = (uint8_t)DEPOT_FOR(b),                                               \
             INFO_RUN(b)},

OSH_VARIABLE const struct osh_class osh_class_info[OSH_CLASSES] = {OSH_EACH_CLASS(INFO)};

/* See osh_harden.h: c, which is floor(2^W / bytes) + 1 (2^W itself does not fit) and as much more
 * as makes e at least START_LEAST; and the highest limit with such low bits. */
#define START_LEAST ((osh_start_t)1 << (OSH_START_MASKS ? OSH_START_K : OSH_VALUE_SPAN_LOG2))
#define START_RECIP(bytes)                                                            \
    ((osh_start_t)((osh_start_t)-1 / (bytes) + 1u + (((bytes) & ((bytes)-1u)) == 0) + \
                   START_LEAST / (bytes) + 1u))
#define START_END(bytes) \
    ((osh_start_t)(OBJECTS_FOR(bytes) * (osh_start_t)(START_RECIP(bytes) * (bytes))))
#define START_LIMIT(bytes, mask) (((START_END(bytes) - (mask)) & ~(START_LEAST - 1u)) + (mask))
#define START(cls, bytes, step)           \
    [cls] = {.recip = START_RECIP(bytes), \
             .limit = START_LIMIT(bytes, RUN_BYTES(RUN_FOR(bytes)) - 1u)},

OSH_VARIABLE const struct osh_start osh_start[OSH_CLASSES] = {OSH_EACH_CLASS(START)};

#define CORE_BOUND(cls, bytes, step)                                                              \
    +(OSH_SPARE_LIST && (bytes) > OSH_SINGLE_ABOVE ? 1 : 2) * (uint64_t)OSH_MAGAZINE_FOR(bytes) * \
        (bytes)
#define SHARED_BOUND(cls, bytes, step) \
    +DEPOT_FOR(bytes) * (uint64_t)OSH_MAGAZINE_FOR(bytes) * (bytes)
/* Level 2's quarantine is a cache, too, and so are large blocks that are kept. */
#define BOUND_QUARANTINE \
    (OSH_HARDENING >= 2 ? (uint64_t)OSH_QUARANTINE_BLOCKS * OSH_QUARANTINE_MAX : 0u)
#define BOUND_OF_A_CORE (0 OSH_EACH_CLASS(CORE_BOUND))
#define BOUND_SHARED \
    (0 OSH_EACH_CLASS(SHARED_BOUND) + BOUND_QUARANTINE + OSH_KEPT_BYTES + OSH_DEPOT_GROWTH)
_Static_assert((OSH_CORES * BOUND_OF_A_CORE + BOUND_SHARED) / 2 <= SIZE_MAX / 2,
               "OSH_CORES, OSH_MAGAZINE_MIN and OSH_QUARANTINE_*: what may be cached is a size");
OSH_VARIABLE const size_t osh_class_core_bound = (size_t)BOUND_OF_A_CORE;
OSH_VARIABLE const size_t osh_class_shared_bound = (size_t)BOUND_SHARED;
