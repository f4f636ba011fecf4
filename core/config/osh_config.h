/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration: two numbers, the values that follow from them, and the values that may be set
 * by hand.
 *
 *   OSH_RAM_BYTES   RAM for the heap: -Dram=96K. Not given on Linux, where memory is virtual and
 *                   committed on touch
 *   OSH_CORES       cores that call the heap: -Dcores=2
 *
 * A build may set a name that stands in #ifndef here, by -DNAME=value (meson: -Dconfig=NAME=value),
 * and no other name. Sizes are bytes unless the name says otherwise. osh_config_limits.h refuses
 * impossible values; tests/config/sweep.py tries values beyond the limits of each name.
 * `./dev size --ram 96K --cores 2` prints what the two numbers give.
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

/* 1 if pages are committed on touch, so that addresses cost no memory; 0 if the region is RAM. */
#if defined(__linux__) && __STDC_HOSTED__ && !defined(OSH_RAM_BYTES)
#define OSH_VIRTUAL 1
#else
#define OSH_VIRTUAL 0
#endif

/* 1 in a build for size (-Os) if the region is RAM. Functions that several files use are then
 * called, not inlined, and code that only speed or large regions need is left out:
 *
 *   - a slab is one page, and a class's sizes are computed from its number, not read from
 *     a table;
 *   - pages and slabs are searched one by one, not a word of bits at a time;
 *   - blocks move between a core's list and the slabs one by one: a block that finds the list
 *     full goes to its slab, and a refill is one block.
 *
 * Protocols, invariants and the contexts of each call are the same. */
#ifndef OSH_SMALL_CODE
#if defined(__OPTIMIZE_SIZE__) && (defined(OSH_RAM_BYTES) || !__STDC_HOSTED__)
#define OSH_SMALL_CODE 1
#else
#define OSH_SMALL_CODE 0
#endif
#endif

/* The two numbers. Without OSH_RAM_BYTES firmware works in any region, with pages and caches for
 * 256 KiB. The largest size that opens slabs depends on the region, when the heap starts. */
#ifndef OSH_RAM_BYTES
#define OSH_RAM_BYTES 0x40000u
#endif

/* Each core costs RAM (cached_bound of os_heap_stats). On Linux every possible CPU number has
 * caches, whatever this says; the caches of a CPU that never runs a thread take no memory. */
#ifndef OSH_CORES
#ifdef OSH_SOC_CORES
#define OSH_CORES OSH_SOC_CORES
#else
#define OSH_CORES 4
#endif
#endif

#define OSH_CLAMP(value, least, most) \
    ((value) < (least) ? (least) : (value) > (most) ? (most) : (value))
/* log2 of `bytes`, rounded down, but from `least` to 14. */
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

/* Alignment of blocks that are large enough to need it: that of max_align_t (16 on RV32 too, whose
 * long double is that of RV64). */
#if OSH_WIDE || __SIZEOF_LONG_DOUBLE__ > 8
#define OSH_ALIGN_LOG2 4
#else
#define OSH_ALIGN_LOG2 3
#endif

/* Words at the start of a free block that the port's lists use. The port's build sets it. */
#ifndef OSH_LINK_WORDS
#define OSH_LINK_WORDS 1
#endif

/* The smallest block: it holds a link. With links of two words it has 16 bytes on 32-bit CPUs too,
 * as newlib's smallest block, so that one word of bits describes a page of 512 (1024) bytes. */
#define OSH_BLOCK_MIN (OSH_LINK_WORDS > 1 ? 16u : 8u)

/*
 * Pages: the unit in which slabs and newlib's break claim memory. On average each size class wastes
 * half a slab, and each segment of newlib's half a page. So pages are as short as a word of bits
 * can describe, but long enough that a region has at most 2,048 of them to search. A build for size
 * looks at each page by itself, so it has at most 512. On Linux pages have 16 KiB: fewer, longer
 * slabs, and fewer refills.
 */
#ifndef OSH_PAGE_LOG2
#define OSH_PAGE_LOG2 \
    (OSH_VIRTUAL ? 14 \
                 : OSH_FLOOR_LOG2((OSH_RAM_BYTES) / (OSH_SMALL_CODE ? 512 : 2048), 9 + OSH_WIDE))
#endif

