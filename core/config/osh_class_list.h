/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The size classes, as a list: OSH_EACH_CLASS(X) is X(number, bytes, step) of each, from the
 * first on. A class serves the sizes above bytes - step, up to bytes. The three are constant
 * expressions. The list ends at OSH_SLAB_MAX, so a table made from it has no other entries.
 */
#ifndef OSH_CLASS_LIST_H
#define OSH_CLASS_LIST_H

#include "osh_config.h"

/* The class of n * 2^OSH_ALIGN_LOG2 bytes is n and this: 1, 0, or -1 as an unsigned number. */
#define OSH_CLASS_SKEW ((OSH_BLOCK_MIN == 8 ? 2u : 1u) - (16u >> OSH_ALIGN_LOG2))
#define OSH_CLASS_STEPS (1 << OSH_CLASS_STEPS_LOG2)

/* The class of `count` steps of 2^log2 bytes; and a class of some kind with the three behind it. */
#define OSH_CLASS(X, count, log2)                                                              \
    X((count) + ((log2)-OSH_ALIGN_LOG2) * OSH_CLASS_STEPS + OSH_CLASS_SKEW, (count) << (log2), \
      1 << (log2))
#define OSH_4_CLASSES(CLASS, X, count, log2) \
    CLASS(X, count, log2)                    \
    CLASS(X, (count) + 1, log2)              \
    CLASS(X, (count) + 2, log2)              \
    CLASS(X, (count) + 3, log2)

/* The same from 1 KiB to 8 KiB, where a doubling may have more classes, and above. */
#define OSH_FINE_STEPS (1 << OSH_CLASS_FINE_LOG2)
#define OSH_FINE_FROM 10
#define OSH_FINE_END 13
#define OSH_CLASSES_TO_FINE \
    ((OSH_FINE_FROM - OSH_ALIGN_LOG2 - OSH_CLASS_STEPS_LOG2 + 1) * OSH_CLASS_STEPS + OSH_CLASS_SKEW)
#define OSH_CLASSES_OF_FINE ((OSH_FINE_END - OSH_FINE_FROM) * OSH_FINE_STEPS)
#define OSH_FINE_CLASS(X, count, log2)                                                \
    X((count) + ((log2) + OSH_CLASS_FINE_LOG2 - OSH_FINE_FROM - 1) * OSH_FINE_STEPS + \
          OSH_CLASSES_TO_FINE,                                                        \
      (count) << (log2), 1 << (log2))
#define OSH_LONG_CLASS(X, count, log2)                                                 \
    X((count) + ((log2) + OSH_CLASS_STEPS_LOG2 - OSH_FINE_END - 1) * OSH_CLASS_STEPS + \
          OSH_CLASSES_TO_FINE + OSH_CLASSES_OF_FINE,                                   \
      (count) << (log2), 1 << (log2))
/* The classes above 2^log2 bytes, up to twice as many: four or eight. */
#define OSH_DOUBLING_BY_4(CLASS, X, log2) OSH_4_CLASSES(CLASS, X, 5, (log2)-2)
#define OSH_DOUBLING_BY_8(CLASS, X, log2) \
    OSH_4_CLASSES(CLASS, X, 9, (log2)-3)  \
    OSH_4_CLASSES(CLASS, X, 13, (log2)-3)
#if OSH_CLASS_STEPS_LOG2 == 2
#define OSH_DOUBLING(X, log2) OSH_DOUBLING_BY_4(OSH_CLASS, X, log2)
#define OSH_LONG_DOUBLING(X, log2) OSH_DOUBLING_BY_4(OSH_LONG_CLASS, X, log2)
#else
#define OSH_DOUBLING(X, log2) OSH_DOUBLING_BY_8(OSH_CLASS, X, log2)
#define OSH_LONG_DOUBLING(X, log2) OSH_DOUBLING_BY_8(OSH_LONG_CLASS, X, log2)
#endif
#if OSH_CLASS_FINE_LOG2 == 2
#define OSH_FINE_DOUBLING(X, log2) OSH_DOUBLING_BY_4(OSH_FINE_CLASS, X, log2)
#else
#define OSH_FINE_DOUBLING(X, log2) OSH_DOUBLING_BY_8(OSH_FINE_CLASS, X, log2)
#endif

