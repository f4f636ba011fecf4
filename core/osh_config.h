/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration: two numbers, what follows from them, and what may be set by hand.
 *
 *   OSH_RAM_BYTES   RAM that the heap is to have: -Dram=96K. Linux has none given: memory is
 *                   virtual there, and committed on touch
 *   OSH_CORES       cores that call it: -Dcores=2
 *
 * A build sets a name by -DNAME=value (meson: -Dconfig=NAME=value) if it stands in #ifndef here;
 * nothing else is to be set. Sizes are bytes unless the name says otherwise. The checks at
 * the end refuse what cannot work; tests/config/sweep.py tries each name past its ends.
 * `./dev size --ram 96K --cores 2` prints what two numbers give.
 */
#ifndef OSH_CONFIG_H
#define OSH_CONFIG_H

#include <stdint.h>

/* 1 where a pointer has 64 bits. */
#if UINTPTR_MAX > 0xffffffffu
#define OSH_WIDE 1
#else
#define OSH_WIDE 0
#endif

/* 1 where pages are committed on touch, so that address range is cheap; 0 where
 * the region is RAM. */
#if defined(__linux__) && __STDC_HOSTED__ && !defined(OSH_RAM_BYTES)
#define OSH_VIRTUAL 1
#else
#define OSH_VIRTUAL 0
#endif

/* Compiled for size (-Os), where the region is RAM: what several files use is one function
 * that is called, where otherwise each has it inline; and what only speed or large regions
 * need is left out:
 *
 *   - a slab is one page, and what a class has is computed from its number, not read from
 *     a table;
 *   - pages and slabs are looked for one by one, not a word of bits at a time;
 *   - blocks go between a core's list and the slabs one by one: a block that finds the list
 *     full goes to its slab, the others remain; a refill is one block.
 *
 * Protocols, invariants and what a call may do in an interrupt are the same. */
#ifndef OSH_SMALL_CODE
#if defined(__OPTIMIZE_SIZE__) && (defined(OSH_RAM_BYTES) || !__STDC_HOSTED__)
#define OSH_SMALL_CODE 1
#else
#define OSH_SMALL_CODE 0
#endif
#endif

/* The two numbers. Firmware that gives no RAM works in any region, with pages and caches for
 * 256 KiB: the largest size that opens slabs is taken from the region when the heap starts. */
#ifndef OSH_RAM_BYTES
#define OSH_RAM_BYTES 0x40000u
#endif

/* Costs RAM per core (os_heap_stats' cached_bound). On Linux every number that a CPU can
 * have gets caches, whatever this says; those of a CPU that never runs a thread take no memory. */
#ifndef OSH_CORES
#ifdef OSH_SOC_CORES
#define OSH_CORES OSH_SOC_CORES
#else
#define OSH_CORES 4
#endif
#endif

#define OSH_CLAMP(value, least, most) \
    ((value) < (least) ? (least) : (value) > (most) ? (most) : (value))
/* 2^least to 2^16, the largest that is no more than `bytes`, as a power. */
#define OSH_FLOOR_LOG2(bytes, least)  \
    (OSH_BIT(bytes, 14, least)   ? 14 \
     : OSH_BIT(bytes, 13, least) ? 13 \
     : OSH_BIT(bytes, 12, least) ? 12 \
     : OSH_BIT(bytes, 11, least) ? 11 \
     : OSH_BIT(bytes, 10, least) ? 10 \
     : OSH_BIT(bytes, 9, least)  ? 9  \
     : OSH_BIT(bytes, 8, least)  ? 8  \
                                 : (least))
#define OSH_BIT(bytes, log2, least) ((log2) > (least) && (bytes) >> (log2) > 0)

/* Alignment of blocks that can hold an object which needs it: as large as max_align_t
 * asks for (16 on RV32 too, whose long double is as on RV64). */
#if OSH_WIDE || __SIZEOF_LONG_DOUBLE__ > 8
#define OSH_ALIGN_LOG2 4
#else
#define OSH_ALIGN_LOG2 3
#endif

/* Words of a free block that the port's lists take: its build says. */
#ifndef OSH_LINK_WORDS
#define OSH_LINK_WORDS 1
#endif

/* The smallest block: it holds a link. Where that is two words, as large as newlib's smallest
 * on 32-bit CPUs too: then a word of bits is enough for a page of 512 (1024) bytes. */
