/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_class.h"

#include "osh_class_facts.h"
#include "osh_harden.h"
#if OSH_LINK_WORDS > 1
#if !__has_include("osh_link.h")
#error "OSH_LINK_WORDS: the lists of this port have links of one word"
#endif
#include "osh_link.h"
#endif

_Static_assert(OSH_CLASS_BYTES(OSH_CLASS_MAX) == OSH_SLAB_MAX, "OSH_SLAB_MAX is a class's size");
_Static_assert(OSH_CLASS_MAX <= 127,
               "OSH_CLASS_STEPS_LOG2 and OSH_SLAB_MAX: a class number fits the page table's byte "
               "and the list index");
_Static_assert(OSH_CLASS_OF(OSH_TABLE_MAX) <= OSH_CLASS_MAX || OSH_TABLE_MAX > OSH_SLAB_MAX,
               "the table speaks of classes that exist");

/*
 * The table is written in rows of 128 bytes, 16 granules of 8 bytes: no class
 * ends inside a granule.
 */
#if OSH_TABLE_SHIFT == 0
#define GRANULE(k) [(k)*8 + 1 ...(k) * 8 + 8] = (uint8_t)OSH_CLASS_OF((k)*8u + 8u)
#else
#define GRANULE(k) [(k) + 1] = (uint8_t)OSH_CLASS_OF((k)*8u + 8u)
#endif
#define GRANULES4(k) GRANULE(k), GRANULE((k) + 1), GRANULE((k) + 2), GRANULE((k) + 3)
#define ROW(r) \
    GRANULES4((r)*16), GRANULES4((r)*16 + 4), GRANULES4((r)*16 + 8), GRANULES4((r)*16 + 12)

OSH_VARIABLE const uint8_t osh_class_table[OSH_TABLE_ENTRIES] = {
    [0] = 1, ROW(0),
#if OSH_TABLE_MAX > 128
    ROW(1),
#endif
#if OSH_TABLE_MAX > 256
    ROW(2),  ROW(3),
#endif
#if OSH_TABLE_MAX > 512
    ROW(4),  ROW(5), ROW(6), ROW(7),
#endif
};

#define MAGAZINE(n) magazine_of_##n = OSH_MAGAZINE_FOR(bytes_of_##n)
enum { EACH(MAGAZINE, COMMA) };

/* The 1 stands for the class that is not cached, whose slots are 0 all the same. */
#define DEPOT_FIT(b, m) ((m) == 0 ? 0 : OSH_VALUE_DEPOT_BYTES / ((int64_t)((m) + ((m) == 0)) * (b)))
#define DEPOT_FOR(b, m)                                                \
    (OSH_MAGAZINE_FIT(b) == 0                  ? 0                     \
     : DEPOT_FIT(b, m) > OSH_VALUE_DEPOT_SLOTS ? OSH_VALUE_DEPOT_SLOTS \
                                               : DEPOT_FIT(b, m))

/*
 * Classes above the last fall on row 0, which is then written last. That is what the
 * overridden initialisers are, and the only place that has any.
 */
#pragma GCC diagnostic push
#ifdef __clang__
#pragma GCC diagnostic ignored "-Winitializer-overrides"
#else
#pragma GCC diagnostic ignored "-Woverride-init"
#endif

#if OSH_RUN_LOG2 > 0
#define INFO_RUN(n) .run = (uint8_t)run_of_##n,
#else
#define INFO_RUN(n)
#endif
#define INFO(n)                                                                                \
    [n <= OSH_CLASS_MAX ? n : 0] = {                                                           \
        .recip = (osh_recip_t)((((uint64_t)1 << OSH_RECIP_SHIFT) - 1u) / (bytes_of_##n / 8u)), \
        .bytes = (osh_class_bytes_t)bytes_of_##n,                                              \
        .objects = (uint16_t)RUN_OBJECTS(bytes_of_##n, run_of_##n),                            \
        .magazine = (osh_class_count_t)magazine_of_##n,                                        \
        .depot = (uint8_t)DEPOT_FOR(bytes_of_##n, magazine_of_##n),                            \
        INFO_RUN(n)}

OSH_VARIABLE const struct osh_class osh_class_info[OSH_CLASSES] = {EACH(INFO, COMMA), [0] = {0}};

#if OSH_LINK_WORDS > 1 && !OSH_SMALL_CODE
#define EMPTY(n) [n <= OSH_CLASS_MAX ? n : 0] = {.room = OSH_LIST_MAGAZINES * magazine_of_##n}

OSH_VARIABLE const struct osh_link osh_empty[OSH_CLASSES] = {EACH(EMPTY, COMMA), [0] = {0}};
#endif

/* See osh_harden.h: c, which is floor(2^W / bytes) + 1 (2^W itself does not fit) and as much more
 * as makes e at least a longest slab; and the highest limit with such low bits. */
#define START_RECIP(bytes)                                                            \
    ((osh_start_t)((osh_start_t)-1 / (bytes) + 1u + (((bytes) & ((bytes)-1u)) == 0) + \
                   (1u << OSH_VALUE_SPAN_LOG2) / (bytes) + 1u))
#define START_END(bytes, objects) \
    ((osh_start_t)((objects) * (osh_start_t)(START_RECIP(bytes) * (bytes))))
#define START_LIMIT(bytes, objects, mask) \
    (((START_END(bytes, objects) - (mask)) & ~(osh_start_t)OSH_START_SPAN) + (mask))
#define START(n)                                                                                \
    [n <= OSH_CLASS_MAX ? n : 0] = {.recip = START_RECIP(bytes_of_##n),                         \
                                    .limit = START_LIMIT(bytes_of_##n,                          \
                                                         RUN_OBJECTS(bytes_of_##n, run_of_##n), \
                                                         RUN_BYTES(run_of_##n) - 1u)}

OSH_VARIABLE const struct osh_start osh_start[OSH_CLASSES] = {EACH(START, COMMA), [0] = {0}};

#pragma GCC diagnostic pop

#define CORE_BOUND(n) \
    (n > OSH_CLASS_MAX ? 0u : 2u * (uint64_t)magazine_of_##n * (uint64_t)bytes_of_##n)
#define SHARED_BOUND(n)                                                                         \
    (n > OSH_CLASS_MAX ? 0u                                                                     \
                       : DEPOT_FOR(bytes_of_##n, magazine_of_##n) * (uint64_t)magazine_of_##n * \
                             (uint64_t)bytes_of_##n)
/* Level 3's quarantine is a cache, too, and so are large blocks that are kept. */
#define BOUND_QUARANTINE \
    (OSH_HARDENING >= 3 ? (uint64_t)OSH_QUARANTINE_BLOCKS * OSH_QUARANTINE_MAX : 0u)
#define BOUND_OF_A_CORE (EACH(CORE_BOUND, PLUS))
#define BOUND_SHARED (EACH(SHARED_BOUND, PLUS) + BOUND_QUARANTINE + OSH_KEPT_BYTES)
_Static_assert((OSH_CORES * BOUND_OF_A_CORE + BOUND_SHARED) / 2 <= SIZE_MAX / 2,
               "OSH_CORES, OSH_MAGAZINE_MIN and OSH_QUARANTINE_*: what may be cached is a size");
OSH_VARIABLE const size_t osh_class_core_bound = (size_t)BOUND_OF_A_CORE;
OSH_VARIABLE const size_t osh_class_shared_bound = (size_t)BOUND_SHARED;
