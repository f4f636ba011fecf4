/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RISC-V in machine mode: interrupts masked for the few instructions of an
 * operation, and nothing more where there is one hart.
 *
 * With more than one hart the new word is committed by LR/SC, for the sake of a reclaim
 * by another hart. The mask means that this hart changes no list meanwhile, and others
 * only empty it: see osh_port.h.
 *
 * Why not LR/SC without a mask: the ISA does not say that a trap or a plain store of this
 * hart ends a reservation, so the operation would lean on the trap handlers of every
 * RTOS; and it would have to read the number of the hart again and compare, which is 2
 * instructions (csrr, bne) where the mask is 2 (csrrci, csrs). Masked it leans on nothing.
 *
 * The ISA promises progress only to LR/SC loops without loads and stores between
 * (chapter "A", constrained loops). Pop and push read and write a link between, which
 * saves the 2 instructions that a constrained loop takes to compare (ld, bne); so they try
 * once, and where a hart never lets that through, or a reclaim came in between, the
 * slow path's osh_cpu_pop_sure and osh_cpu_push_sure commit by a constrained loop.
 */
#ifndef OSH_CPU_H
#define OSH_CPU_H

#if !defined(__riscv)
#error "the compiler is not one for RISC-V: another osheap_cpu in the cross file"
#endif

#include "osh_config.h"

#ifdef OSH_CORE_HEADER
#include OSH_CORE_HEADER
#else
#define OSH_CORE_READ(reg) "csrr " reg ", mhartid\n\t"
#endif
#define OSH_CPU_NUMBERS 8 /* harts 0 to 4 of PolarFire and JH7110 among them */
#define OSH_CPU_HOT_TABLES OSH_HOT_TABLES_PAY
#include "osh_core.h"
#include "osh_cpu_table.h"
#include "osh_harden.h"
#include "osh_hot.h"
#include "osh_lists.h"
#include "osh_mask.h"
#include "osh_sequence.h"

#define OSH_CPU_NAME "riscv"

#if __riscv_xlen == 64
#define OSH_LX "ld "
#define OSH_SX "sd "
#define OSH_LR "lr.d "
#define OSH_SC "sc.d "
#define OSH_SC_RELEASE "sc.d.rl "
#else
#define OSH_LX "lw "
#define OSH_SX "sw "
#define OSH_LR "lr.w "
#define OSH_SC "sc.w "
#define OSH_SC_RELEASE "sc.w.rl "
#endif

/* The way to this hart's list, and how what tries once loads its word. */
#if OSH_CORES > 1
#define OSH_LOAD OSH_LR
#define OSH_FIND_LIST                    \
    OSH_CORE_READ("%[tmp]")              \
    "slli %[tmp], %[tmp], %[stride]\n\t" \
    "add %[list], %[list], %[tmp]\n\t" OSH_SEQUENCE_ENTERED
#else
#define OSH_LOAD OSH_LX
#define OSH_FIND_LIST
#endif

/* In a library for one hart: another one goes to `refused`. Behind the load of the list, so
 * that whoever is refused has its word. */
#if !OSH_CORE_ALONE
#define OSH_REFUSE_OTHERS(refused)
#elif OSH_CORE_FIRST == 0
#define OSH_REFUSE_OTHERS(refused) OSH_CORE_READ("%[tmp]") "bnez %[tmp], " refused "\n\t"
#else
#define OSH_REFUSE_OTHERS(refused)       \
    OSH_CORE_READ("%[tmp]")              \
    "addi %[tmp], %[tmp], -%[first]\n\t" \
    "bnez %[tmp], " refused "\n\t"
#endif
#define OSH_CORE_OPERANDS [stride] "i"(OSH_LISTS_LOG2), [first] "i"(OSH_CORE_FIRST)

/* A push's answer when it has seen `head`. From level 1 on it refuses a block that is the
 * head already, which is no full list. */
OSH_INLINE bool osh_cpu_push_refused(osh_word_t head, const void *block)
{
    if (OSH_HARDENING > 0 && OSH_UNLIKELY(head == (osh_word_t)block)) {
        return osh_harden_pushed_twice(block);
    }
    return false;
}

/* clang-format off */

OSH_INLINE void *osh_cpu_pop(unsigned index)
{
    osh_word_t list, state, block, next, tmp;
    /* The commit takes the block: it observes and publishes nothing, for what is in a
     * hart's list was put there by that hart. */
    __asm__ volatile goto(
        "csrrci %[state], mstatus, 8\n\t"   /* interrupts wait from here on */
        OSH_SEQUENCE_FIRST
        OSH_FIND_LIST
        OSH_LOAD "%[block], (%[list])\n\t"
        OSH_REFUSE_OTHERS("4f")
        OSH_LX "%[next], (%[block])\n\t"
        "beqz %[next], 4f\n\t"              /* the list is empty, or stopped */
#if OSH_CORES > 1
        OSH_SC "%[tmp], %[next], (%[list])\n\t"
        "bnez %[tmp], 4f\n\t"               /* a reclaim came in between */
#else
        OSH_SX "%[next], (%[list])\n\t"
#endif
        "csrs mstatus, %[state]\n\t"        /* as it was */
        OSH_SEQUENCE_LAST

        ".subsection 1\n"                   /* behind the function */
        "4:\n\t"
        "csrs mstatus, %[state]\n\t"
        "j %l[refused]\n\t"
        ".previous\n\t"
        : [list] "=&r"(list), [state] "=&r"(state), [block] "=&r"(block), [next] "=&r"(next),
          [tmp] "=&r"(tmp)
        : "[list]"(&osh_lists[0].word[index]), OSH_CORE_OPERANDS
        : "memory"
        : refused);
    if (block == 0) {
        __builtin_unreachable();
    }
    return (void *)block;
refused:
    return NULL;
}

