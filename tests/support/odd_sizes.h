/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sizes at which some sum, product or comparison may go wrong, given to every call that takes
 * one. Whoever includes this has a CHECK(condition).
 */
#ifndef ODD_SIZES_H
#define ODD_SIZES_H

#include "os/os_heap.h"
#include "osh_config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ODD_BITS (8 * (unsigned)sizeof(size_t))
#define ODD_AROUND 64

/* Each power of two, one of which is PTRDIFF_MAX + 1, then SIZE_MAX + 1, the region's size,
 * and sizes between the powers, up to the largest of slabs. */
static inline bool odd_centre(unsigned n, size_t region, size_t *centre)
{
    *centre = n < ODD_BITS           ? (size_t)1 << n
              : n == ODD_BITS        ? 0
              : n == ODD_BITS + 1    ? region
              : n == ODD_BITS + 2    ? region / 2
              : n < ODD_BITS + 3 * 8 ? ((size_t)(n % 3) + 5) << (n - ODD_BITS) / 3
                                     : 0;
    return n < ODD_BITS + 3 * 8;
}

struct odd_blocks {
    size_t region;
    unsigned char *block[4]; /* a small one; large ones: before a hole, before a used one, last */
    size_t size[4];
    void *behind[2];
};

/* The next of the bytes that are stamped: the first sixteen and the last. */
static inline size_t odd_next(size_t k, size_t bytes)
{
    return k == 15 && bytes > 32 ? bytes - 16 : k + 1;
}

static inline void odd_stamp(struct odd_blocks *odd, unsigned i)
{
    for (size_t k = 0; k < odd->size[i]; k = odd_next(k, odd->size[i])) {
        odd->block[i][k] = (unsigned char)(k * 7 + i);
    }
}

/* Is there what was stamped, as far as so many bytes go? */
static inline void odd_require(const struct odd_blocks *odd, const unsigned char *block,
                               size_t bytes, unsigned i)
{
    for (size_t k = 0; k < odd->size[i] && k < bytes; k = odd_next(k, odd->size[i])) {
        CHECK(block[k] == (unsigned char)(k * 7 + i));
    }
}

static inline void odd_begin(struct odd_blocks *odd)
{
    struct os_heap_stats stats;
    os_heap_stats(&stats);
    odd->region = stats.region;
    for (unsigned i = 0; i < 4; i++) {
        odd->size[i] = i == 0 ? 24 : OSH_SLAB_MAX + 40 * i;
        odd->block[i] = os_malloc(odd->size[i]);
        CHECK(odd->block[i] != NULL);
        odd_stamp(odd, i);
        if (i == 1 || i == 2) {
            odd->behind[i - 1] = os_malloc(OSH_SLAB_MAX + 200);
        }
    }
    os_free(odd->behind[0]);
}

static inline void odd_end(struct odd_blocks *odd)
{
    for (unsigned i = 0; i < 4; i++) {
        os_free(odd->block[i]);
    }
    os_free(odd->behind[1]);
    CHECK(os_heap_check() == NULL);
}

static inline void odd_served(void *block, size_t size, size_t region)
{
    CHECK(block == NULL || (size <= region && os_malloc_usable_size(block) >= size));
    os_free(block);
}

static inline void odd_resize(struct odd_blocks *odd, unsigned i, size_t count, size_t size)
{
    size_t bytes;
    bool overflows = __builtin_mul_overflow(count, size, &bytes);
    if (!overflows && bytes == 0) {
        return; /* frees */
    }
    unsigned char *resized =
        count == 1 ? os_realloc(odd->block[i], size) : os_reallocarray(odd->block[i], count, size);
    if (resized == NULL) {
        odd_require(odd, odd->block[i], odd->size[i], i);
        CHECK(os_malloc_usable_size(odd->block[i]) >= odd->size[i]);
        return;
    }
    CHECK(!overflows && bytes <= odd->region && os_malloc_usable_size(resized) >= bytes);
    odd_require(odd, resized, bytes, i);
    odd->block[i] = os_realloc(resized, odd->size[i]);
    CHECK(odd->block[i] != NULL);
    odd_stamp(odd, i);
}

/* Every call that takes a size, with this one. */
static inline void odd_try(struct odd_blocks *odd, size_t size)
{
    size_t region = odd->region;
    odd_served(os_malloc(size), size, region);
    odd_served(os_calloc(1, size), size, region);
    odd_served(os_calloc(size, 1), size, region);
    odd_served(os_realloc(NULL, size), size, region);
    odd_served(os_calloc(2, size), size > SIZE_MAX / 2 ? SIZE_MAX : 2 * size, region);
    odd_served(os_calloc(size, size), size >> ODD_BITS / 2 != 0 ? SIZE_MAX : size * size, region);
    const unsigned bits[] = {2, OSH_PAGE_LOG2 - 1, OSH_PAGE_LOG2 + 1, ODD_BITS - 2, ODD_BITS - 1};
    for (unsigned i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
        size_t alignment = (size_t)1 << bits[i];
        void *block = os_aligned_alloc(alignment, size);
        CHECK((uintptr_t)block % alignment == 0);
        odd_served(block, size, region);
    }
    odd_served(os_aligned_alloc(size, 1), 1, region);
    odd_served(os_aligned_alloc(size, size), size, region);
    for (unsigned i = 0; i < 4; i++) {
        odd_resize(odd, i, 1, size);
        odd_resize(odd, i, size, 1);
        odd_resize(odd, i, 2, size);
        odd_resize(odd, i, size, size);
    }
}

#endif
