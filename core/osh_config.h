/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every tunable of the library, in one place. A build overrides a value with
 * -DNAME=value; nothing edits this file. Sizes are bytes unless the name says
 * otherwise. The checks at the end, and others beside what they protect, refuse values and
 * combinations that cannot work; tests/config/sweep.py tries each past its ends.
 *
 * A preset (osh_preset.h; -DOSH_PRESET_TINY=1, ..._SMALL, ..._LARGE) changes the
 * defaults of several at once; a value the build gives by name goes before it.
 */
#ifndef OSH_CONFIG_H
#define OSH_CONFIG_H

#include <stdint.h>

/* 1 where a pointer has 64 bits: the defaults below differ there. */
#if UINTPTR_MAX > 0xffffffffu
#define OSH_WIDE 1
#else
#define OSH_WIDE 0
#endif

#include "osh_preset.h"

/* 1 where pages are committed on touch, so that address range is cheap; 0 where
 * the region is RAM. The defaults differ. */
#ifndef OSH_VIRTUAL
#if defined(__linux__) && __STDC_HOSTED__
#define OSH_VIRTUAL OSH_WIDE
#else
#define OSH_VIRTUAL 0
#endif
#endif

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

/* A page is what arena, slabs and newlib's break trade in. Larger pages make
 * fewer, longer slabs (less refilling), smaller ones strand less in half-used
 * slabs: 16 KiB where memory is committed on touch, 4 KiB where it is all RAM. */
#ifndef OSH_PAGE_LOG2
#define OSH_PAGE_LOG2 (OSH_VIRTUAL ? 14 : 12)
#endif

/* A slab is one page, or where objects are too large for that a run of 2, 4, ...
 * up to 2^this pages, aligned to its own size. 0: single pages only. */
#ifndef OSH_RUN_LOG2
#define OSH_RUN_LOG2 (OSH_VIRTUAL ? 5 : 0)
#endif

/* A slab should have this many objects, unless that made it larger than
 * OSH_SLAB_ROOMY bytes. More is fewer slabs; less is less stranded. */
#ifndef OSH_SLAB_OBJECTS
#define OSH_SLAB_OBJECTS (OSH_VIRTUAL ? 8 : 2)
#endif
#ifndef OSH_SLAB_ROOMY
#define OSH_SLAB_ROOMY (2 << OSH_PAGE_LOG2)
#endif

/* Firmware: cores that get caches of their own. Costs RAM per core (see os_heap_stats'
 * cached_bound). On Linux every number that a CPU can have gets them, whatever this
 * says; those of a CPU that never runs a thread take no memory. */
#ifndef OSH_CORES
#ifdef OSH_SOC_CORES
#define OSH_CORES OSH_SOC_CORES
#else
#define OSH_CORES 4
#endif
#endif

/* Largest size served from slabs; above it requests go to the newlib heap.
 * At most half a page, or the longest run where there are runs. Larger means more lock-free
 * sizes and more classes. */
#ifndef OSH_SLAB_MAX
#define OSH_SLAB_MAX (OSH_VIRTUAL ? 131072u : 1u << ((OSH_PAGE_LOG2)-2))
#endif

/* Size classes per doubling, as a power of two: 2 wastes at most 1/4 of what
 * was asked for, 3 at most 1/8 for twice the classes. */
#ifndef OSH_CLASS_STEPS_LOG2
#define OSH_CLASS_STEPS_LOG2 2
#endif

/* Sizes up to here find their class by one table load, larger small sizes by
 * arithmetic. More than OSH_CACHED_MAX buys nothing. A power of two. */
#ifndef OSH_TABLE_MAX
#define OSH_TABLE_MAX (OSH_VIRTUAL ? 1024 : 512)
#endif

/* The table has an entry for each 2^this bytes. 0: two instructions less a
 * call and 1 KiB of .rodata; 3: 129 bytes. */
#ifndef OSH_TABLE_SHIFT
#define OSH_TABLE_SHIFT (OSH_VIRTUAL ? 0 : 3)
#endif

/* A core keeps up to two magazines of a class. 1: in two lists that change places, so a
 * miss relinks nothing and what threads hand to each other moves whole. 0: in one list,
 * which is halved when it is full: a number of blocks that goes up and down at random
 * misses once in so many steps as a magazine's blocks squared, not in as many as they
 * are; a free that halves takes a few instructions for each block that it relinks. */
#ifndef OSH_SPARE_LIST
#define OSH_SPARE_LIST (OSH_VIRTUAL ? 1 : 0)
#endif

/* A magazine holds at most this many bytes of blocks and at most this many
 * blocks. Longer ones visit depot and slabs less often and cache more. */
#ifndef OSH_MAGAZINE_BYTES
#define OSH_MAGAZINE_BYTES (OSH_VIRTUAL ? 8192 : 3072)
#endif
#ifndef OSH_MAGAZINE_MAX
#define OSH_MAGAZINE_MAX (OSH_VIRTUAL ? 128 : 32)
#endif

