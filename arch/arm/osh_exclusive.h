/* SPDX-License-Identifier: Apache-2.0 */
/*
 * List operations with 32-bit Arm's exclusives, for A- and M-profile. A profile
 * defines, before it includes this:
 *
 *   OSH_CORE_ENTER            adds this core's distance to %[list], the address of
 *                             core 0's list; leaves the core's number in %[core]
 *   OSH_CORE_AGAIN            reads the number again into %[tmp] (both empty: one core)
 *   OSH_CORE_IS_FIRST         one core, with OSH_CORE_ALONE: compares this core's number with
 *                             that of the heap's only core; changes %[tmp]
 *   OSH_CORE_OPERANDS         the operands of these, each with a comma behind; may give `tmp`
 *                             a value
 *   OSH_PUBLISH               barrier before a store that publishes, or empty
 *   OSH_STORE_PUBLISH         the store-exclusive that publishes
 *
 * Each operation reads the core's number, load-exclusives that core's list,
 * reads the number *again*, and store-exclusives the new word. An exception
 * between the pair clears the reservation (on M-profile and v8-A the CPU does; on
 * v7-A the RTOS's exception return must, by CLREX). So if the store succeeds, the sequence
 * ran on one core in one piece from the load on, and the second reading shows that the list is
 * that core's. Without the second reading, a task that migrates between reading the number and the
 * load would change the list of another running core. Then ABA between cores would be
 * possible where store-exclusive is a compare-and-swap.
 *
 * The operation reads the link, and a push writes it, inside the pair. Arm's guarantee that such
 * loops make progress does not cover these accesses. Here each failure means that an exception or a
 * reclaim came in between, with one exception: the accesses may evict a cache line. That can happen
 * only once, because the lines are in the cache on the next turn. RTX5's atomic_link_get does the
 * same.
 *
 * Pop and push try once, and the caller's slow path has the loop. So five registers are enough, and
 * neither saves a register.
 */
#ifndef OSH_EXCLUSIVE_H
#define OSH_EXCLUSIVE_H

#include "osh_harden.h"
#include "osh_lists.h"
#include "osh_sequence.h"

#if OSH_CORES > 1
#define OSH_STILL_HERE(elsewhere) \
    OSH_CORE_AGAIN                \
    "cmp %[tmp], %[core]\n\t"     \
    "bne %l[" #elsewhere "]\n\t"
#elif OSH_CORE_ALONE
#define OSH_STILL_HERE(elsewhere) OSH_CORE_IS_FIRST "bne %l[" #elsewhere "]\n\t"
#else
#define OSH_STILL_HERE(elsewhere)
#endif

#define OSH_ENTER(word)                                                        \
    ".syntax unified\n\t" OSH_CORE_ENTER OSH_SEQUENCE_ENTERED "ldrex %[" #word \
    "], [%[list]]\n\t" OSH_SEQUENCE_FIRST

/* A32 uses conditional instructions where T32 would need IT. */
#if defined(__thumb__)
#define OSH_UNLESS(condition) "b" condition " %l[refused]\n\t"
#define OSH_IF(condition)
#define OSH_STORE_LINK "strd %[head], %[tmp], [%[block]]\n\t"
#else
#define OSH_UNLESS(condition)
#define OSH_IF(condition) condition
#define OSH_STORE_LINK "str %[head], [%[block]]\n\tstr %[tmp], [%[block], %[room]]\n\t"
#endif

OSH_INLINE void *osh_cpu_pop(unsigned index)
{
    osh_word_t list, core, block, tmp;
    /* The store takes the block. It observes and publishes nothing: only this core has put blocks
     * into its list. */
    __asm__ volatile goto(
        OSH_ENTER(block) OSH_STILL_HERE(refused) "ldr %[tmp], [%[block]]\n\t"
                                                 "cmp %[tmp], #1\n\t" OSH_UNLESS("lo")
                                                     OSH_SEQUENCE_LAST
        "strex" OSH_IF("hs") " %[core], %[tmp], [%[list]]\n\t"
                             "cmp" OSH_IF("hs") " %[core], #0\n\t"
                                                "bne %l[refused]\n\t"
        : [list] "=&r"(list), [core] "=&r"(core), [block] "=&r"(block), [tmp] "=&r"(tmp)
        : "[list]"(&osh_lists[0].word[index]), OSH_CORE_OPERANDS[stride] "i"(OSH_LISTS_LOG2)
        : "memory", "cc"
        : refused);
    if (block == 0) {
        __builtin_unreachable();
    }
    return (void *)block;
refused:
    return NULL;
}

/* From level 1 on: is the block the head of the list? */
#if OSH_HARDENING > 0
#define OSH_NOT_TWICE           \
    "cmp %[head], %[block]\n\t" \
    "beq %l[twice]\n\t"
#else
#define OSH_NOT_TWICE
#endif

OSH_INLINE bool osh_cpu_push(unsigned index, void *block)
{
    osh_word_t list, core, head, tmp;
    /* The store publishes block and link to a reclaim on another core; pairs
     * with osh_cpu_take(). */
    __asm__ volatile goto(
        OSH_ENTER(head) OSH_STILL_HERE(refused) OSH_NOT_TWICE
        "ldr %[tmp], [%[head], %[room]]\n\t"
        "subs %[tmp], %[tmp], #1\n\t" OSH_UNLESS("mi")
            OSH_STORE_LINK OSH_PUBLISH OSH_SEQUENCE_LAST OSH_STORE_PUBLISH OSH_IF(
                "pl") " %[core], %[block], [%[list]]\n\t"
                      "cmp" OSH_IF("pl") " %[core], #0\n\t"
                                         "bne %l[refused]\n\t"
        : [list] "=&r"(list), [core] "=&r"(core), [head] "=&r"(head), [tmp] "=&r"(tmp)
        : "[list]"(&OSH_PUSH_LISTS[0].word[index]), OSH_CORE_OPERANDS[block] "r"(block),
          [room] "i"(OSH_LINK_ROOM), [stride] "i"(OSH_LISTS_LOG2)
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
        OSH_ENTER(word)
            OSH_STILL_HERE(again) "cmp %[word], %[none]\n\t"
                                  "beq 3f\n\t" OSH_PUBLISH OSH_SEQUENCE_LAST OSH_STORE_PUBLISH
                                  " %[core], %[value], [%[list]]\n\t"
                                  "cmp %[core], #0\n\t"
                                  "bne %l[again]\n"
                                  "3:\n\t"
        : [list] "=&r"(list), [core] "=&r"(core), [word] "=&r"(word), [tmp] "=&r"(tmp)
        : "[list]"(&osh_lists[0].word[index]), OSH_CORE_OPERANDS[value] "r"(value),
          [none] "r"(&osh_empty[0]), [stride] "i"(OSH_LISTS_LOG2)
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

#endif
