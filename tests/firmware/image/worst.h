/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each path of docs/worst-case.md costs at most, in instructions: the sum over
 * its loops of turns times instructions a turn, and what is outside of loops. The
 * turns are the configuration's; how the instructions (-O2) were found for each name
 * docs/worst-case.md says. They are those of hardening 0, and of what level 1 checks
 * on top: names that end in _check. Level 2 has no formulas.
 */
#ifndef WORST_H
#define WORST_H

#include <stdint.h>

/* Instructions, in the names of docs/worst-case.md. */
struct costs {
    uint32_t hit;       /* a hit, either way */
    uint32_t miss;      /* a miss: all that is outside of loops */
    uint32_t slot;      /* a slot of the depot that is looked at */
    uint32_t word;      /* a word of the map of slabs, or of the bitmap of pages */
    uint32_t slab;      /* a slab drawn on, and taken off the map */
    uint32_t bits;      /* a word of a slab's bits that is looked at, ... */
    uint32_t bits_more; /* ... and one more when it has some of ours */
    uint32_t object;    /* an object linked into a chain */
    uint32_t create;    /* a page claimed and made a slab */
    uint32_t fill;      /* a word of its bits set */
    uint32_t cut;       /* a block relinked, of a full list that is halved */
    uint32_t put;       /* an object given to a slab of its own */
    uint32_t release;   /* ... and that slab to the arena, ... */
    uint32_t full;      /* ... for each word of its bits */
    uint32_t list;      /* a core's list of a class looked at by a reclaim */
    uint32_t list_more; /* ... when it has a chain */
    uint32_t any;       /* a page's slab looked at, when memory is out, ... */
    uint32_t look;      /* ... for each word of its bits */
    uint32_t refuse;    /* a large request refused in an interrupt */
    uint32_t defer;     /* a large block deferred */
    uint32_t large;     /* a large block freed, but for what newlib's bins take */
    uint32_t drain;     /* a deferred one freed */
    uint32_t usable;    /* os_malloc_usable_size */
    uint32_t start;     /* the first call: all that is outside of loops */
    uint32_t table_x8;  /* 8 bytes of tables laid out */
    uint32_t reset;     /* a list or class made empty at the start */
    /* What level 1 adds: is the pointer, ... */
    uint32_t hit_check;    /* ... of a free that hits, the start of a block not freed last */
    uint32_t usable_check; /* ... of os_malloc_usable_size, the start of a block */
    uint32_t put_check;    /* ... that a slab is given, of a slab of its class */
    uint32_t header_check; /* ... to a large block, behind a header that leads to its seal */
    uint32_t fault_check;  /* ... that newlib is given, of a block in use to its neighbours */
};

#define LEVEL_1(instructions) (OSH_HARDENING > 0 ? (instructions) : 0)

#if defined(BOARD_A53) || defined(BOARD_A72) || defined(BOARD_N1)
/* Of Cortex-A72; with Armv8.1's atomics it is shorter. */
#define WORST_COSTS                                                                               \
    {                                                                                             \
        .hit = 32, .miss = 380, .slot = 14, .word = 18, .slab = 137, .bits = 32, .bits_more = 48, \
        .object = 29, .create = 300, .fill = 5, .cut = 7, .put = 150, .release = 125, .full = 24, \
        .list = 14, .list_more = 30, .any = 22, .look = 5, .refuse = 290, .defer = 170,           \
        .large = 350, .drain = 119, .usable = 66, .start = 250, .table_x8 = 2, .reset = 4,        \
        .hit_check = LEVEL_1(17), .usable_check = LEVEL_1(28), .put_check = LEVEL_1(12),          \
        .header_check = LEVEL_1(140), .fault_check = LEVEL_1(230),                                \
    }
#else
/* Of Cortex-M33; its M-profile neighbours have no longer paths. */
#define WORST_COSTS                                                                               \
    {                                                                                             \
        .hit = 32, .miss = 380, .slot = 14, .word = 18, .slab = 137, .bits = 32, .bits_more = 48, \
        .object = 29, .create = 300, .fill = 5, .cut = 7, .put = 150, .release = 125, .full = 24, \
        .list = 14, .list_more = 30, .any = 22, .look = 5, .refuse = 240, .defer = 160,           \
        .large = 350, .drain = 119, .usable = 66, .start = 500, .table_x8 = 3, .reset = 7,        \
        .hit_check = LEVEL_1(16), .usable_check = LEVEL_1(10), .put_check = LEVEL_1(12),          \
        .header_check = LEVEL_1(130), .fault_check = LEVEL_1(230),                                \
    }
#endif

/* Elsewhere an iteration is longer: no count of leading zeros, no shifted operands, or
 * fences. At most by half, which is all that is asserted there. */
#if defined(BOARD_AN521) || defined(BOARD_M4) || defined(BOARD_M7) || defined(BOARD_A72) || \
    defined(BOARD_N1)
#define WORST_PERCENT 100u
/* For little RAM loops turn so seldom that what is outside of them decides. */
#if OSH_RAM_BYTES < 65536
#define WORST_LEAST_PERCENT 0u
#else
#define WORST_LEAST_PERCENT 33u
#endif
#else
#define WORST_PERCENT 150u
#define WORST_LEAST_PERCENT 0u
#endif

#endif
