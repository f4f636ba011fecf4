/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exclusive pairs step by step, as arch/arm, arch/aarch64 and arch/riscv order them,
 * and no stronger than an emulator's: an exception between the two ends the pair, and
 * otherwise the store succeeds if the word has the value that was loaded, whatever
 * it was meanwhile.
 */
#ifndef OSH_CPU_H
#define OSH_CPU_H

#include "osh_lists.h"

#define OSH_CPU_NAME "exclusives"

static inline unsigned osh_cpu_core(void)
{
    return machine_core();
}

/* Opens a pair on this core's list; the core is read before it, and again behind. */
static inline osh_word_t *osh_cpu_load(unsigned index, unsigned *core, osh_word_t *word)
{
    *core = machine_core();
    osh_word_t *list = &osh_lists[*core].word[index];
    *word = machine_load_exclusive(list);
    return list;
}

static inline bool osh_cpu_store(osh_word_t *list, unsigned core, osh_word_t word, osh_word_t value,
                                 enum machine_order order)
{
    return machine_core() == core && machine_store_exclusive(list, word, value, order);
}

OSH_INLINE void *osh_cpu_pop(unsigned index)
{
    for (;;) {
        unsigned core;
        osh_word_t word;
        osh_word_t *list = osh_cpu_load(index, &core, &word);
        osh_word_t *block = osh_word_block(word);
        if (block == NULL) {
            return NULL;
        }
        /* A reclaim may have taken the block meanwhile: then this is garbage. */
        osh_word_t next = machine_racy_load(block);
        if (osh_cpu_store(list, core, word, next, MACHINE_RELAXED)) {
            return block;
        }
    }
}

OSH_INLINE bool osh_cpu_push(unsigned index, void *block)
{
    for (;;) {
        unsigned core;
        osh_word_t word;
        osh_word_t *list = osh_cpu_load(index, &core, &word);
        *(osh_word_t *)block = word;
        if (osh_word_number(word) == 0) {
            return false;
        }
        osh_word_t value = osh_word_of(block, osh_word_number(word) - 1);
        if (osh_cpu_store(list, core, word, value, MACHINE_RELEASE)) {
            return true;
        }
    }
}

OSH_INLINE osh_word_t osh_cpu_exchange(unsigned index, osh_word_t value)
{
    for (;;) {
        unsigned core;
        osh_word_t word;
        osh_word_t *list = osh_cpu_load(index, &core, &word);
        if (word == 0 || osh_cpu_store(list, core, word, value, MACHINE_RELEASE)) {
            return word;
        }
    }
}

OSH_INLINE osh_word_t osh_cpu_take(osh_word_t *list, osh_word_t value)
{
    return osh_exchange(list, value);
}

#endif
