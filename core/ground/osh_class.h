/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Size classes: which block size serves a request.
 *
 * Class 0 is "no slab". Then, with g the alignment a C object may need (max_align_t:
 * 16 bytes on 64-bit and RV32, 8 on 32-bit Arm) and q = OSH_CLASS_STEPS_LOG2:
 * the smallest block (OSH_BLOCK_MIN, 8 or 16 bytes), larger multiples of g up to
 * g * 2^q, and 2^q classes a doubling above, so that a class is less than 1/2^q
 * larger than the request it serves.
 */
#ifndef OSH_CLASS_H
#define OSH_CLASS_H

#include "osh_class_list.h"
#include "osh_compiler.h"
#include "osh_config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OSH_ALIGN ((size_t)1 << OSH_ALIGN_LOG2)

_Static_assert(_Alignof(max_align_t) <= OSH_ALIGN, "blocks are aligned for any object");

/* Alignment that every block has. */
#define OSH_ALIGN_LEAST (OSH_BLOCK_MIN < OSH_ALIGN ? (size_t)OSH_BLOCK_MIN : OSH_ALIGN)
/* The step is 2^OSH_ALIGN_LOG2 up to here. */
#define OSH_LINEAR_LOG2 (OSH_ALIGN_LOG2 + OSH_CLASS_STEPS_LOG2)
#define OSH_LINEAR_MAX (1u << OSH_LINEAR_LOG2)

/* Classes are 1 to OSH_CLASS_MAX; arrays have OSH_CLASSES entries. */
#define OSH_CLASS_COUNT(cls, bytes, step) +1
enum { OSH_CLASS_LAST = OSH_EACH_CLASS(OSH_CLASS_COUNT) };
#define OSH_CLASS_MAX ((unsigned)OSH_CLASS_LAST)
#define OSH_CLASSES (OSH_CLASS_MAX + 1u)

/* The object that holds a byte of a slab is found by multiplying: with units of 8
 * bytes, n the offset, d the size, m = floor((2^s - 1) / d), the quotient n / d is
 * ((n + 1) * m) >> s. The product falls short of n / d + 1 / d by (n + 1) * e / 2^s
 * over d, where e = 2^s - m * d is 1 to d: exact while (n + 1) * d <= 2^s. */
#define OSH_OFFSET_BITS (OSH_PAGE_LOG2 + OSH_RUN_LOG2 - 3)
enum { OSH_RECIP_SHIFT = OSH_OFFSET_BITS + __builtin_ctz(OSH_SLAB_MAX) - 3 };
/* The product of a position and a reciprocal must not overflow. */
#if (OSH_SLAB_MAX) / 8 << OSH_OFFSET_BITS <= 65536
typedef uint16_t osh_recip_t;
typedef uint32_t osh_product_t;
#define OSH_RECIP_BITS 16
#define OSH_PRODUCT_BITS 32
#else
typedef uint32_t osh_recip_t;
typedef uint64_t osh_product_t;
#define OSH_RECIP_BITS 32
#define OSH_PRODUCT_BITS 64
#endif
_Static_assert((int)OSH_RECIP_SHIFT <= OSH_RECIP_BITS, "a reciprocal fits its field");
_Static_assert(OSH_OFFSET_BITS + (int)OSH_RECIP_SHIFT <= OSH_PRODUCT_BITS,
               "a product of position and reciprocal fits");

/* As narrow as the configuration lets them be: the table is read-only data. */
#if OSH_SLAB_MAX <= 32768
typedef uint16_t osh_class_bytes_t;
#else
typedef uint32_t osh_class_bytes_t;
#endif
#if OSH_MAGAZINE_MAX <= 255
typedef uint8_t osh_class_count_t;
#else
typedef uint16_t osh_class_count_t;
#endif

/* Blocks in a magazine of blocks of so many bytes: as many as fit OSH_MAGAZINE_BYTES, or the lesser
 * of OSH_MAGAZINE_MIN and what fits OSH_MAGAZINE_LARGE, but one. */
#define OSH_MAGAZINE_OF_LARGE(b)                                   \
    (OSH_VALUE_MAGAZINE_LARGE / (int)(b) >= OSH_VALUE_MAGAZINE_MIN \
         ? OSH_VALUE_MAGAZINE_MIN                                  \
         : OSH_VALUE_MAGAZINE_LARGE / (int)(b) + (OSH_VALUE_MAGAZINE_LARGE < (int)(b)))