#define OSH_BLOCK_MIN (OSH_LINK_WORDS > 1 ? 16u : 8u)

/*
 * Pages. A page is what arena, slabs and newlib's break trade in. Each size class wastes half
 * a slab, each segment of newlib's half a page: so pages are as short as a word of bits can
 * describe, until a region has more than 2,048 of them to be searched. Compiled for size
 * every page is looked at by itself, so there are at most 512. Memory that is committed on
 * touch comes in pages of 16 KiB: fewer, longer slabs, and less refilling.
 */
#ifndef OSH_PAGE_LOG2
#define OSH_PAGE_LOG2 \
    (OSH_VIRTUAL ? 14 : OSH_FLOOR_LOG2(OSH_RAM_BYTES / (OSH_SMALL_CODE ? 512 : 2048), 9 + OSH_WIDE))
#endif

/* A slab is the shortest aligned run of 1, 2, 4 ... 2^this pages that wastes no more than one
 * part in OSH_SLAB_WASTE at its end and has OSH_SLAB_OBJECTS, or is OSH_SLAB_ROOMY bytes
 * without. With runs of 4 all sizes but few waste 1/16; longer ones would waste more in slabs
 * that are not full. Compiled for size a slab is a page: the code for runs is 500 bytes. */
#define OSH_RUN_LOG2 (OSH_VIRTUAL ? 5 : OSH_SMALL_CODE ? 0 : 2)
#define OSH_SLAB_WASTE (OSH_VIRTUAL ? 4 : 16)
#define OSH_SLAB_OBJECTS (OSH_VIRTUAL ? 8 : 2)
#define OSH_SLAB_ROOMY (2 << (OSH_PAGE_LOG2))

/* Largest size that has a size class: what an interrupt handler may ask for. A larger one
 * costs RAM for lists, and flash for tables, of eight classes a doubling. At most half a
 * page, or the longest run where there are runs. */
#ifndef OSH_SLAB_MAX
#define OSH_SLAB_MAX (OSH_VIRTUAL ? 131072u : 1u << ((OSH_PAGE_LOG2) - (OSH_SMALL_CODE ? 1 : 0)))
#endif

/* Largest size for which tasks open slabs; larger ones come from the newlib heap while that
 * has memory, unless most requests are of one size. 0: a part in 2,048 of the region, 64 at
 * least. More is fewer locks taken, and more memory stranded in slabs that are not full. */
#ifndef OSH_SLAB_OPEN
#define OSH_SLAB_OPEN (OSH_VIRTUAL ? OSH_SLAB_MAX : 0)
#endif

/* Size classes per doubling, as a power of two: 3 wastes 1/16 inside blocks on average, 2 an
 * eighth; but where slabs are long, fewer of them are half empty with 2. */
#define OSH_CLASS_STEPS_LOG2 (OSH_VIRTUAL ? 2 : 3)

/* Sizes up to here find their class by one table load, larger ones by arithmetic. The table
 * has an entry for each 2^OSH_TABLE_SHIFT bytes: 0 saves two instructions a call and costs
 * 1 KiB of .rodata. */
#define OSH_TABLE_MAX (OSH_VIRTUAL ? 1024 : (OSH_SLAB_MAX) < 512 ? 256 : 512)
#define OSH_TABLE_SHIFT (OSH_VIRTUAL ? 0 : 3)

/* A core keeps up to two magazines of a class. 1: in two lists that change places, so a
 * miss relinks nothing and what threads hand to each other moves whole. 0: in one list,
 * which is halved when it is full: a number of blocks that goes up and down at random
 * misses once in so many steps as a magazine's blocks squared, not in as many as they
 * are; a free that halves takes a few instructions for each block that it relinks. */
#define OSH_SPARE_LIST OSH_VIRTUAL

/* A magazine holds at most this many bytes of blocks and at most this many blocks. Longer
 * ones visit depot and slabs less often and cache more: all cores together a quarter of the
 * RAM, if every size is cached in full. */
#ifndef OSH_MAGAZINE_BYTES
#define OSH_MAGAZINE_BYTES \
    (OSH_VIRTUAL ? 8192 : OSH_CLAMP(OSH_RAM_BYTES / 128 / (OSH_CORES), 64, 3072))
#endif
#ifndef OSH_MAGAZINE_MAX
#define OSH_MAGAZINE_MAX (OSH_VIRTUAL ? 128 : OSH_CLAMP((OSH_MAGAZINE_BYTES) / 32, 7, 32))
#endif

