/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AArch64 at EL1 or above, with exclusives. A field of MPIDR is the core's number: Aff0, or the
 * field that OSH_CORE_AFFINITY names. The other fields are the same on all of the heap's cores (one
 * cluster; OSH_CORE_FIRST has them). Only the one field is part of a list's address, so the slow
 * paths check the other fields.
 *
 * Each operation reads the core's number, load-exclusives that core's list, reads the number
 * *again*, and store-exclusives the new word. ERET clears the local monitor. So if the store
 * succeeds, the sequence ran in one piece from the load on, on the core to which the list belongs.
 * arch/arm/osh_exclusive.h does the same on 32 bits and has the argument.
 */
#ifndef OSH_CPU_H
#define OSH_CPU_H

#if !defined(__aarch64__)
#error "the compiler is not one for AArch64: another osheap_cpu in the cross file"
#endif

#ifdef OSH_CORE_HEADER
#include OSH_CORE_HEADER
#else
#define OSH_CORE_READ(reg) "mrs " reg ", mpidr_el1\n\t"
#endif
#ifndef OSH_CORE_AFFINITY
#define OSH_CORE_AFFINITY 0
#endif
/* An interrupt controller of version 3 numbers at most so many cores in the lowest field. */
#define OSH_CPU_NUMBERS 16
/* The core's number is inserted into the address of its list. */
#define OSH_LISTS_ALIGN_LOG2 (OSH_LISTS_LOG2 + OSH_CORE_BITS)
#define OSH_CPU_HOT_TABLES OSH_HOT_TABLES_PAY
#include "osh_core.h"
#include "osh_harden.h"
#include "osh_lists.h"
#include "osh_sequence.h"

#define OSH_CPU_NAME "aarch64"

#define OSH_CORE_FIELD (8 * OSH_CORE_AFFINITY)

#if OSH_CORES > 1
#if OSH_CORE_AFFINITY == 0
#define OSH_CORE_INSERT "bfi %[list], %[core], %[stride], %[width]\n\t"
#else
#define OSH_CORE_INSERT                 \
    "lsr %[tmp], %[core], %[field]\n\t" \
    "bfi %[list], %[tmp], %[stride], %[width]\n\t"
#endif
#define OSH_ENTER(word)      \
    OSH_CORE_READ("%[core]") \
    OSH_CORE_INSERT OSH_SEQUENCE_ENTERED "ldxr %[" #word "], [%[list]]\n\t" OSH_SEQUENCE_FIRST
#define OSH_STILL_HERE(elsewhere) \
    OSH_CORE_READ("%[tmp]")       \
    "cmp %[tmp], %[core]\n\t"     \
    "b.ne %l[" #elsewhere "]\n\t"
#else
#define OSH_ENTER(word) "ldxr %[" #word "], [%[list]]\n\t" OSH_SEQUENCE_FIRST
#if !OSH_CORE_ALONE
#define OSH_STILL_HERE(elsewhere)
#elif OSH_CORE_FIRST == 0
#define OSH_STILL_HERE(elsewhere) \
    OSH_CORE_READ("%[tmp]")       \
    "tst %[tmp], #0xffffff\n\t"   \
    "b.ne %l[" #elsewhere "]\n\t"
#else
#define OSH_STILL_HERE(elsewhere)       \
    OSH_CORE_READ("%[tmp]")             \
    "and %[tmp], %[tmp], #0xffffff\n\t" \
    "cmp %[tmp], %[first]\n\t"          \
    "b.ne %l[" #elsewhere "]\n\t"
#endif
#endif
#if OSH_CORE_ALONE && OSH_CORE_FIRST != 0
#define OSH_CORE_OPERANDS \
    [first] "r"((osh_word_t)osh_cpu_rotated(OSH_CORE_FIRST, 32 - OSH_CORE_FIELD))
#else
#define OSH_CORE_OPERANDS \
    [stride] "i"(OSH_LISTS_LOG2), [width] "i"(OSH_CORE_BITS), [field] "i"(OSH_CORE_FIELD)
#endif

static inline uint32_t osh_cpu_rotated(uint32_t word, unsigned right)
{
    return word >> (right & 31u) | word << ((32u - right) & 31u);
}

/* Pop and push try once; the caller's slow path has the loop. */
OSH_INLINE void *osh_cpu_pop(unsigned index)
{
    osh_word_t list, core, block, tmp;
    /* The store takes the block. It observes and publishes nothing: only this core has put blocks
     * into its list. */
    __asm__ volatile goto(
        OSH_ENTER(block) OSH_STILL_HERE(refused) "ldr %[tmp], [%[block]]\n\t"
                                                 "cbz %[tmp], %l[refused]\n\t" OSH_SEQUENCE_LAST
                                                 "stxr %w[core], %[tmp], [%[list]]\n\t"
                                                 "cbnz %w[core], %l[refused]\n\t"
        : [list] "=&r"(list), [core] "=&r"(core), [block] "=&r"(block), [tmp] "=&r"(tmp)
        : "[list]"(&osh_lists[0].word[index]), OSH_CORE_OPERANDS
        : "memory", "cc"
        : refused);
    if (block == 0) {
        __builtin_unreachable();
    }
    return (void *)block;
refused:
    return NULL;
}

/* Is the task still on the core; and from level 1 on, is the block not the head of the list? The
 * second comparison is made if the first finds the same number, and else counts as equal: one
 * branch for both. What it leads to tells them apart. */
