/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_class.h"

#if OSH_LINK_WORDS > 1
#include "osh_link.h"
#endif

_Static_assert(OSH_CLASS_BYTES(OSH_CLASS_MAX) == OSH_SLAB_MAX, "OSH_SLAB_MAX is a class's size");
_Static_assert(OSH_CLASS_MAX <= 127,
               "a class number fits the page table's byte and the list index");
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

const uint8_t osh_class_table[(OSH_TABLE_MAX >> OSH_TABLE_SHIFT) + 1] = {
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

#define MAGAZINE_FIT(c) (OSH_MAGAZINE_BYTES / OSH_CLASS_BYTES(c))
#define MAGAZINE(c)                                          \
    (OSH_CLASS_BYTES(c) > OSH_CACHED_MAX  ? 0                \
     : MAGAZINE_FIT(c) < OSH_MAGAZINE_MIN ? OSH_MAGAZINE_MIN \
     : MAGAZINE_FIT(c) > OSH_MAGAZINE_MAX ? OSH_MAGAZINE_MAX \
                                          : MAGAZINE_FIT(c))
/* The 1 stands for the class that is not cached, whose slots are 0 all the same. */
#define DEPOT_FIT(c)  \
    (MAGAZINE(c) == 0 \
         ? 0          \
         : OSH_DEPOT_BYTES / ((MAGAZINE(c) + (MAGAZINE(c) == 0)) * OSH_CLASS_BYTES(c)))
#define DEPOT(c) \
    (MAGAZINE_FIT(c) == 0 ? 0 : DEPOT_FIT(c) > OSH_DEPOT_SLOTS ? OSH_DEPOT_SLOTS : DEPOT_FIT(c))
#define RECIP(c) \
    ((((uint64_t)1 << OSH_RECIP_SHIFT) + OSH_CLASS_BYTES(c) / 8u - 1u) / (OSH_CLASS_BYTES(c) / 8u))

/* A slab is the shortest run that wastes at most a quarter at its end and has
 * objects enough, or is large enough without. */
#define RUN_BYTES(r) ((uint32_t)1 << (OSH_PAGE_LOG2 + (r)))
#define RUN_OBJECTS(c, r) (RUN_BYTES(r) / OSH_CLASS_BYTES(c))
#define RUN_SUITS(c, r)                                                           \
    (RUN_BYTES(r) - RUN_OBJECTS(c, r) * OSH_CLASS_BYTES(c) <= RUN_BYTES(r) / 4 && \
     (RUN_OBJECTS(c, r) >= OSH_SLAB_OBJECTS || RUN_BYTES(r) >= OSH_SLAB_ROOMY))
#define RUN_OR(c, r, longer) ((r) >= OSH_RUN_LOG2 || RUN_SUITS(c, r) ? (r) : (longer))
#define RUN(c) RUN_OR(c, 0, RUN_OR(c, 1, RUN_OR(c, 2, RUN_OR(c, 3, RUN_OR(c, 4, 5)))))

/*
 * One row for every class number that any configuration can have; those above
 * OSH_CLASS_MAX fall on row 0, which is then written last. That is what the
 * overridden initialisers are, and the only place that has any.
 */
#pragma GCC diagnostic push
#ifdef __clang__
#pragma GCC diagnostic ignored "-Winitializer-overrides"
#else
#pragma GCC diagnostic ignored "-Woverride-init"
#endif

#define EXISTS(c) ((c) <= OSH_CLASS_MAX ? (c) : 1u)
#define INFO(c)                                                      \
    [(c) <= OSH_CLASS_MAX ? (c) : 0] = {                             \
        .recip = (uintptr_t)RECIP(EXISTS(c)),                        \
        .bytes = OSH_CLASS_BYTES(EXISTS(c)),                         \
        .objects = (uint16_t)RUN_OBJECTS(EXISTS(c), RUN(EXISTS(c))), \
        .magazine = (uint16_t)MAGAZINE(EXISTS(c)),                   \
        .run = (uint8_t)RUN(EXISTS(c)),                              \
        .depot = (uint8_t)DEPOT(EXISTS(c)),                          \
    }
#define INFO4(c) INFO(c), INFO((c) + 1u), INFO((c) + 2u), INFO((c) + 3u)
#define INFO16(c) INFO4(c), INFO4((c) + 4u), INFO4((c) + 8u), INFO4((c) + 12u)

const struct osh_class osh_class_info[OSH_CLASSES] = {
    INFO16(1u),  INFO16(17u), INFO16(33u),  INFO16(49u), INFO16(65u),
    INFO16(81u), INFO16(97u), INFO16(113u), [0] = {0},
};

#if OSH_LINK_WORDS > 1
#define EMPTY(c) [(c) <= OSH_CLASS_MAX ? (c) : 0] = {.room = MAGAZINE(EXISTS(c))}
#define EMPTY4(c) EMPTY(c), EMPTY((c) + 1u), EMPTY((c) + 2u), EMPTY((c) + 3u)
#define EMPTY16(c) EMPTY4(c), EMPTY4((c) + 4u), EMPTY4((c) + 8u), EMPTY4((c) + 12u)

const struct osh_link osh_empty[OSH_CLASSES] = {
    EMPTY16(1u),  EMPTY16(17u), EMPTY16(33u),  EMPTY16(49u), EMPTY16(65u),
    EMPTY16(81u), EMPTY16(97u), EMPTY16(113u), [0] = {0},
};
#endif

#pragma GCC diagnostic pop

size_t osh_class_cached_bound(void)
{
    size_t bound = 0;
    for (unsigned cls = 1; cls <= OSH_CLASS_MAX; cls++) {
        const struct osh_class *info = &osh_class_info[cls];
        bound += (2 * (size_t)OSH_CORES + info->depot) * info->magazine * info->bytes;
    }
    return bound;
}