/* A slab is the shortest aligned run of 1, 2, 4 ... 2^OSH_RUN_LOG2 pages that wastes at most
 * 1/OSH_SLAB_WASTE at its end, and has OSH_SLAB_OBJECTS objects or OSH_SLAB_ROOMY bytes. With runs
 * of 4 pages nearly all sizes waste at most 1/16; longer runs would waste more in slabs that are
 * not full. In a build for size a slab is a page, because the code for runs takes 500 bytes. */
#define OSH_RUN_LOG2 (OSH_VIRTUAL ? 5 : OSH_SMALL_CODE ? 0 : 2)
#define OSH_SLAB_WASTE (OSH_VIRTUAL ? 4 : 16)
#define OSH_SLAB_OBJECTS (OSH_VIRTUAL ? 8 : 2)
#define OSH_SLAB_ROOMY (2 << (OSH_PAGE_LOG2))

/* The largest size that has a size class, so the largest that an interrupt handler may ask for.
 * Each doubling costs the RAM of lists and the flash of tables for eight classes. A power of two,
 * at most the longest run of pages, or half a page if a slab is one page. */
#ifndef OSH_SLAB_MAX
#define OSH_SLAB_MAX (OSH_VIRTUAL ? 131072u : 1u << ((OSH_PAGE_LOG2) - (OSH_SMALL_CODE ? 1 : 0)))
#endif

/* The largest size for which tasks open slabs. Larger blocks come from the newlib heap while that
 * has memory, unless most requests are of one size. 0: 1/2048 of the region, at least 64 bytes. A
 * larger value takes fewer locks, and leaves more memory unused in slabs that are not full. */
#ifndef OSH_SLAB_OPEN
#define OSH_SLAB_OPEN (OSH_VIRTUAL ? OSH_SLAB_MAX : 0)
#endif

/* log2 of the size classes in each doubling. 3 wastes 1/16 inside blocks on average, 2 wastes 1/8;
 * but with 2 there are fewer slabs that are half empty, which counts if slabs are long. */
#define OSH_CLASS_STEPS_LOG2 (OSH_VIRTUAL ? 2 : 3)
/* The same from 1 to 8 KiB, where few slabs are long enough to waste much when they are half
 * empty. */
#define OSH_CLASS_FINE_LOG2 (OSH_VIRTUAL ? 3 : OSH_CLASS_STEPS_LOG2)

/* Sizes up to OSH_TABLE_MAX find their class by one table load, larger ones by arithmetic. The
 * table has an entry for each 2^OSH_TABLE_SHIFT bytes: 0 saves two instructions in each call and
 * costs 1 KiB of .rodata. */
#define OSH_TABLE_MAX (OSH_VIRTUAL ? 1024 : (OSH_SLAB_MAX) < 512 ? 256 : 512)
#define OSH_TABLE_SHIFT (OSH_VIRTUAL ? 0 : 3)

/* A core keeps up to two magazines of a class. 1: in two lists that change places. A miss relinks
 * nothing, and magazines move between threads as a whole. 0: in one list, which is halved when it
 * is full. If blocks are allocated and freed at random, one list misses once in about M * M steps,
 * where two lists miss once in about M (M: blocks in a magazine). A free that halves the list takes
 * a few instructions for each block that it relinks. */
#define OSH_SPARE_LIST OSH_VIRTUAL

/* A magazine holds at most OSH_MAGAZINE_BYTES bytes and at most OSH_MAGAZINE_MAX blocks. Longer
 * magazines visit depot and slabs less often and cache more. `./dev size` prints what all caches
 * can hold at most. */
#ifndef OSH_MAGAZINE_BYTES
#define OSH_MAGAZINE_BYTES \
    (OSH_VIRTUAL ? 8192 : OSH_CLAMP((OSH_RAM_BYTES) / 128 / (OSH_CORES), 64, 3072))
#endif
#ifndef OSH_MAGAZINE_MAX
#define OSH_MAGAZINE_MAX (OSH_VIRTUAL ? 128 : OSH_CLAMP((OSH_MAGAZINE_BYTES) / 32, 7, 32))
#endif

/* A magazine holds at least this many blocks, even if they have more bytes, so that a program that
 * replaces blocks at random finds a cached block of the size that it wants next. */
