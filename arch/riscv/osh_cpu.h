/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RISC-V in machine mode: interrupts masked for the few instructions of an
 * operation, and nothing more where there is one hart.
 *
 * Why not LR/SC around the load of `next`: the ISA promises progress only to
 * LR/SC loops without loads and stores between (chapter "A", constrained
 * loops), and it does not say that a trap or a plain store of this hart ends a
 * reservation, so the operation would lean on the trap handlers of every RTOS.
 * Masked it leans on nothing, and takes 2 instructions (csrrci, csrs) where
 * LR/SC takes 3 (the number of the hart read again, compared, branch).
 *
 * With more than one hart the word is committed by a constrained LR/SC loop that
 * compares it with the one read before, for the sake of a reclaim by another
 * hart: 3 instructions more than a store. The mask means that this hart
 * changes no list meanwhile, and others only empty it: see osh_port.h.
 */
#ifndef OSH_CPU_H
#define OSH_CPU_H

#include "osh_lists.h"
#include "osh_sequence.h"

#define OSH_CPU_NAME "riscv"

#if __riscv_xlen == 64
#define OSH_LX "ld "
#define OSH_SX "sd "
#define OSH_LR "lr.d "
#define OSH_SC "sc.d "
#define OSH_SC_RELEASE "sc.d.rl "
#define OSH_AMOSWAP "amoswap.d.aqrl "
#else
#define OSH_LX "lw "
#define OSH_SX "sw "
#define OSH_LR "lr.w "
#define OSH_SC "sc.w "
#define OSH_SC_RELEASE "sc.w.rl "
#define OSH_AMOSWAP "amoswap.w.aqrl "
#endif

#define OSH_MASK "csrrci %[state], mstatus, 8\n\t" OSH_SEQUENCE_FIRST
#define OSH_UNMASK "csrs mstatus, %[state]\n\t" OSH_SEQUENCE_LAST

#if OSH_CORES > 1
#define OSH_FIND                           \
    "csrr %[list], mhartid\n\t"            \
    "slli %[list], %[list], %[stride]\n\t" \
    "add %[list], %[list], %[first]\n"
#define OSH_COMMIT(sc, value)                                              \
    "2:\n\t" OSH_LR "%[tmp], (%[list])\n\t"                                \
    "bne %[tmp], %[word], 1b\n\t" sc "%[tmp], %[" value "], (%[list])\n\t" \
    "bnez %[tmp], 2b\n\t"
#define OSH_LIST_OUTPUTS(list) [list] "=&r"(list)
#define OSH_LIST_INPUTS(i) [first] "r"(&osh_lists[0].word[i]), [stride] "i"(OSH_LISTS_LOG2)
#else
#define OSH_FIND
#define OSH_COMMIT(sc, value) OSH_SX "%[" value "], (%[list])\n\t"
#define OSH_LIST_OUTPUTS(list) [list] "=&r"(list)
#define OSH_LIST_INPUTS(i) "[list]"(&osh_lists[0].word[i])
#endif

static inline osh_word_t osh_cpu_mask(void)
{
    osh_word_t state;
    __asm__ volatile("csrrci %0, mstatus, 8" : "=r"(state)::"memory");
    return state & 8;
}

/* Sets what was set: nothing but the interrupt enable was cleared meanwhile. */
static inline void osh_cpu_unmask(osh_word_t state)
{
    __asm__ volatile("csrs mstatus, %0" ::"r"(state) : "memory");
}

