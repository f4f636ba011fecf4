/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Restartable sequences for x86-64. In struct rseq, cpu_id is at 4 and rseq_cs
 * at 8; the area is at %fs:(osh_hot.rseq).
 */
#ifndef OSH_RSEQ_CPU_H
#define OSH_RSEQ_CPU_H

#include "osh_harden.h"
#include "osh_lists.h"

/* Begins a sequence. The descriptor gives the kernel the range from 1 to 2 (just after the
 * committing store) and the abort entry 4; its address is stored in the area. Then the address of
 * this CPU's lists is in %[lists]. The CPU number is signed: a thread without an area has -1, which
 * selects the stopped lists before those of CPU 0. */
#define OSH_RSEQ_BEGIN                     \
    ".pushsection __rseq_cs, \"aw\"\n\t"   \
    ".balign 32\n"                         \
    "3:\n\t"                               \
    ".long 0, 0\n\t"                       \
    ".quad 1f, 2f - 1f, 4f\n\t"            \
    ".popsection\n"                        \
    "5:\n\t"                               \
    "leaq 3b(%%rip), %[lists]\n\t"         \
    "movq %[lists], %%fs:8(%[area])\n"     \
    "1:\n\t"                               \
    "movslq %%fs:4(%[area]), %[lists]\n\t" \
    "shlq %[stride], %[lists]\n\t"         \
    "addq %[first], %[lists]\n\t"

/* Ends a sequence. The abort entry, with the signature that glibc registered before it, jumps back
 * to the beginning. */
#define OSH_RSEQ_END                          \
    "2:\n\t"                                  \
    ".pushsection __rseq_failure, \"ax\"\n\t" \
    ".byte 0x0f, 0xb9, 0x3d\n\t"              \
    ".long 0x53053053\n"                      \
    "4:\n\t"                                  \
    "jmp 5b\n\t"                              \
    ".popsection\n"

#define OSH_RSEQ_INPUTS(i)                                                              \
    [index] "r"((osh_word_t)(i)), [first] "m"(osh_hot.lists), [area] "r"(osh_hot.rseq), \
        [stride] "i"(OSH_LISTS_LOG2)

OSH_INLINE void *osh_rseq_pop(unsigned index)
{
    osh_word_t lists, block, next;
    __asm__ volatile goto(OSH_RSEQ_BEGIN "movq (%[lists], %[index], 8), %[block]\n\t"
                                         "shrq $16, %[block]\n\t"
                                         "jz %l[empty]\n\t"
                                         "movq (%[block]), %[next]\n\t"
                                         "movq %[next], (%[lists], %[index], 8)\n" OSH_RSEQ_END
                          : [lists] "=&r"(lists), [block] "=&r"(block), [next] "=&r"(next)
                          : OSH_RSEQ_INPUTS(index)
                          : "memory", "cc"
                          : empty);
    if (block == 0) {
        __builtin_unreachable();
    }
    return (void *)block;
empty:
    return NULL;
}

/* From level 1 on: is the block the head of the list? */
#if OSH_HARDENING > 0
#define OSH_RSEQ_NOT_TWICE       \
    "movq %[old], %[room]\n\t"   \
    "shrq $16, %[room]\n\t"      \
    "cmpq %[block], %[room]\n\t" \
    "je %l[twice]\n\t"
#else
#define OSH_RSEQ_NOT_TWICE
#endif

OSH_INLINE bool osh_rseq_push(unsigned index, void *block)
{
    osh_word_t lists, old, room;
    __asm__ volatile goto(OSH_RSEQ_BEGIN
                          "movq (%[lists], %[index], 8), %[old]\n\t" OSH_RSEQ_NOT_TWICE
                          "movzwl %w[old], %k[room]\n\t"
                          "subl $1, %k[room]\n\t"
                          "jb %l[full]\n\t"
                          "movq %[old], (%[block])\n\t"
                          "orq %[shifted], %[room]\n\t"
                          "movq %[room], (%[lists], %[index], 8)\n" OSH_RSEQ_END
                          : [lists] "=&r"(lists), [old] "=&r"(old), [room] "=&r"(room)
                          : OSH_RSEQ_INPUTS(index), [block] "r"(block),
                            [shifted] "r"((osh_word_t)block << OSH_WORD_SHIFT)
                          : "memory", "cc"
                          : full, twice);
    return true;
full:
    return false;
twice:
    return osh_harden_pushed_twice(block);
}

OSH_INLINE osh_word_t osh_rseq_exchange(unsigned index, osh_word_t word)
{
    osh_word_t lists, old;
    __asm__ volatile(OSH_RSEQ_BEGIN "movq (%[lists], %[index], 8), %[old]\n\t"
                                    "testq %[old], %[old]\n\t"
                                    "jz 2f\n\t"
                                    "movq %[word], (%[lists], %[index], 8)\n" OSH_RSEQ_END
                     : [lists] "=&r"(lists), [old] "=&r"(old)
                     : OSH_RSEQ_INPUTS(index), [word] "r"(word)
                     : "memory", "cc");
    return old;
}

#endif