#define OSH_MAGAZINE_MIN                     \
    (OSH_VIRTUAL                             \
         ? OSH_CLAMP(4, 1, OSH_MAGAZINE_MAX) \
         : OSH_CLAMP((OSH_MAGAZINE_BYTES) / 256, 1, OSH_MAGAZINE_MAX < 8 ? OSH_MAGAZINE_MAX : 8))

/* But no more bytes than this, or one block. */
#define OSH_MAGAZINE_LARGE (OSH_VIRTUAL ? 90112 : 1 << 30)

/* Blocks larger than this are not cached: their calls go to the slabs, which costs little compared
 * with the work on such a block. */
#define OSH_CACHED_MAX \
    (OSH_VIRTUAL ? 131072 : (OSH_MAGAZINE_BYTES) < 128 ? 128 : (OSH_MAGAZINE_BYTES))

/* The depot holds at most this many magazines of a class. A larger value lets more blocks pass
 * between cores without the slabs, and caches more. 0: no depot, full magazines go to the slabs. */
#ifndef OSH_DEPOT_SLOTS
#define OSH_DEPOT_SLOTS (OSH_VIRTUAL ? 16 : OSH_SMALL_CODE || (OSH_MAGAZINE_BYTES) < 1024 ? 0 : 2)
#endif
/* On Linux the depot has a part for each core that the process may use, at most OSH_DEPOT_PARTS.
 * All parts of a class together have at most OSH_DEPOT_MOST slots, and all parts of all classes at
 * most OSH_DEPOT_GROWTH bytes more than OSH_DEPOT_SLOTS gives them. 1 and 0 at level 2, which
 * searches the depot when a block is freed twice. */
#define OSH_DEPOT_PARTS (OSH_VIRTUAL && OSH_HARDENING < 2 && (OSH_DEPOT_SLOTS) > 0 ? 16u : 1u)
#define OSH_DEPOT_MOST (OSH_DEPOT_PARTS > 1 ? 1024 : (OSH_DEPOT_SLOTS))
#define OSH_DEPOT_GROWTH (OSH_DEPOT_PARTS > 1 ? 33554432u : 0u)
#define OSH_DEPOT_SHRINKS 4 /* magazines or classes, before another class takes pages */
#define OSH_DEPOT_BYTES (1ll * (OSH_DEPOT_SLOTS) * (OSH_VIRTUAL ? (OSH_MAGAZINE_BYTES) : 4096))

/* 1: each class has a hint where its slabs are, and the arena where free pages are. 0, in a build
 * for size: every search begins at the top. */
#define OSH_SLAB_HINTS (!OSH_SMALL_CODE)

/* A refill takes objects from at most this many slabs. This bounds the refill's time. */
#define OSH_REFILL_SLABS 8

/* Freed large blocks that the heap keeps for the next request of their size, which then takes no
 * lock. OSH_KEPT_BYTES: bytes of all kept blocks at most, an eighth of the RAM, and less when
 * memory becomes short. Each has at least 2^OSH_KEPT_LEAST_LOG2 and less than 2^OSH_KEPT_MOST_LOG2
 * bytes. 0 at level 2, which checks free blocks. */
#define OSH_KEPT_BYTES \
    (OSH_SMALL_CODE || OSH_HARDENING >= 2 ? 0 : OSH_VIRTUAL ? 4194304 : (OSH_RAM_BYTES) / 8)
#define OSH_KEPT_LEAST_LOG2 (OSH_VIRTUAL ? 17 : 6)
#define OSH_KEPT_MOST_LOG2 (OSH_VIRTUAL ? 20 : OSH_FLOOR_LOG2(OSH_KEPT_BYTES, 8))

/* Blocks of at least this many bytes are rows of pages of their own, without newlib: all that have
 * no size class, if they have a few pages. 0: none are, because a page's rest would be lost RAM.
 * Where memory is virtual it is never touched. */
#define OSH_ROW_LEAST \
    (OSH_VIRTUAL ? OSH_CLAMP((OSH_SLAB_MAX) + 1u, 8u << (OSH_PAGE_LOG2), 1u << 31) : 0u)
/* In a region below OSH_ROW_REGION, such as one from os_heap_init, the rest of a page is missed
 * sooner. There newlib packs blocks of less than OSH_ROW_LEAST_SMALL bytes, and it has so few of
 * them that its searches are short. */
