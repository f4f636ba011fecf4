/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Restartable sequences step by step: what arch/linux/x86_64 and arch/linux/aarch64
 * do, as the weaker of the two orders it. The core is read in the sequence, and the
 * commit is a relaxed store that does not happen when anything interrupted.
 */
#ifndef OSH_RSEQ_CPU_H
#define OSH_RSEQ_CPU_H

#include "osh_lists.h"

static inline osh_word_t *model_rseq_list(unsigned index)
{
    machine_begin();
    return &osh_hot.lists[machine_core()].of.word[0][index];
}

OSH_INLINE void *osh_rseq_pop(unsigned index)
{
    for (;;) {
        osh_word_t *list = model_rseq_list(index);
        osh_word_t *block = (osh_word_t *)(osh_load(list) >> OSH_WORD_SHIFT);
        if (machine_interrupted()) {
            continue;
        }
        if (block == NULL) {
            return NULL;
        }
        /* A reclaim may have taken the block meanwhile: then this is garbage. */
        osh_word_t next = machine_racy_load(block);
        if (machine_commit(list, next, MACHINE_RELAXED)) {
            return block;
        }
    }
}

OSH_INLINE bool osh_rseq_push(unsigned index, void *block)
{
    for (;;) {
        osh_word_t *list = model_rseq_list(index);
        osh_word_t old = osh_load(list);
        if (machine_interrupted()) {
            continue;
        }
        *(osh_word_t *)block = old;
        if ((old & OSH_WORD_ROOM) == 0) {
            return false;
        }
        osh_word_t word = ((old & OSH_WORD_ROOM) - 1) | ((osh_word_t)block << OSH_WORD_SHIFT);
        if (machine_commit(list, word, MACHINE_RELAXED)) {
            return true;
        }
    }
}

OSH_INLINE osh_word_t osh_rseq_exchange(unsigned index, osh_word_t word)
{
    for (;;) {
        osh_word_t *list = model_rseq_list(index);
        osh_word_t old = osh_load(list);
        if (machine_interrupted()) {
            continue;
        }
        if (old == 0) {
            return 0;
        }
        if (machine_commit(list, word, MACHINE_RELAXED)) {
            return old;
        }
    }
}

#endif