#define OSH_MAGAZINE_FIT(b) (OSH_VALUE_MAGAZINE_BYTES / (int)(b))
#define OSH_MAGAZINE_FOR(b)                                                    \
    ((int)(b) > OSH_VALUE_CACHED_MAX                ? 0                        \
     : OSH_MAGAZINE_FIT(b) < OSH_VALUE_MAGAZINE_MIN ? OSH_MAGAZINE_OF_LARGE(b) \
     : OSH_MAGAZINE_FIT(b) > OSH_VALUE_MAGAZINE_MAX ? OSH_VALUE_MAGAZINE_MAX   \
                                                    : OSH_MAGAZINE_FIT(b))

struct osh_class {
    osh_recip_t recip;          /* floor((2^OSH_RECIP_SHIFT - 1) / (bytes / 8)) */
    osh_class_bytes_t bytes;    /* of a block */
    uint16_t objects;           /* blocks in a slab */
    osh_class_count_t magazine; /* blocks a magazine holds at most; 0: not cached */
    uint8_t depot;              /* magazines the depot holds at most */
#if OSH_RUN_LOG2 > 0
    uint8_t run; /* a slab is 2^run pages */
#endif
};

#define OSH_TABLE_ENTRIES ((OSH_TABLE_MAX >> OSH_TABLE_SHIFT) + 1)

OSH_SHARED const struct osh_class osh_class_info[OSH_CLASSES];
OSH_SHARED const uint8_t osh_class_table[OSH_TABLE_ENTRIES];

#define OSH_TABLE_INDEX(size) (((size) + ((1u << OSH_TABLE_SHIFT) - 1u)) >> OSH_TABLE_SHIFT)

/* The classes that the table has: also some that do not exist, where OSH_SLAB_MAX is small. */
#if OSH_TABLE_MAX == 256
#define OSH_TABLE_CLASSES OSH_CLASSES_256
#elif OSH_TABLE_MAX == 512
#define OSH_TABLE_CLASSES OSH_CLASSES_512
#else
#define OSH_TABLE_CLASSES OSH_CLASSES_1K
#endif

/* Class of a size up to OSH_TABLE_MAX: one load. */
static inline unsigned osh_class_of_table(size_t size)
{
    return osh_class_table[OSH_TABLE_INDEX(size)];
}

/* Class of a size up to OSH_SLAB_MAX, 1 for size 0: no division, no loop. Compiled for size
 * no table is read here and below; the divisions are the CPU's own where it has one. */
static inline unsigned osh_class_of(size_t size)
{
    unsigned s = (unsigned)size;
    if (!OSH_SMALL_CODE && size <= OSH_TABLE_MAX) {
        return osh_class_of_table(size);
    }
    if (size <= OSH_LINEAR_MAX) {
        unsigned multiple = (s + ((1u << OSH_ALIGN_LOG2) - 1u)) >> OSH_ALIGN_LOG2;
        return s <= OSH_BLOCK_MIN ? 1u : multiple + OSH_CLASS_SKEW;
    }
    unsigned b = 31u - (unsigned)__builtin_clz(s - 1u);
    if (OSH_CLASS_FINE_LOG2 != OSH_CLASS_STEPS_LOG2 && b >= OSH_FINE_FROM) {
        bool fine = b < OSH_FINE_END;
        unsigned log2 = fine ? OSH_CLASS_FINE_LOG2 : OSH_CLASS_STEPS_LOG2;
        unsigned doublings = b - (fine ? OSH_FINE_FROM : OSH_FINE_END) - 1u;
        unsigned below = OSH_CLASSES_TO_FINE + (fine ? 0u : OSH_CLASSES_OF_FINE);
        return ((s - 1u) >> (b - log2)) + 1u + (doublings << log2) + below;
    }
    unsigned steps = ((s - 1u) >> (b - OSH_CLASS_STEPS_LOG2)) + 1u;
    return steps + ((b - OSH_LINEAR_LOG2) << OSH_CLASS_STEPS_LOG2) + OSH_CLASS_SKEW;
}

