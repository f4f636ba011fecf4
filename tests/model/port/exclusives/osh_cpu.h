/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exclusive pairs step by step, as arch/arm, arch/aarch64 and arch/riscv order them,
 * and no stronger than an emulator's: an exception between the two ends the pair, and
 * otherwise the store succeeds if the word has the value that was loaded, whatever
 * it was meanwhile. Pop and push try once, as those do.
 */
#ifndef OSH_CPU_H
#define OSH_CPU_H

#include "osh_lists.h"

#define OSH_CPU_NAME "exclusives"

static inline unsigned osh_cpu_core(void)
{
    return machine_core();
}

/* Reads the core, load-exclusives its list, reads the core again: NULL when it is
 * another now. */
static inline osh_word_t *osh_cpu_enter(unsigned index, osh_word_t *word)
{
    unsigned core = machine_core();
    osh_word_t *list = &osh_lists[core].word[index];
    *word = machine_load_exclusive(list);
    return machine_core() == core ? list : NULL;
}

OSH_INLINE void *osh_cpu_pop(unsigned index)
{
    osh_word_t word;
    osh_word_t *list = osh_cpu_enter(index, &word);
    if (list == NULL) {
        return NULL;
    }
    /* A reclaim may have taken the block meanwhile: then this is garbage. */
    osh_word_t next = machine_racy_load(&((const struct osh_link *)word)->next);
    if (next == 0 || !machine_store_exclusive(list, word, next, MACHINE_RELAXED)) {
        return NULL;
    }
    return (void *)word;
}

OSH_INLINE bool osh_cpu_push(unsigned index, void *block)
{
    osh_word_t word;
    osh_word_t *list = osh_cpu_enter(index, &word);
    if (list == NULL) {
        return false;
    }
    osh_word_t room = machine_racy_load(&((const struct osh_link *)word)->room); /* likewise */
    if (room == 0) {
        return false;
    }
    *(struct osh_link *)block = (struct osh_link){word, room - 1};
    return machine_store_exclusive(list, word, (osh_word_t)block, MACHINE_RELEASE);
}

OSH_INLINE osh_word_t osh_cpu_exchange(unsigned index, osh_word_t value)
{
    for (;;) {
        osh_word_t word;
        osh_word_t *list = osh_cpu_enter(index, &word);
        if (list != NULL && word == (osh_word_t)&osh_empty[0]) {
            return word;
        }
        if (list != NULL && machine_store_exclusive(list, word, value, MACHINE_RELEASE)) {
            return word;
        }
    }
}

OSH_INLINE osh_word_t osh_cpu_take(osh_word_t *list, osh_word_t value)
{
    return osh_exchange(list, value);
}

#endif
