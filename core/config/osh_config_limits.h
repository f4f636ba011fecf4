/* SPDX-License-Identifier: Apache-2.0 */
/* The end of osh_config.h: each name's limits, and the values as constants. */
#ifndef OSH_CONFIG_LIMITS_H
#define OSH_CONFIG_LIMITS_H

#define OSH_WITHIN(value, least, most) ((value) >= (least) && (value) <= (most))
#define OSH_IS_SWITCH(value) ((value) == 0 || (value) == 1)
#define OSH_IS_POWER(value) (((value) & ((value)-1)) == 0)

_Static_assert(OSH_WITHIN(OSH_RAM_BYTES, 2048, OSH_WIDE ? 1ll << 47 : 1ll << 31),
               "OSH_RAM_BYTES is 2 KiB to 2^47 bytes, with 32-bit addresses to 2^31");
_Static_assert(OSH_IS_SWITCH(OSH_CHECK_NAMES), "OSH_CHECK_NAMES is 0 or 1");
_Static_assert(OSH_WITHIN(OSH_LINK_WORDS, 1, 2), "OSH_LINK_WORDS, the port's, is 1 or 2");

_Static_assert(OSH_WITHIN(OSH_PAGE_LOG2, 9, 16), "OSH_PAGE_LOG2: a page is 512 B to 64 KiB");
_Static_assert(OSH_WITHIN(OSH_SLAB_MAX, 64, 131072) && OSH_IS_POWER(OSH_SLAB_MAX),
               "OSH_SLAB_MAX is a power of two, 64 B to 128 KiB");
_Static_assert(OSH_SLAB_MAX <= 1ull << (OSH_PAGE_LOG2 + (OSH_RUN_LOG2 > 0 ? OSH_RUN_LOG2 : -1)),
               "OSH_SLAB_MAX: a slab of one page holds at least two objects, one of a run at "
               "least one");
_Static_assert(OSH_WITHIN(OSH_SLAB_OPEN, 0, OSH_SLAB_MAX), "OSH_SLAB_OPEN is 0 to OSH_SLAB_MAX");

_Static_assert(OSH_WITHIN(OSH_CORES, 1, OSH_VIRTUAL ? 4096 : 256),
               "OSH_CORES is 1 to 256, on Linux to 4096");
_Static_assert(OSH_WITHIN(OSH_MAGAZINE_MAX, 1, 512), "OSH_MAGAZINE_MAX is 1 to 512 blocks");
_Static_assert(OSH_WITHIN(OSH_MAGAZINE_BYTES, 0, 1 << 26), "OSH_MAGAZINE_BYTES is 0 to 64 MiB");
_Static_assert(OSH_WITHIN(OSH_DEPOT_SLOTS, 0, 255), "OSH_DEPOT_SLOTS is 0 to 255");
_Static_assert(OSH_DEPOT_BYTES <= 1 << 30,
               "OSH_DEPOT_SLOTS and OSH_MAGAZINE_BYTES: a depot holds at most 1 GiB");

_Static_assert(OSH_WITHIN(OSH_TRIM_BYTES, 0, INTPTR_MAX), "OSH_TRIM_BYTES is a size");
_Static_assert(OSH_WITHIN(OSH_REGION_BYTES, 16ll << (OSH_PAGE_LOG2), 1ll << 47),
               "OSH_REGION_BYTES is 16 pages to 2^47 bytes");
_Static_assert(OSH_WITHIN(OSH_CACHELINE, 8, 4096) && OSH_IS_POWER(OSH_CACHELINE),
               "OSH_CACHELINE is a power of two, 8 to 4096");

_Static_assert(OSH_WITHIN(OSH_HARDENING, 0, 2), "OSH_HARDENING: levels are 0 to 2");
_Static_assert(OSH_WITHIN(OSH_FILL_BYTES, 0, INTPTR_MAX), "OSH_FILL_BYTES is a size");
_Static_assert(OSH_WITHIN(OSH_QUARANTINE_BLOCKS, 1, 65536), "OSH_QUARANTINE_BLOCKS: 1 to 65536");

#if defined(OSH_TOOLS_ASAN) && OSH_HARDENING < 2
#error "-Dtools=asan goes with -Dhardening=2, which knows the size that was asked for"
#endif

/* The values as constants. Without them the macros for every class would expand to pages of text.
 */
enum {
    OSH_VALUE_PAGE_LOG2 = OSH_PAGE_LOG2,
    OSH_VALUE_SPAN_LOG2 = OSH_PAGE_LOG2 + OSH_RUN_LOG2, /* of the longest slab */
    OSH_VALUE_SLAB_ROOMY = OSH_SLAB_ROOMY,
    OSH_VALUE_MAGAZINE_BYTES = OSH_MAGAZINE_BYTES,
    OSH_VALUE_MAGAZINE_MAX = OSH_MAGAZINE_MAX,
    OSH_VALUE_MAGAZINE_MIN = OSH_MAGAZINE_MIN,
    OSH_VALUE_MAGAZINE_LARGE = OSH_MAGAZINE_LARGE,
    OSH_VALUE_CACHED_MAX = OSH_CACHED_MAX,
    OSH_VALUE_DEPOT_SLOTS = OSH_DEPOT_SLOTS,
    OSH_VALUE_DEPOT_BYTES = OSH_DEPOT_BYTES,
};

#define OSH_PAGE_BYTES ((uintptr_t)1 << OSH_VALUE_PAGE_LOG2)

#endif
