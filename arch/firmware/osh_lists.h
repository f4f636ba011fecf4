/* SPDX-License-Identifier: Apache-2.0 */
/* The lists of one core on firmware. Each list is a word, see osh_link.h. */
#ifndef OSH_LISTS_H
#define OSH_LISTS_H

#include "osh_core.h"
#include "osh_hot.h"
#include "osh_link.h"

/*
 * The distance from one core's lists to the next core's is a power of two, so that a shift finds
 * them. A core's lists share no cache line, and no exclusives granule of common size, with words
 * that other cores write.
 */
#define OSH_LISTS_OF_CORE OSH_CLASSES /* one a class: OSH_SPARE_LIST is 0 */
#define OSH_LISTS_BYTES ((OSH_LISTS_OF_CORE + 1u) * (unsigned)sizeof(osh_word_t))
#define OSH_LISTS_LOG2              \
    (OSH_LISTS_BYTES <= 64     ? 6  \
     : OSH_LISTS_BYTES <= 128  ? 7  \
     : OSH_LISTS_BYTES <= 256  ? 8  \
     : OSH_LISTS_BYTES <= 512  ? 9  \
     : OSH_LISTS_BYTES <= 1024 ? 10 \
     : OSH_LISTS_BYTES <= 2048 ? 11 \
                               : 12)

/* A port may align the lists of all cores to their total size, so that it can insert the core's
 * number into the address instead of adding it. */
#ifndef OSH_LISTS_ALIGN_LOG2
#define OSH_LISTS_ALIGN_LOG2 OSH_LISTS_LOG2
#endif

struct osh_lists {
    osh_word_t word[OSH_LISTS_OF_CORE];
    /* Used in the first entry only. The arena's table of class bytes, minus the number of the
     * arena's first page, so that an address shifted right is the index. It is here so that one
     * base address serves both the lists and this. */
    const uint8_t *page_class;
} OSH_ALIGNED(OSH_CORES > 1 ? 1 << OSH_LISTS_LOG2 : sizeof(osh_word_t));

_Static_assert(OSH_CORES == 1 || sizeof(struct osh_lists) == 1 << OSH_LISTS_LOG2,
               "a core's lists are found by shift");

/* Indexed by core number: see osh_core.h. */
OSH_SHARED struct osh_lists osh_lists[OSH_CORE_LISTS] OSH_ALIGNED(1 << OSH_LISTS_ALIGN_LOG2);

/*
 * Level 1: os_free needs the addresses of osh_hot, of osh_start and of the lists. Where an address
 * takes 2 instructions, the CPU's header defines OSH_CPU_HOT_TABLES as this: osh_hot is read in any
 * case, so it holds the other two, in the same line. They are NULL until the heap starts; until
 * then no block passes the comparison with osh_hot, which comes first. Level 0 reads nothing of
 * osh_hot. Thumb takes one instruction for an address, and has no register to spare.
 *
 * Why RISC-V does not take the low parts of the addresses in the loads, as in osh_cpu_table.h: of
 * these, several words are loaded, so %pcrel_lo would need an offset. The psABI allows none, and of
 * the linkers GNU's alone adds it; lld would load the first word each time.
 */
#define OSH_HOT_TABLES_PAY (OSH_HARDENING == 1 && !OSH_SMALL_CODE)
#ifndef OSH_CPU_HOT_TABLES
#define OSH_CPU_HOT_TABLES 0
#endif
#define OSH_PUSH_LISTS (OSH_CPU_HOT_TABLES ? osh_hot.lists : osh_lists)

/* Where that table's address is. */
#ifndef OSH_CPU_PAGE_CLASS
#define OSH_CPU_PAGE_CLASS osh_lists[0].page_class
#endif

/* The lists of core `core`, counted from the heap's first core. */
static inline struct osh_lists *osh_lists_of(unsigned core)
{
    return &osh_lists[OSH_CORE_FIRST_LIST + core];
}

#endif