#if OSH_HARDENING == 0
#define OSH_PUSH_ALLOWED OSH_STILL_HERE(refused)
#elif OSH_CORES > 1
#define OSH_PUSH_ALLOWED                 \
    OSH_CORE_READ("%[tmp]")              \
    "cmp %[tmp], %[core]\n\t"            \
    "ccmp %[head], %[block], #4, eq\n\t" \
    "b.eq 4f\n\t"                        \
    ".subsection 1\n"                    \
    "4:\n\t"                             \
    "cmp %[head], %[block]\n\t"          \
    "b.eq %l[twice]\n\t"                 \
    "b %l[refused]\n\t"                  \
    ".previous\n\t"
#else
#define OSH_PUSH_ALLOWED        \
    OSH_STILL_HERE(refused)     \
    "cmp %[head], %[block]\n\t" \
    "b.eq %l[twice]\n\t"
#endif

OSH_INLINE bool osh_cpu_push(unsigned index, void *block)
{
    osh_word_t list, core, head, tmp;
    /* The store publishes block and link to a reclaim on another core; pairs
     * with osh_cpu_take(). */
    __asm__ volatile goto(
        OSH_ENTER(head) OSH_PUSH_ALLOWED "ldr %[tmp], [%[head], %[room]]\n\t"
                                         "cbz %[tmp], %l[refused]\n\t"
                                         "sub %[tmp], %[tmp], #1\n\t"
                                         "stp %[head], %[tmp], [%[block]]\n\t" OSH_SEQUENCE_LAST
                                         "stlxr %w[core], %[block], [%[list]]\n\t"
                                         "cbnz %w[core], %l[refused]\n\t"
        : [list] "=&r"(list), [core] "=&r"(core), [head] "=&r"(head), [tmp] "=&r"(tmp)
        : "[list]"(&OSH_PUSH_LISTS[0].word[index]), [block] "r"(block), [room] "i"(OSH_LINK_ROOM),
          OSH_CORE_OPERANDS
        : "memory", "cc"
        : refused, twice);
    return true;
refused:
    return false;
twice:
    return osh_harden_pushed_twice(block);
}

OSH_INLINE osh_word_t osh_cpu_exchange(unsigned index, osh_word_t value)
{
    osh_word_t list, core, word, tmp;
again:
    /* The store publishes the links of the new chain; pairs with osh_cpu_take. */
    __asm__ volatile goto(
        OSH_ENTER(word) OSH_STILL_HERE(again) "cmp %[word], %[none]\n\t"
                                              "b.eq 3f\n\t" OSH_SEQUENCE_LAST
                                              "stlxr %w[core], %[value], [%[list]]\n\t"
                                              "cbnz %w[core], %l[again]\n"
                                              "3:\n\t"
        : [list] "=&r"(list), [core] "=&r"(core), [word] "=&r"(word), [tmp] "=&r"(tmp)
        : "[list]"(&osh_lists[0].word[index]), [value] "r"(value), [none] "r"(&osh_empty[0]),
          OSH_CORE_OPERANDS
        : "memory", "cc"
        : again);
    return word;
}

/* May be called for any core at any time; osh_port.h says why this is enough. */
OSH_INLINE osh_word_t osh_cpu_take(osh_word_t *list, osh_word_t value)
{
    /* Observes the links of the chain that it takes; pairs with the stores of push and exchange. */
    return osh_exchange(list, value);
}

static inline uint64_t osh_cpu_mpidr(void)
{
    uint64_t mpidr;
    __asm__ volatile(OSH_CORE_READ("%0") : "=r"(mpidr));
    return mpidr;
}

/* All affinity fields, rotated so that the field with the core's number is lowest. */
static inline unsigned osh_cpu_number(void)
{
    uint64_t mpidr = osh_cpu_mpidr();
    uint32_t fields = (uint32_t)((mpidr & 0xffffffu) | (mpidr >> 32 << 24));
    return osh_cpu_rotated(fields, OSH_CORE_FIELD);
}

static inline unsigned osh_cpu_core(void)
{
    return OSH_CORES > 1 ? osh_cpu_number() - OSH_CORE_FIRST : 0;
}

#if OSH_CORES > 1 && !defined(OSH_CORE_HEADER)
/* MPIDR.MT: the lowest field numbers threads of a core, and Aff1 the cores. */
#define OSH_CPU_REQUIRE_NUMBERING
static inline bool osh_cpu_numbered_right(void)
{
    return ((osh_cpu_mpidr() & 1u << 24) != 0) == (OSH_CORE_AFFINITY != 0);
}
#endif

/* The exception level does not tell a handler from the task that it interrupted, so the RTOS must
 * announce its handlers by os_heap_interrupt_enter. */
static inline bool osh_cpu_in_interrupt(void)
{
    return false;
}

static inline osh_word_t osh_cpu_mask(void)
{
    osh_word_t state;
    __asm__ volatile("mrs %0, daif\n\tmsr daifset, #3" : "=r"(state)::"memory");
    return state;
}

static inline void osh_cpu_unmask(osh_word_t state)
{
    __asm__ volatile("msr daif, %0" ::"r"(state) : "memory");
}

/* DAIF.I */
static inline bool osh_cpu_masked(void)
{
    osh_word_t state;
    __asm__ volatile("mrs %0, daif" : "=r"(state));
    return (state & 0x80) != 0;
}

#endif
