/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Restartable sequences for AArch64. In struct rseq, cpu_id is at 4 and rseq_cs
 * at 8; the area is at thread pointer + osh_hot.rseq.
 */
#ifndef OSH_RSEQ_CPU_H
#define OSH_RSEQ_CPU_H

#include "osh_harden.h"
#include "osh_lists.h"

/* Begins a sequence. The descriptor gives the kernel the range from 1 to 2 (just after the
 * committing store) and the abort entry 4; its address is stored in the area. Then the address of
 * this CPU's list is in %[list]. The CPU number is signed: a thread without an area has -1, which
 * selects the stopped lists before those of CPU 0. */
#define OSH_RSEQ_BEGIN                   \
    ".pushsection __rseq_cs, \"aw\"\n\t" \
    ".balign 32\n"                       \
    "3:\n\t"                             \
    ".long 0, 0\n\t"                     \
    ".quad 1f, 2f - 1f, 4f\n\t"          \
    ".popsection\n"                      \
    "5:\n\t"                             \
    "adrp %[list], 3b\n\t"               \
    "add %[list], %[list], :lo12:3b\n\t" \
    "str %[list], [%[area], #8]\n"       \
    "1:\n\t"                             \
    "ldrsw %[list], [%[area], #4]\n\t"   \
    "add %[list], %[first], %[list], lsl %[stride]\n\t"

/* Ends a sequence. The abort entry, with the signature that glibc registered before it, jumps back
 * to the beginning. */
#define OSH_RSEQ_END                          \
    "2:\n\t"                                  \
    ".pushsection __rseq_failure, \"ax\"\n\t" \
    ".inst 0xd428bc00\n"                      \
    "4:\n\t"                                  \
    "b 5b\n\t"                                \
    ".popsection\n"

#define OSH_RSEQ_INPUTS(i)                                             \
    [first] "r"(&osh_hot.lists->of.word[0][i]),                        \
        [area] "r"((char *)__builtin_thread_pointer() + osh_hot.rseq), \
        [stride] "i"(OSH_LISTS_LOG2)

OSH_INLINE void *osh_rseq_pop(unsigned index)
{
    osh_word_t list, block, next;
    __asm__ volatile goto(OSH_RSEQ_BEGIN "ldr %[block], [%[list]]\n\t"
                                         "lsr %[block], %[block], #16\n\t"
                                         "cbz %[block], %l[empty]\n\t"
                                         "ldr %[next], [%[block]]\n\t"
                                         "str %[next], [%[list]]\n" OSH_RSEQ_END
                          : [list] "=&r"(list), [block] "=&r"(block), [next] "=&r"(next)
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
#define OSH_RSEQ_NOT_TWICE              \
    "cmp %[block], %[old], lsr #16\n\t" \
    "b.eq %l[twice]\n\t"
#else
#define OSH_RSEQ_NOT_TWICE
#endif

OSH_INLINE bool osh_rseq_push(unsigned index, void *block)
{
    osh_word_t list, old, room;
    __asm__ volatile goto(OSH_RSEQ_BEGIN "ldr %[old], [%[list]]\n\t" OSH_RSEQ_NOT_TWICE
                                         "ands %[room], %[old], #0xffff\n\t"
                                         "b.eq %l[full]\n\t"
                                         "str %[old], [%[block]]\n\t"
                                         "sub %[room], %[room], #1\n\t"
                                         "orr %[room], %[room], %[block], lsl #16\n\t"
                                         "str %[room], [%[list]]\n" OSH_RSEQ_END
                          : [list] "=&r"(list), [old] "=&r"(old), [room] "=&r"(room)
                          : OSH_RSEQ_INPUTS(index), [block] "r"(block)
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
    osh_word_t list, old;
    __asm__ volatile(OSH_RSEQ_BEGIN "ldr %[old], [%[list]]\n\t"
                                    "cbz %[old], 2f\n\t"
                                    "str %[word], [%[list]]\n" OSH_RSEQ_END
                     : [list] "=&r"(list), [old] "=&r"(old)
                     : OSH_RSEQ_INPUTS(index), [word] "r"(word)
                     : "memory", "cc");
    return old;
}

#endif
