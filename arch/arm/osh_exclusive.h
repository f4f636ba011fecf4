/* SPDX-License-Identifier: Apache-2.0 */
/*
 * List operations in 32-bit Arm's exclusives, for A- and M-profile alike. A
 * profile gives, before it includes this:
 *
 *   OSH_CORE_READ(reg)        reads what tells the core into reg (empty: one core)
 *   OSH_CORE_LIST             makes %[list] from %[first] and %[core]
 *   OSH_CORE_INPUTS           operands the two need
 *   OSH_PUBLISH               barrier before a store that publishes, or empty
 *   OSH_STORE_PUBLISH         the store-exclusive that publishes
 *
 * Each operation reads the core's number, load-exclusives that core's list,
 * reads the number *again*, and store-exclusives the new word. An exception
 * between the pair clears the reservation (M-profile and v8-A: the CPU does, on
 * v7-A the RTOS's exception return must, by CLREX), so a store that succeeds
 * ran on that core in one piece from the load on, and the second reading says
 * the list was that core's. Without it a task that migrates between reading the
 * number and the load would change a list of a core that goes on working, and
 * then ABA between cores would be possible where store-exclusive is compare-and-swap.
 *
 * The load of `next`, and of a push the store of the link, are inside the pair: what
 * Arm says of loops that must make progress on their own does not cover that.
 * Here every failure means that an exception, or a reclaim, came in between,
 * but for lines evicted by these accesses: that can happen once, since they are
 * in the cache on the next turn. RTX5's atomic_link_get does the same.
 */
#ifndef OSH_EXCLUSIVE_H
#define OSH_EXCLUSIVE_H

#include "osh_lists.h"
#include "osh_sequence.h"

#if OSH_CORES > 1
#define OSH_STILL_HERE        \
    OSH_CORE_READ("%[tmp]")   \
    "cmp %[tmp], %[core]\n\t" \
    "bne 1b\n\t"
#define OSH_LIST_OUTPUTS(list, core) [list] "=&r"(list), [core] "=&r"(core)
#define OSH_LIST_INPUTS(i) [first] "r"(&osh_lists[0].word[i]), OSH_CORE_INPUTS
#else
#define OSH_STILL_HERE
#define OSH_LIST_OUTPUTS(list, core) [list] "=r"(list)
#define OSH_LIST_INPUTS(i) "[list]"(&osh_lists[0].word[i])
#endif

#define OSH_TRY                                     \
    ".syntax unified\n"                             \
    "1:\n\t" OSH_CORE_READ("%[core]") OSH_CORE_LIST \
        "ldrex %[word], [%[list]]\n\t" OSH_SEQUENCE_FIRST

/* The conditional branch is out of line for the assembler to size. */
#define OSH_RETRY        \
    "cmp %[tmp], #0\n\t" \
    "bne 1b\n\t"

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
        OSH_TRY "lsrs %[block], %[word], %[room_bits]\n\t"
                "beq %l[empty]\n\t"
                "add %[block], %[base], %[block], lsl #3\n\t"
                "ldr %[word], [%[block], #-8]!\n\t" OSH_STILL_HERE OSH_SEQUENCE_LAST
                "strex %[tmp], %[word], [%[list]]\n\t" OSH_RETRY
        : OSH_LIST_OUTPUTS(list, core), [word] "=&r"(word), [block] "=&r"(block), [tmp] "=&r"(tmp)
        : OSH_LIST_INPUTS(index), [base] "r"(osh_hot.base), [room_bits] "i"(OSH_ROOM_BITS)
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
    osh_word_t word, room, tmp;
#if OSH_CORES > 1
    osh_word_t core;
#endif
    /* The store publishes block and link to a reclaim on another core; pairs
     * with osh_cpu_take. */
    __asm__ volatile goto(
        OSH_TRY "str %[word], [%[block]]\n\t"
                "lsls %[room], %[word], %[unroom]\n\t"
                "beq %l[full]\n\t"
                "add %[room], %[above], %[room], lsr %[unroom]\n\t" OSH_PUBLISH OSH_STILL_HERE
                    OSH_SEQUENCE_LAST OSH_STORE_PUBLISH " %[tmp], %[room], [%[list]]\n\t" OSH_RETRY
        : OSH_LIST_OUTPUTS(list, core), [word] "=&r"(word), [room] "=&r"(room), [tmp] "=&r"(tmp)
        : OSH_LIST_INPUTS(index), [block] "r"(block), [above] "r"(osh_word_of(block, 0) - 1),
          [unroom] "i"(OSH_WORD_BITS - OSH_ROOM_BITS)
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
    __asm__ volatile goto(
        OSH_TRY "cmp %[word], #0\n\t"
                "beq %l[stopped]\n\t" OSH_PUBLISH OSH_STILL_HERE OSH_SEQUENCE_LAST OSH_STORE_PUBLISH
                " %[tmp], %[value], [%[list]]\n\t" OSH_RETRY
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

#endif