/* The first are multiples of the alignment, but one that needs none. */
#if OSH_BLOCK_MIN == 8
#define OSH_CLASSES_16(X) X(1, 8, 8) X(2, 16, 8)
#else
#define OSH_CLASSES_16(X) X(1, 16, 16)
#endif
#if OSH_ALIGN_LOG2 == 3
#define OSH_CLASSES_32(X) OSH_CLASSES_16(X) OSH_CLASS(X, 3, 3) OSH_CLASS(X, 4, 3)
#define OSH_CLASSES_64(X) OSH_CLASSES_32(X) OSH_4_CLASSES(OSH_CLASS, X, 5, 3)
#define OSH_CLASSES_128(X) OSH_CLASSES_64(X) OSH_DOUBLING(X, 6)
#else
#define OSH_CLASSES_32(X) OSH_CLASSES_16(X) OSH_CLASS(X, 2, 4)
#define OSH_CLASSES_64(X) OSH_CLASSES_32(X) OSH_CLASS(X, 3, 4) OSH_CLASS(X, 4, 4)
#define OSH_CLASSES_128(X) OSH_CLASSES_64(X) OSH_4_CLASSES(OSH_CLASS, X, 5, 4)
#endif
#define OSH_CLASSES_256(X) OSH_CLASSES_128(X) OSH_DOUBLING(X, 7)
#define OSH_CLASSES_512(X) OSH_CLASSES_256(X) OSH_DOUBLING(X, 8)
#define OSH_CLASSES_1K(X) OSH_CLASSES_512(X) OSH_DOUBLING(X, 9)
#define OSH_CLASSES_2K(X) OSH_CLASSES_1K(X) OSH_FINE_DOUBLING(X, 10)
#define OSH_CLASSES_4K(X) OSH_CLASSES_2K(X) OSH_FINE_DOUBLING(X, 11)
#define OSH_CLASSES_8K(X) OSH_CLASSES_4K(X) OSH_FINE_DOUBLING(X, 12)
#define OSH_CLASSES_16K(X) OSH_CLASSES_8K(X) OSH_LONG_DOUBLING(X, 13)
#define OSH_CLASSES_32K(X) OSH_CLASSES_16K(X) OSH_LONG_DOUBLING(X, 14)
#define OSH_CLASSES_64K(X) OSH_CLASSES_32K(X) OSH_LONG_DOUBLING(X, 15)
#define OSH_CLASSES_128K(X) OSH_CLASSES_64K(X) OSH_LONG_DOUBLING(X, 16)

#if OSH_SLAB_MAX == 64
#define OSH_EACH_CLASS OSH_CLASSES_64
#elif OSH_SLAB_MAX == 128
#define OSH_EACH_CLASS OSH_CLASSES_128
#elif OSH_SLAB_MAX == 256
#define OSH_EACH_CLASS OSH_CLASSES_256
#elif OSH_SLAB_MAX == 512
#define OSH_EACH_CLASS OSH_CLASSES_512
#elif OSH_SLAB_MAX == 1024
#define OSH_EACH_CLASS OSH_CLASSES_1K
#elif OSH_SLAB_MAX == 2048
#define OSH_EACH_CLASS OSH_CLASSES_2K
#elif OSH_SLAB_MAX == 4096
#define OSH_EACH_CLASS OSH_CLASSES_4K
#elif OSH_SLAB_MAX == 8192
#define OSH_EACH_CLASS OSH_CLASSES_8K
#elif OSH_SLAB_MAX == 16384
#define OSH_EACH_CLASS OSH_CLASSES_16K
#elif OSH_SLAB_MAX == 32768
#define OSH_EACH_CLASS OSH_CLASSES_32K
#elif OSH_SLAB_MAX == 65536
#define OSH_EACH_CLASS OSH_CLASSES_64K
#else
#define OSH_EACH_CLASS OSH_CLASSES_128K
#endif

#endif