/* ... but this many blocks at least, however large they are, so that a program
 * that replaces blocks at random finds one of the size it frees and wants next. */
#define OSH_MAGAZINE_MIN                     \
    (OSH_VIRTUAL                             \
         ? OSH_CLAMP(4, 1, OSH_MAGAZINE_MAX) \
         : OSH_CLAMP((OSH_MAGAZINE_BYTES) / 256, 1, OSH_MAGAZINE_MAX < 8 ? OSH_MAGAZINE_MAX : 8))

/* Blocks larger than this are not cached at all: their calls go to the slabs, which costs
 * little beside what such a block is for. */
#define OSH_CACHED_MAX \
    (OSH_VIRTUAL ? 131072 : (OSH_MAGAZINE_BYTES) < 128 ? 128 : (OSH_MAGAZINE_BYTES))

/* A class's depot holds at most this many magazines. More keeps cross-core traffic out of
 * the slabs and caches more. 0: no depot, full magazines go to the slabs. */
#ifndef OSH_DEPOT_SLOTS
#define OSH_DEPOT_SLOTS (OSH_VIRTUAL ? 16 : OSH_SMALL_CODE || (OSH_MAGAZINE_BYTES) < 1024 ? 0 : 2)
#endif
#define OSH_DEPOT_BYTES (1ll * (OSH_DEPOT_SLOTS) * (OSH_VIRTUAL ? (OSH_MAGAZINE_BYTES) : 4096))

/* Does each class remember where its slabs are, and the arena where free pages are? Compiled
 * for size every search begins at the top. */
#define OSH_SLAB_HINTS (!OSH_SMALL_CODE)

/* Slabs that one refill may draw on to fill its magazine: bounds the refill's time. */
#define OSH_REFILL_SLABS 8

/* Large blocks freed a short time ago that are kept for the next request of their size, without
 * a lock: so many bytes together, each at least 2^OSH_KEPT_LEAST_LOG2 and less than the rest. Not
 * from level 2 on, where a free block is to be looked at. */
#define OSH_KEPT_BYTES \
    (OSH_SMALL_CODE || OSH_HARDENING >= 2 ? 0 : OSH_VIRTUAL ? 4194304 : OSH_RAM_BYTES / 16)
#define OSH_KEPT_LEAST_LOG2 (OSH_VIRTUAL ? 17 : 6)
#define OSH_KEPT_MOST_LOG2 (OSH_VIRTUAL ? 20 : OSH_FLOOR_LOG2(OSH_KEPT_BYTES, 8))

/* newlib gives the top of its heap back to the arena when more than this is
 * free there. Smaller returns pages sooner, larger moves the break less. */
#ifndef OSH_TRIM_BYTES
#define OSH_TRIM_BYTES (OSH_VIRTUAL ? 1048576 : OSH_CLAMP(OSH_RAM_BYTES / 32, 1024, 16384))
#endif

/* Does os_heap_check name the invariant that does not hold, and a report say what is
 * wrong in a sentence? 0: only the part of the heap, and a word, which saves 1.2 KiB. */
#ifndef OSH_CHECK_NAMES
#define OSH_CHECK_NAMES (!OSH_SMALL_CODE)
#endif
#if OSH_CHECK_NAMES
#define OSH_NAMED(part, invariant) part ": " invariant
#else
#define OSH_NAMED(part, invariant) part
#endif

/* Linux only: address range reserved when no region is given. Pages are
 * committed on touch, so this limits the heap and costs nothing. Halved until
 * the kernel grants it. The environment's OSHEAP_REGION_BYTES takes precedence. */
#ifndef OSH_REGION_BYTES
#define OSH_REGION_BYTES (64ull << 30)
#endif

/* Which misuse is detected; docs/hardening.md has the table and the costs.
 *   0  what costs nothing: pointers outside the heap or in a page without blocks,
 *      a double free when the object meets itself in its slab
 *   1  every free: the pointer is the start of an object, and not the block that
 *      this core freed last; a large block has its seal, a word made of a secret, which it
 *      loses when it is freed; os_free_sized's size fits. A small block freed twice with
 *      others in between, or on two cores, is not noticed before it meets itself in its slab
 *   2  links in free blocks are encoded and checked, free blocks are filled with a
 *      pattern that is checked at re-use, a double free is found wherever the block
 *      is, unless it was written to there. Calls do not take the fast paths
 *   3  a record behind every block: what was asked for, by whom, and a pattern up to
 *      the end of the block; freed blocks wait in a quarantine. For debugging */