OSH_INLINE void *osh_cpu_pop(unsigned index)
{
    osh_word_t *list;
    osh_word_t state, word, block, next, tmp;
    /* The commit takes the block: it observes and publishes nothing, for what is
     * in a hart's list was put there by that hart. */
    __asm__ volatile(
        OSH_MASK OSH_FIND "1:\n\t" OSH_LX "%[word], (%[list])\n\t"
                          "srli %[block], %[word], %[room_bits]\n\t"
                          "beqz %[block], 3f\n\t"
#if __riscv_xlen == 32
                          "slli %[block], %[block], 3\n\t"
                          "add %[block], %[block], %[origin]\n\t"
#endif
        OSH_LX "%[next], (%[block])\n\t" OSH_COMMIT(OSH_SC, "next") "3:\n\t" OSH_UNMASK
        : OSH_LIST_OUTPUTS(list), [state] "=&r"(state), [word] "=&r"(word), [block] "=&r"(block),
          [next] "=&r"(next), [tmp] "=&r"(tmp)
        : OSH_LIST_INPUTS(index), [origin] "r"(OSH_ORIGIN), [room_bits] "i"(OSH_ROOM_BITS)
        : "memory");
    return (void *)block;
}

OSH_INLINE bool osh_cpu_push(unsigned index, void *block)
{
    osh_word_t *list;
    osh_word_t state, word, room, tmp;
    /* The commit publishes block and link to a reclaim on another hart; pairs
     * with osh_cpu_take. */
    __asm__ volatile(
        OSH_MASK OSH_FIND
        "1:\n\t" OSH_LX "%[word], (%[list])\n\t" OSH_SX "%[word], (%[block])\n\t"
        "slli %[room], %[word], %[unroom]\n\t"
        "beqz %[room], 3f\n\t"
        "srli %[room], %[room], %[unroom]\n\t"
        "add %[room], %[room], %[above]\n\t" OSH_COMMIT(OSH_SC_RELEASE, "room") "3:\n\t" OSH_UNMASK
        : OSH_LIST_OUTPUTS(list), [state] "=&r"(state), [word] "=&r"(word), [room] "=&r"(room),
          [tmp] "=&r"(tmp)
        : OSH_LIST_INPUTS(index), [block] "r"(block), [above] "r"(osh_word_of(block, 0) - 1),
          [unroom] "i"(OSH_WORD_BITS - OSH_ROOM_BITS)
        : "memory");
    return room != 0;
}

OSH_INLINE osh_word_t osh_cpu_exchange(unsigned index, osh_word_t value)
{
    osh_word_t *list;
    osh_word_t state, word, tmp;
    /* The commit publishes the links of the new chain; pairs with osh_cpu_take. */
    __asm__ volatile(
        OSH_MASK OSH_FIND
        "1:\n\t" OSH_LX "%[word], (%[list])\n\t"
        "beqz %[word], 3f\n\t" OSH_COMMIT(OSH_SC_RELEASE, "value") "3:\n\t" OSH_UNMASK
        : OSH_LIST_OUTPUTS(list), [state] "=&r"(state), [word] "=&r"(word), [tmp] "=&r"(tmp)
        : OSH_LIST_INPUTS(index), [value] "r"(value)
        : "memory");
    return word;
}

/*
 * Any hart, any time: see osh_port.h for why this is enough. One instruction:
 * the library's own exchange is an LR/SC loop, and an interrupt in its middle
 * that changed the list by a plain store would not be sure to end it.
 */
OSH_INLINE osh_word_t osh_cpu_take(osh_word_t *list, osh_word_t value)
{
    osh_word_t old;
    /* Observes the links of what it takes; pairs with the commits above. */
    __asm__ volatile(OSH_AMOSWAP "%0, %2, %1" : "=r"(old), "+A"(*list) : "r"(value) : "memory");
    return old;
}

static inline unsigned osh_cpu_core(void)
{
#if OSH_CORES > 1
    osh_word_t hart;
    __asm__ volatile("csrr %0, mhartid" : "=r"(hart));
    return (unsigned)hart;
#else
    return 0;
#endif
}

/* Machine mode is the handlers' and the tasks' alike: the RTOS has to say, by
 * os_heap_interrupt_enter. */
static inline bool osh_cpu_in_interrupt(void)
{
    return false;
}

#endif
