/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RISC-V with several harts: pop and push for the slow paths, which go on until a reclaim lets
 * them through. As in osh_cpu.h, but that the commit is a constrained loop (2:): it compares
 * the word again, since the link was read outside of it.
 */
#ifndef OSH_CPU_SURE_H
#define OSH_CPU_SURE_H

/* clang-format off */

OSH_INLINE void *osh_cpu_pop_sure(unsigned index)
{
    osh_word_t list, state, block, next, tmp;
    /* The commit takes the block: it observes and publishes nothing, for what is in a
     * hart's list was put there by that hart. */
    __asm__ volatile goto(
        "csrrci %[state], mstatus, 8\n\t"   /* interrupts wait from here on */
        OSH_SEQUENCE_FIRST
        OSH_FIND_LIST
        "1:\n\t"
        OSH_LX "%[block], (%[list])\n\t"
        OSH_LX "%[next], (%[block])\n\t"
        "beqz %[next], 4f\n\t"              /* the list is empty, or stopped */
        "2:\n\t"
        OSH_LR "%[tmp], (%[list])\n\t"
        "bne %[tmp], %[block], 1b\n\t"      /* a reclaim came in between */
        OSH_SC "%[tmp], %[next], (%[list])\n\t"
        "bnez %[tmp], 2b\n\t"
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

OSH_INLINE bool osh_cpu_push_sure(unsigned index, void *block)
{
    osh_word_t list, state, head, room, tmp;
    /* The commit publishes block and link to a reclaim on another hart; pairs with
     * osh_cpu_take. */
    __asm__ volatile goto(
        "csrrci %[state], mstatus, 8\n\t"   /* interrupts wait from here on */
        OSH_SEQUENCE_FIRST
        OSH_FIND_LIST
        "1:\n\t"
        OSH_LX "%[head], (%[list])\n\t"
#if OSH_HARDENING > 0
        "beq %[head], %[block], 4f\n\t"     /* freed twice: told apart below */
#endif
        OSH_LX "%[room], %[at](%[head])\n\t"
        "beqz %[room], 4f\n\t"              /* the list is full, or stopped */
        "addi %[room], %[room], -1\n\t"
        OSH_SX "%[head], (%[block])\n\t"
        OSH_SX "%[room], %[at](%[block])\n\t"
        "2:\n\t"
        OSH_LR "%[tmp], (%[list])\n\t"
        "bne %[tmp], %[head], 1b\n\t"       /* a reclaim came in between */
        OSH_SC_RELEASE "%[tmp], %[block], (%[list])\n\t"
        "bnez %[tmp], 2b\n\t"
        "csrs mstatus, %[state]\n\t"        /* as it was */
        OSH_SEQUENCE_LAST

        ".subsection 1\n"                   /* behind the function */
        "4:\n\t"
        "csrs mstatus, %[state]\n\t"
        "j %l[refused]\n\t"
        ".previous\n\t"
        : [list] "=&r"(list), [state] "=&r"(state), [head] "=&r"(head), [room] "=&r"(room),
          [tmp] "=&r"(tmp)
        : "[list]"(&osh_lists[0].word[index]), [block] "r"(block), [at] "i"(OSH_LINK_ROOM),
          OSH_CORE_OPERANDS
        : "memory"
        : refused);
    return true;
refused:
    return osh_cpu_push_refused(head, block);
}
/* clang-format on */

#endif
