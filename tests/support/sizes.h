/* SPDX-License-Identifier: Apache-2.0 */
/* Sizes that mean something whatever the configuration. */
#ifndef SIZES_H
#define SIZES_H

#include "osh_class.h"

/* A small size, and the k-th of a few large ones, far enough apart that newlib
 * cannot give one the place of another. */
#define SMALL_SIZE ((size_t)48)
#define LARGE_SIZE(k) ((size_t)OSH_SLAB_MAX * (k) + 1)

/* Pages of a heap in which every class can have slabs and large blocks fit. */
#define ROOMY_HEAP ((size_t)64 + 48 * (((OSH_SLAB_MAX) + OSH_PAGE_BYTES - 1) >> OSH_PAGE_LOG2))

#define FOR_EACH_CLASS(cls) for (unsigned cls = 1; cls <= OSH_CLASS_MAX; cls++)

/* Sizes around every boundary the library has, one after another: 0 first,
 * then each class's size -1, +0 and +1, then large ones. SIZE_MAX ends them. */
static inline size_t boundary_size(unsigned n)
{
    static const size_t beyond[] = {LARGE_SIZE(2), OSH_PAGE_BYTES - 1, OSH_PAGE_BYTES,
                                    OSH_PAGE_BYTES + 1, 3 * OSH_PAGE_BYTES};
    if (n == 0) {
        return 0;
    }
    unsigned cls = (n - 1) / 3 + 1;
    if (cls <= OSH_CLASS_MAX) {
        return osh_class_bytes(cls) - 1 + (n - 1) % 3;
    }
    n -= 3 * OSH_CLASS_MAX + 1;
    return n < sizeof(beyond) / sizeof(beyond[0]) ? beyond[n] : SIZE_MAX;
}

#define FOR_EACH_BOUNDARY(size) \
    for (size_t n_ = 0, size; (size = boundary_size((unsigned)n_)) != SIZE_MAX; n_++)

/* What C asks of any object of that size: the largest power of two not above
 * it, up to that of max_align_t. */
static inline size_t alignment_for(size_t size)
{
    size_t alignment = 1;
    while (alignment * 2 <= size && alignment * 2 <= OSH_ALIGN) {
        alignment *= 2;
    }
    return alignment;
}

#endif