#define OSH_ROW_REGION 536870912u
#define OSH_ROW_LEAST_SMALL 4194304u
/* Free pages in a row that are worth a hint. */
#define OSH_GAP_LEAST (OSH_ROW_LEAST > 0 ? (OSH_ROW_LEAST) >> (OSH_PAGE_LOG2) : 1u)

/* Where memory is virtual, slabs grow by huge pages (osh_ahead.h) once they have OSH_HUGE_FROM
 * bytes. So at most 1/16 of a process's memory is committed and not used, one huge page. But not
 * slabs of blocks above OSH_HUGE_BLOCK bytes: a program may never touch most of them. */
#define OSH_HUGE_FROM 33554432u
#define OSH_HUGE_BYTES 2097152u
#define OSH_HUGE_BLOCK 8192u

/* Free memory that the heap does not offer to the system by itself: at first, and at most. But all
 * that nobody has needed for OSH_DECAY_MS milliseconds goes. */
#define OSH_IDLE_BYTES 2097152u
#define OSH_IDLE_MOST 134217728u
#define OSH_DECAY_MS 1000u

/* newlib gives the top of its heap back to the arena if more than this is free there. A smaller
 * value returns pages sooner, a larger one moves the break less often. */
#ifndef OSH_TRIM_BYTES
#define OSH_TRIM_BYTES (OSH_VIRTUAL ? 1048576 : OSH_CLAMP((OSH_RAM_BYTES) / 32, 1024, 16384))
#endif

/* 1: os_heap_check names the broken invariant, and a report has a sentence. 0: os_heap_check names
 * only the part of the heap, and a report has a word, which saves 1.2 KiB. */
#ifndef OSH_CHECK_NAMES
#define OSH_CHECK_NAMES (!OSH_SMALL_CODE)
#endif
#if OSH_CHECK_NAMES
#define OSH_NAMED(part, invariant) part ": " invariant
#else
#define OSH_NAMED(part, invariant) part
#endif

/* Linux only: the heap reserves so many addresses if it is given no region. Pages are committed
 * on touch, so this limits the heap and costs no memory. If the kernel refuses, the heap asks for
 * half, and so on. OSHEAP_OPTIONS=region=BYTES takes precedence. */
#ifndef OSH_REGION_BYTES
#define OSH_REGION_BYTES (64ull << 30)
#endif

/* Which misuse is detected; docs/hardening.md has the table and the costs.
 *   0  misuse that costs nothing to detect: pointers outside the heap or in a page without
 *      blocks, and a double free when an object returns to a slab in which it is free already
 *   1  every free checks that the pointer is the start of an object, and not the block that
 *      this core freed last; that a large block has its seal, a word made of a secret that
 *      a free breaks; and that the size of os_free_sized fits. A small block that is freed twice
 *      with others in between, or on two cores, is detected when it returns to its slab
 *   2  links in free blocks are encoded and checked; free blocks are filled with a pattern
 *      that is checked at re-use; a double free is detected wherever the block is; every block
 *      ends with a record of the size asked for and the caller, and a pattern fills the bytes
 *      between; freed blocks wait in a quarantine. No call takes a fast path. For development */
#ifndef OSH_HARDENING
#define OSH_HARDENING 1
#endif

/* Level 2: so many bytes at the start of a free block hold the pattern. A larger value
 * detects more writes, and every malloc and free takes longer. */
#ifndef OSH_FILL_BYTES
#define OSH_FILL_BYTES 1024u
#endif

/* Level 2: so many freed blocks, of at most OSH_QUARANTINE_MAX bytes each, wait before they are
 * used again. Each costs a word, and its block. */
#ifndef OSH_QUARANTINE_BLOCKS
#define OSH_QUARANTINE_BLOCKS (OSH_VIRTUAL ? 64 : 8)
#endif
#define OSH_QUARANTINE_MAX (OSH_VIRTUAL ? 1048576u : (OSH_RAM_BYTES) / 64)

/* The distance in bytes between words that different cores write. */
#ifndef OSH_CACHELINE
#define OSH_CACHELINE (OSH_VIRTUAL || OSH_WIDE ? 64 : (OSH_CORES) > 1 ? 32 : 8)
#endif

/* A test may need values that no two numbers give: its header sets names again. */
#ifdef OSH_CONFIG_TEST
#include OSH_CONFIG_TEST
#endif

#include "osh_config_limits.h"

#endif