/* Of a block. */
OSH_SHARED_CODE size_t osh_class_bytes(unsigned cls)
{
    if (!OSH_SMALL_CODE) {
        return osh_class_info[cls].bytes;
    }
    if (OSH_CLASS_SKEW == 1u && cls <= 1u) {
        return (size_t)cls * OSH_BLOCK_MIN;
    }
    unsigned multiple = cls - OSH_CLASS_SKEW;
    if (multiple <= OSH_CLASS_STEPS) {
        return (size_t)multiple << OSH_ALIGN_LOG2;
    }
    unsigned above = multiple - OSH_CLASS_STEPS - 1u;
    return (OSH_CLASS_STEPS + 1u + (size_t)(above & (OSH_CLASS_STEPS - 1u)))
           << ((above >> OSH_CLASS_STEPS_LOG2) + OSH_ALIGN_LOG2);
}

/* Blocks in a slab. */
OSH_SHARED_CODE unsigned osh_class_objects(unsigned cls)
{
    if (!OSH_SMALL_CODE) {
        return osh_class_info[cls].objects;
    }
    return cls == 0 ? 0 : (unsigned)(OSH_PAGE_BYTES / osh_class_bytes(cls));
}

/* Blocks in a magazine; 0: none is kept in cores' lists. */
OSH_SHARED_CODE unsigned osh_class_magazine(unsigned cls)
{
    if (!OSH_SMALL_CODE) {
        return osh_class_info[cls].magazine;
    }
    unsigned bytes = (unsigned)osh_class_bytes(cls);
    if (bytes > OSH_SLAB_MAX) {
        __builtin_unreachable(); /* so that a limit above that is not compared with */
    }
    return cls == 0 ? 0 : (unsigned)OSH_MAGAZINE_FOR(bytes);
}

/* Index in its slab of the object that holds byte `offset` of the slab. */
OSH_SHARED_CODE unsigned osh_class_index(unsigned cls, uintptr_t offset)
{
    if (OSH_SMALL_CODE) {
        return (unsigned)offset / (unsigned)osh_class_bytes(cls);
    }
    osh_product_t position = (osh_product_t)((offset >> 3) + 1);
    return (unsigned)((position * osh_class_info[cls].recip) >> OSH_RECIP_SHIFT);
}

/* A slab of the class is 2^this pages. */
static inline unsigned osh_class_run(unsigned cls)
{
#if OSH_RUN_LOG2 > 0
    return osh_class_info[cls].run;
#else
    (void)cls;
    return 0;
#endif
}

/* Most blocks in one of a core's lists: in the active one there are two magazines where
 * it is the only one. */
#define OSH_LIST_MAGAZINES (OSH_SPARE_LIST ? 1u : 2u)

static inline unsigned osh_class_limit(unsigned cls)
{
    return OSH_LIST_MAGAZINES * osh_class_magazine(cls);
}

/* First page of the slab of that class that has `page`. */
static inline size_t osh_class_slab(unsigned cls, size_t page)
{
    return page & ~(((size_t)1 << osh_class_run(cls)) - 1);
}

/* Of blocks longer than this a magazine would have one. They go to the depot and to slabs one by
 * one, and a core has one list of them: it is not worth much to have more of them cached. */
#define OSH_SINGLE_ABOVE (OSH_VALUE_MAGAZINE_BYTES / 2)

static inline bool osh_class_is_single(unsigned cls)
{
    return OSH_SPARE_LIST && osh_class_bytes(cls) > OSH_SINGLE_ABOVE;
}

/* Blocks longer than a page are cached only in a process that is not small. */
static inline bool osh_class_is_long(unsigned cls)
{
    return OSH_SPARE_LIST && osh_class_bytes(cls) > OSH_PAGE_BYTES;
}

/* Are there blocks of the class in cores' lists? */
static inline bool osh_class_is_cached(unsigned cls)
{
    return OSH_SLAB_MAX <= OSH_CACHED_MAX || osh_class_magazine(cls) != 0;
}

/* Most bytes that the magazines of one core can hold, and all depot slots: P7. */
OSH_SHARED const size_t osh_class_core_bound;
OSH_SHARED const size_t osh_class_shared_bound;

#endif