/* ... but this many blocks at least, however large they are, so that a program
 * that replaces blocks at random finds one of the size it frees and wants next.
 * Each one more caches up to two blocks more a core and class. */
#ifndef OSH_MAGAZINE_MIN
#define OSH_MAGAZINE_MIN (OSH_VIRTUAL ? 4 : 8)
#endif

/* Blocks larger than this are not cached at all: their calls go to the slabs,
 * which costs little beside what such a block is for. */
#ifndef OSH_CACHED_MAX
#define OSH_CACHED_MAX (OSH_VIRTUAL ? 131072 : 512)
#endif

/* A class's depot holds at most this many magazines, of at most this many bytes
 * together. More keeps cross-core traffic out of the slabs and caches more. 0: no
 * depot, full magazines go to the slabs. */
#ifndef OSH_DEPOT_SLOTS
#define OSH_DEPOT_SLOTS (OSH_VIRTUAL ? 16 : 2)
#endif
#ifndef OSH_DEPOT_BYTES
#define OSH_DEPOT_BYTES (1ll * OSH_DEPOT_SLOTS * (OSH_VIRTUAL ? OSH_MAGAZINE_BYTES : 4096))
#endif

/* Has each class a map of its slabs that may have something free, and does it remember where
 * they are, and the arena where free pages are? 0: one map for all classes, and every search
 * begins at the top: for regions of few words of 32 (64) pages. */
#ifndef OSH_SLAB_HINTS
#define OSH_SLAB_HINTS 1
#endif

/* Slabs that one refill may draw on to fill its magazine. More fills it better
 * when slabs are nearly full, and bounds the refill's time. */
#ifndef OSH_REFILL_SLABS
#define OSH_REFILL_SLABS 8
#endif

/* newlib gives the top of its heap back to the arena when more than this is
 * free there. Smaller returns pages sooner, larger moves the break less. */
#ifndef OSH_TRIM_BYTES
#define OSH_TRIM_BYTES (OSH_VIRTUAL ? 1048576ul : 16384ul)
#endif

/* Does os_heap_check name the invariant that does not hold, and a report say what is
 * wrong in a sentence? 0: only the part of the heap, and a word, which saves 1.2 KiB. */
#ifndef OSH_CHECK_NAMES
#define OSH_CHECK_NAMES 1
#endif
#if OSH_CHECK_NAMES
#define OSH_NAMED(part, invariant) part ": " invariant
#else
#define OSH_NAMED(part, invariant) part
#endif

/* Linux only: address range reserved when no region is given. Pages are
 * committed on touch, so this limits the heap and costs nothing. Halved until
 * the kernel grants it. The environment's OSHEAP_REGION_BYTES goes before. */
#ifndef OSH_REGION_BYTES
#define OSH_REGION_BYTES (OSH_WIDE ? 64ull << 30 : 512ull << 20)
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

/* Level 3: so many freed blocks of at most so many bytes wait before they are used
 * again. Costs a word each, and the blocks. */
#ifndef OSH_QUARANTINE_BLOCKS
#define OSH_QUARANTINE_BLOCKS (OSH_WIDE ? 64 : 8)
#endif
#ifndef OSH_QUARANTINE_MAX
#define OSH_QUARANTINE_MAX (OSH_WIDE ? 1048576u : 4096u)
#endif

/* Bytes a core's caches are kept apart by: two lines, since adjacent-line
 * prefetch makes pairs of them travel together. */
#ifndef OSH_CACHELINE
#define OSH_CACHELINE 64
#endif

#define OSH_PAGE_BYTES ((uintptr_t)1 << (OSH_PAGE_LOG2))

#define OSH_WITHIN(value, least, most) ((value) >= (least) && (value) <= (most))
#define OSH_IS_SWITCH(value) ((value) == 0 || (value) == 1)
#define OSH_IS_POWER(value) (((value) & ((value)-1)) == 0)

_Static_assert(OSH_IS_SWITCH(OSH_VIRTUAL), "OSH_VIRTUAL is 0 or 1");
_Static_assert(OSH_IS_SWITCH(OSH_SPARE_LIST), "OSH_SPARE_LIST is 0 or 1");
_Static_assert(OSH_IS_SWITCH(OSH_SLAB_HINTS), "OSH_SLAB_HINTS is 0 or 1");
_Static_assert(OSH_IS_SWITCH(OSH_CHECK_NAMES), "OSH_CHECK_NAMES is 0 or 1");
_Static_assert(OSH_WITHIN(OSH_LINK_WORDS, 1, 2), "OSH_LINK_WORDS, the port's, is 1 or 2");