#ifndef OSH_HARDENING
#define OSH_HARDENING 1
#endif

/* From level 2 on: so many bytes at the start of a free block hold the pattern. More
 * sees more writes, and every malloc and free takes longer. */
#ifndef OSH_FILL_BYTES
#define OSH_FILL_BYTES 1024u
#endif

/* Level 3: so many freed blocks of at most OSH_QUARANTINE_MAX bytes wait before they are used
 * again. Costs a word each, and the blocks. */
#ifndef OSH_QUARANTINE_BLOCKS
#define OSH_QUARANTINE_BLOCKS (OSH_VIRTUAL ? 64 : 8)
#endif
#define OSH_QUARANTINE_MAX (OSH_VIRTUAL ? 1048576u : OSH_RAM_BYTES / 64)

/* Bytes by which what cores write is kept apart. On Linux two lines, since adjacent-line
 * prefetch makes pairs of them travel together. */
#ifndef OSH_CACHELINE
#define OSH_CACHELINE (OSH_VIRTUAL || OSH_WIDE ? 64 : (OSH_CORES) > 1 ? 32 : 8)
#endif

/* Tests go below what any numbers give: their header sets names anew. */
#ifdef OSH_CONFIG_TEST
#include OSH_CONFIG_TEST
#endif

#define OSH_PAGE_BYTES ((uintptr_t)1 << OSH_VALUE_PAGE_LOG2)

#define OSH_WITHIN(value, least, most) ((value) >= (least) && (value) <= (most))
#define OSH_IS_SWITCH(value) ((value) == 0 || (value) == 1)
#define OSH_IS_POWER(value) (((value) & ((value)-1)) == 0)

_Static_assert(OSH_WITHIN(OSH_RAM_BYTES, 2048, OSH_WIDE ? 1ll << 47 : 1ll << 31),
               "OSH_RAM_BYTES is 2 KiB to 2^47 bytes, with 32-bit addresses to 2^31");
_Static_assert(OSH_IS_SWITCH(OSH_CHECK_NAMES), "OSH_CHECK_NAMES is 0 or 1");
_Static_assert(OSH_WITHIN(OSH_LINK_WORDS, 1, 2), "OSH_LINK_WORDS, the port's, is 1 or 2");

_Static_assert(OSH_WITHIN(OSH_PAGE_LOG2, 9, 16), "OSH_PAGE_LOG2: a page is 512 B to 64 KiB");
_Static_assert(OSH_WITHIN(OSH_SLAB_MAX, 64, 131072), "OSH_SLAB_MAX is 64 B to 128 KiB");
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

_Static_assert(OSH_WITHIN(OSH_HARDENING, 0, 3), "OSH_HARDENING: levels are 0 to 3");
_Static_assert(OSH_WITHIN(OSH_FILL_BYTES, 0, INTPTR_MAX), "OSH_FILL_BYTES is a size");
_Static_assert(OSH_WITHIN(OSH_QUARANTINE_BLOCKS, 1, 65536), "OSH_QUARANTINE_BLOCKS: 1 to 65536");
/* The same, evaluated once: what is computed for every class would be pages of text otherwise. */
enum {
    OSH_VALUE_PAGE_LOG2 = OSH_PAGE_LOG2,
    OSH_VALUE_SPAN_LOG2 = OSH_PAGE_LOG2 + OSH_RUN_LOG2, /* of the longest slab */
    OSH_VALUE_SLAB_ROOMY = OSH_SLAB_ROOMY,
    OSH_VALUE_MAGAZINE_BYTES = OSH_MAGAZINE_BYTES,
    OSH_VALUE_MAGAZINE_MAX = OSH_MAGAZINE_MAX,
    OSH_VALUE_MAGAZINE_MIN = OSH_MAGAZINE_MIN,
    OSH_VALUE_CACHED_MAX = OSH_CACHED_MAX,
    OSH_VALUE_DEPOT_SLOTS = OSH_DEPOT_SLOTS,
    OSH_VALUE_DEPOT_BYTES = OSH_DEPOT_BYTES,
};

#if defined(OSH_TOOLS_ASAN) && OSH_HARDENING < 3
#error "-Dtools=asan goes with -Dhardening=3, which knows the size that was asked for"
#endif

#endif
