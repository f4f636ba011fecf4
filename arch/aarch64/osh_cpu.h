/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AArch64 at EL1 or above, in exclusives. MPIDR's lowest byte is the core's
 * number (one cluster; OSH_CORES is more than the highest).
 *
 * Each operation reads the core's number, load-exclusives that core's list, reads
 * the number *again*, and store-exclusives the new word. ERET clears the local
 * monitor, so a store that succeeds ran in one piece from the load on, on the core whose
 * list it is: see arch/arm/osh_exclusive.h, which does the same on 32 bits.
 */
#ifndef OSH_CPU_H
#define OSH_CPU_H

#include "osh_lists.h"
#include "osh_sequence.h"

#define OSH_CPU_NAME "aarch64"

#if OSH_CORES > 1
#define OSH_STILL_HERE          \
    "mrs %[tmp], mpidr_el1\n\t" \
    "cmp %[tmp], %[core]\n\t"   \
    "b.ne 1b\n\t"
#define OSH_TRY                                 \
    "1:\n\t"                                    \
    "mrs %[core], mpidr_el1\n\t"                \
    "ubfiz %[list], %[core], %[stride], #8\n\t" \
    "add %[list], %[first], %[list]\n\t"        \
    "ldxr %[word], [%[list]]\n\t" OSH_SEQUENCE_FIRST
#define OSH_LIST_OUTPUTS(list, core) [list] "=&r"(list), [core] "=&r"(core)
#define OSH_LIST_INPUTS(i) [first] "r"(&osh_lists[0].word[i]), [stride] "i"(OSH_LISTS_LOG2)
#else
#define OSH_STILL_HERE
#define OSH_TRY "1:\n\tldxr %[word], [%[list]]\n\t" OSH_SEQUENCE_FIRST
#define OSH_LIST_OUTPUTS(list, core) [list] "=&r"(list)
#define OSH_LIST_INPUTS(i) "[list]"(&osh_lists[0].word[i])
#endif

OSH_INLINE void *osh_cpu_pop(unsigned index)
{
    osh_word_t *list;
    osh_word_t word, block, tmp;
#if OSH_CORES > 1
    osh_word_t core;
#endif
    /* The store takes the block: it observes and publishes nothing, for what is
     * in a core's list was put there by that core. */
    __asm__ volatile goto(
        OSH_TRY "lsr %[block], %[word], #16\n\t"
                "cbz %[block], %l[empty]\n\t"
                "ldr %[word], [%[block]]\n\t" OSH_STILL_HERE OSH_SEQUENCE_LAST
                "stxr %w[tmp], %[word], [%[list]]\n\t"
                "cbnz %w[tmp], 1b\n\t"
        : OSH_LIST_OUTPUTS(list, core), [word] "=&r"(word), [block] "=&r"(block), [tmp] "=&r"(tmp)
        : OSH_LIST_INPUTS(index)
        : "memory", "cc"
        : empty);
    if (block == 0) {
        __builtin_unreachable();
    }
    return (void *)block;
empty:
    return NULL;
}

OSH_INLINE bool osh_cpu_push(unsigned index, void *block)
{
    osh_word_t *list;
    osh_word_t word, tmp;
#if OSH_CORES > 1
    osh_word_t core;
#endif
    /* The store publishes block and link to a reclaim on another core; pairs
     * with osh_cpu_take. */
    __asm__ volatile goto(
        OSH_TRY "str %[word], [%[block]]\n\t"
                "tst %[word], #0xffff\n\t"
                "b.eq %l[full]\n\t"
                "add %[word], %[above], %w[word], uxth\n\t" OSH_STILL_HERE OSH_SEQUENCE_LAST
                "stlxr %w[tmp], %[word], [%[list]]\n\t"
                "cbnz %w[tmp], 1b\n\t"
        : OSH_LIST_OUTPUTS(list, core), [word] "=&r"(word), [tmp] "=&r"(tmp)
        : OSH_LIST_INPUTS(index), [block] "r"(block), [above] "r"(osh_word_of(block, 0) - 1)
        : "memory", "cc"
        : full);
    return true;
full:
    return false;
}

OSH_INLINE osh_word_t osh_cpu_exchange(unsigned index, osh_word_t value)
{
    osh_word_t *list;
    osh_word_t word, tmp;
#if OSH_CORES > 1
    osh_word_t core;
#endif
    /* The store publishes the links of the new chain; pairs with osh_cpu_take. */
    __asm__ volatile goto(OSH_TRY "cbz %[word], %l[stopped]\n\t" OSH_STILL_HERE OSH_SEQUENCE_LAST
                                  "stlxr %w[tmp], %[value], [%[list]]\n\t"
                                  "cbnz %w[tmp], 1b\n\t"
                          : OSH_LIST_OUTPUTS(list, core), [word] "=&r"(word), [tmp] "=&r"(tmp)
                          : OSH_LIST_INPUTS(index), [value] "r"(value)
                          : "memory", "cc"
                          : stopped);
    return word;
stopped:
    return 0;
}

/* Any core, any time: see osh_port.h for why this is enough. */
OSH_INLINE osh_word_t osh_cpu_take(osh_word_t *list, osh_word_t value)
{
    /* Observes the links of what it takes; pairs with the stores above. */
    return osh_exchange(list, value);
}

static inline unsigned osh_cpu_core(void)
{
#if OSH_CORES > 1
    osh_word_t mpidr;
    __asm__ volatile("mrs %0, mpidr_el1" : "=r"(mpidr));
    return (unsigned)(mpidr & 0xff);
#else
    return 0;
#endif
}

/* The exception level does not tell a handler from the task it interrupted: the
 * RTOS has to say, by os_heap_interrupt_enter. */
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

#endif