_Static_assert(OSH_WITHIN(OSH_PAGE_LOG2, 9, 16), "OSH_PAGE_LOG2: a page is 512 B to 64 KiB");
_Static_assert(OSH_WITHIN(OSH_RUN_LOG2, 0, 5),
               "OSH_RUN_LOG2, 0 to 5: a run is part of one word of the bitmap");
_Static_assert(OSH_WITHIN(OSH_SLAB_MAX, 64, 131072), "OSH_SLAB_MAX is 64 B to 128 KiB");
_Static_assert(OSH_SLAB_MAX <= 1ull << (OSH_PAGE_LOG2 + (OSH_RUN_LOG2 > 0 ? OSH_RUN_LOG2 : -1)),
               "OSH_SLAB_MAX: a slab of one page holds at least two objects, one of a run at "
               "least one");
_Static_assert(OSH_WITHIN(OSH_SLAB_OBJECTS, 1, 65535), "OSH_SLAB_OBJECTS is 1 to 65535");
_Static_assert(OSH_WITHIN(OSH_SLAB_ROOMY, 0, 1 << 30), "OSH_SLAB_ROOMY is 0 to 1 GiB");
_Static_assert(OSH_WITHIN(OSH_CLASS_STEPS_LOG2, 2, 4),
               "OSH_CLASS_STEPS_LOG2, 2 to 4: 4, 8 or 16 classes per doubling");
_Static_assert(OSH_IS_POWER(OSH_TABLE_MAX) && OSH_WITHIN(OSH_TABLE_MAX, 128, 1024),
               "OSH_TABLE_MAX: the class table is written in 1, 2, 4 or 8 rows of 128 bytes");
_Static_assert(OSH_TABLE_SHIFT == 0 || OSH_TABLE_SHIFT == 3,
               "OSH_TABLE_SHIFT, 0 or 3: one entry a byte, or a granule of 8");

_Static_assert(OSH_WITHIN(OSH_CORES, 1, OSH_VIRTUAL ? 4096 : 256),
               "OSH_CORES is 1 to 256, on Linux to 4096");
_Static_assert(OSH_WITHIN(OSH_MAGAZINE_MIN, 1, OSH_MAGAZINE_MAX) && OSH_MAGAZINE_MAX <= 512,
               "OSH_MAGAZINE_MIN and OSH_MAGAZINE_MAX: 1 to 512 blocks");
_Static_assert(OSH_WITHIN(OSH_MAGAZINE_BYTES, 0, 1 << 26), "OSH_MAGAZINE_BYTES is 0 to 64 MiB");
_Static_assert(OSH_WITHIN(OSH_CACHED_MAX, 0, 1 << 30), "OSH_CACHED_MAX is 0 to 1 GiB");
_Static_assert(OSH_WITHIN(OSH_DEPOT_SLOTS, 0, 255), "OSH_DEPOT_SLOTS is 0 to 255");
_Static_assert(OSH_WITHIN(OSH_DEPOT_BYTES, 0, 1 << 30), "OSH_DEPOT_BYTES is 0 to 1 GiB");
_Static_assert(OSH_WITHIN(OSH_REFILL_SLABS, 1, 65535), "OSH_REFILL_SLABS is 1 to 65535");

_Static_assert(OSH_WITHIN(OSH_TRIM_BYTES, 0, INTPTR_MAX), "OSH_TRIM_BYTES is a size");
_Static_assert(OSH_WITHIN(OSH_REGION_BYTES, 0, OSH_WIDE ? 1ll << 47 : 1 << 30) &&
                   OSH_REGION_BYTES >= 16 * OSH_PAGE_BYTES,
               "OSH_REGION_BYTES is 16 pages to 2^47 bytes, with 32-bit addresses to 2^30");
_Static_assert(OSH_WITHIN(OSH_CACHELINE, 8, 4096) && OSH_IS_POWER(OSH_CACHELINE),
               "OSH_CACHELINE is a power of two, 8 to 4096");

_Static_assert(OSH_WITHIN(OSH_HARDENING, 0, 3), "OSH_HARDENING: levels are 0 to 3");
_Static_assert(OSH_WITHIN(OSH_FILL_BYTES, 0, INTPTR_MAX), "OSH_FILL_BYTES is a size");
_Static_assert(OSH_WITHIN(OSH_QUARANTINE_BLOCKS, 1, 65536), "OSH_QUARANTINE_BLOCKS: 1 to 65536");
_Static_assert(OSH_WITHIN(OSH_QUARANTINE_MAX, 0, OSH_WIDE ? 1ll << 47 : 1 << 30),
               "OSH_QUARANTINE_MAX is 0 to 2^47 bytes, with 32-bit addresses to 2^30");
#if defined(OSH_TOOLS_ASAN) && OSH_HARDENING < 3
#error "-Dtools=asan goes with -Dhardening=3, which knows the size that was asked for"
#endif

#endif
