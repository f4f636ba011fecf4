/* SPDX-License-Identifier: Apache-2.0 */
/* What the lists need besides the CPU's own sequences. */
#include "osh_lists.h"

#include "arch.h"

struct osh_lists osh_lists[OSH_CORES];

static unsigned index_of(enum osh_which which, unsigned cls)
{
    return (unsigned)which * OSH_CLASSES + cls;
}

static osh_word_t list_word(unsigned cls, struct osh_chain chain)
{
    return osh_link(chain.head, osh_class_info[cls].magazine - chain.count);
}

static struct osh_chain chain_of(unsigned cls, osh_word_t word)
{
    struct osh_chain chain = {osh_word_block(word), 0};
    if (chain.head != NULL) {
        chain.count = osh_class_info[cls].magazine - osh_word_number(word);
    }
    return chain;
}

void osh_arch_start(void)
{
    for (unsigned core = 0; core < OSH_CORES; core++) {
        for (unsigned cls = 1; cls <= OSH_CLASS_MAX; cls++) {
            osh_lists[core].word[index_of(OSH_ACTIVE, cls)] = osh_class_info[cls].magazine;
            osh_lists[core].word[index_of(OSH_SPARE, cls)] = osh_class_info[cls].magazine;
        }
    }
    osh_hot.lists = osh_lists;
}

bool osh_arch_fast(void)
{
    return true;
}

unsigned osh_arch_core(void)
{
    return osh_cpu_core();
}

unsigned osh_arch_cores(void)
{
    return OSH_CORES;
}

const char *osh_arch_name(void)
{
    return OSH_CPU_NAME;
}

void *osh_arch_pop_slow(unsigned cls)
{
    return osh_cpu_pop(cls);
}

bool osh_arch_push_slow(unsigned cls, void *block)
{
    return osh_cpu_push(cls, block);
}

bool osh_arch_exchange(enum osh_which which, unsigned cls, struct osh_chain *io)
{
    osh_word_t old = osh_cpu_exchange(index_of(which, cls), list_word(cls, *io));
    if (old == 0) {
        return false;
    }
    *io = chain_of(cls, old);
    return true;
}

/*
 * Any core's lists may be replaced by empty ones at any moment: its operations
 * then find another word than the one they began with, and begin again. See
 * osh_port.h for why that word cannot have come back meanwhile.
 */
void osh_arch_reclaim(unsigned core, void (*give)(unsigned cls, struct osh_chain))
{
    for (unsigned i = 0; i < 2 * OSH_CLASSES; i++) {
        osh_word_t *list = &osh_lists[core].word[i];
        unsigned cls = i % OSH_CLASSES;
        if (osh_word_block(osh_load(list)) == NULL) {
            continue; /* empty: nothing to take, and nothing is claimed by looking */
        }
        /* Observes the links of the chain; pairs with the releasing store of
         * osh_cpu_push and osh_cpu_exchange on that core. */
        struct osh_chain chain = chain_of(cls, osh_cpu_take(list, osh_class_info[cls].magazine));
        if (chain.count > 0) {
            give(cls, chain);
        }
    }
}

struct osh_chain osh_arch_peek(unsigned core, enum osh_which which, unsigned cls)
{
    /* Observes the links as reclaim does: for checks, when the cores are still. */
    return chain_of(cls, osh_load_acquire(&osh_lists[core].word[index_of(which, cls)]));
}