/* `lists` is the list of hart 0; this hart's is as far behind it as its number says. */
OSH_INLINE bool osh_cpu_push_to(osh_word_t *lists, void *block)
{
    osh_word_t list, state, head, room, tmp;
    /* The commit publishes block and link to a reclaim on another hart; pairs with
     * osh_cpu_take. */
    __asm__ volatile goto(
        "csrrci %[state], mstatus, 8\n\t"   /* interrupts wait from here on */
        OSH_SEQUENCE_FIRST
        OSH_FIND_LIST
        OSH_LOAD "%[head], (%[list])\n\t"
        OSH_REFUSE_OTHERS("4f")
#if OSH_HARDENING > 0
        "beq %[head], %[block], 4f\n\t"     /* freed twice: told apart below */
#endif
        OSH_LX "%[room], %[at](%[head])\n\t"
        "beqz %[room], 4f\n\t"              /* the list is full, or stopped */
        "addi %[room], %[room], -1\n\t"
        OSH_SX "%[head], (%[block])\n\t"
        OSH_SX "%[room], %[at](%[block])\n\t"
#if OSH_CORES > 1
        OSH_SC_RELEASE "%[tmp], %[block], (%[list])\n\t"
        "bnez %[tmp], 4f\n\t"               /* a reclaim came in between */
#else
        OSH_SX "%[block], (%[list])\n\t"
#endif
        "csrs mstatus, %[state]\n\t"        /* as it was */
        OSH_SEQUENCE_LAST

        ".subsection 1\n"                   /* behind the function */
        "4:\n\t"
        "csrs mstatus, %[state]\n\t"
        "j %l[refused]\n\t"
        ".previous\n\t"
        : [list] "=&r"(list), [state] "=&r"(state), [head] "=&r"(head), [room] "=&r"(room),
          [tmp] "=&r"(tmp)
        : "[list]"(lists), [block] "r"(block), [at] "i"(OSH_LINK_ROOM), OSH_CORE_OPERANDS
        : "memory"
        : refused);
    return true;
refused:
    return osh_cpu_push_refused(head, block);
}

OSH_INLINE osh_word_t osh_cpu_exchange(unsigned index, osh_word_t value)
{
    osh_word_t list, state, word, tmp;
    /* The commit publishes the links of the new chain; pairs with osh_cpu_take. */
    __asm__ volatile(
        "csrrci %[state], mstatus, 8\n\t"   /* interrupts wait from here on */
        OSH_SEQUENCE_FIRST
        OSH_FIND_LIST
        "1:\n\t"
        OSH_LX "%[word], (%[list])\n\t"
        "beq %[word], %[none], 3f\n\t"      /* stopped: remains so */
#if OSH_CORES > 1
        "2:\n\t"
        OSH_LR "%[tmp], (%[list])\n\t"
        "bne %[tmp], %[word], 1b\n\t"       /* a reclaim came in between */
        OSH_SC_RELEASE "%[tmp], %[value], (%[list])\n\t"
        "bnez %[tmp], 2b\n\t"
#else
        OSH_SX "%[value], (%[list])\n\t"
#endif
        "3:\n\t"
        "csrs mstatus, %[state]\n\t"        /* as it was */
        OSH_SEQUENCE_LAST
        : [list] "=&r"(list), [state] "=&r"(state), [word] "=&r"(word), [tmp] "=&r"(tmp)
        : "[list]"(&osh_lists[0].word[index]), [value] "r"(value), [none] "r"(&osh_empty[0]),
          OSH_CORE_OPERANDS
        : "memory");
    return word;
}
/* clang-format on */

OSH_INLINE bool osh_cpu_push(unsigned index, void *block)
{
    return osh_cpu_push_to(&OSH_PUSH_LISTS[0].word[index], block);
}

#define OSH_CPU_SURE
/* Nothing of this hart's comes in between, and a reclaim makes what is sure begin again. */
#define OSH_CPU_NEVER_INTERRUPTED 1
#define OSH_CPU_LOOK_FIRST 0 /* a refusal is one look, masked */
#if OSH_CORES > 1
#include "osh_cpu_sure.h"
#else
OSH_INLINE void *osh_cpu_pop_sure(unsigned index)
{
    return osh_cpu_pop(index);
}

OSH_INLINE bool osh_cpu_push_sure(unsigned index, void *block)
{
    return osh_cpu_push_to(&osh_lists[0].word[index], block);
}
#endif

/* Any hart, any time: see osh_port.h for why this is enough. One AMO, or masked. */
OSH_INLINE osh_word_t osh_cpu_take(osh_word_t *list, osh_word_t value)
{
    /* Observes the links of what it takes; pairs with the commits above. */
    return osh_exchange(list, value);
}

static inline unsigned osh_cpu_number(void)
{
    osh_word_t hart;
    __asm__ volatile(OSH_CORE_READ("%0") : "=r"(hart));
    return (unsigned)hart;
}

static inline unsigned osh_cpu_core(void)
{
    return OSH_CORES > 1 ? osh_cpu_number() - OSH_CORE_FIRST : 0;
}

/* Machine mode is the handlers' and the tasks' alike: the RTOS has to say, by
 * os_heap_interrupt_enter. */
static inline bool osh_cpu_in_interrupt(void)
{
    return false;
}

/* mstatus.MIE */
static inline bool osh_cpu_masked(void)
{
    osh_word_t state;
    __asm__ volatile("csrr %0, mstatus" : "=r"(state));
    return (state & 8) == 0;
}

#endif
