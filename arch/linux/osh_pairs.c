/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_pairs.h"
#include "arch.h"

#include <sched.h>

_Thread_local struct osh_lists *osh_pairs_mine = &osh_lists[0];

static unsigned pairs_cores = 1;

static unsigned room_of(osh_word2_t list)
{
    return (unsigned)(list.second & OSH_PAIR_ROOM);
}

static struct osh_chain chain_of(unsigned cls, osh_word2_t list)
{
    struct osh_chain chain = {(void *)list.first, 0};
    if (chain.head != NULL) {
        chain.count = osh_class_limit(cls) - room_of(list);
    }
    return chain;
}

void osh_pairs_start(unsigned cores)
{
    pairs_cores = cores;
    for (unsigned core = 0; core < cores; core++) {
        for (unsigned cls = 1; cls <= OSH_CLASS_MAX; cls++) {
            unsigned limit = osh_class_limit(cls);
            osh_lists[core].of.pair[OSH_ACTIVE][cls].second = limit;
            osh_lists[core].of.pair[OSH_SPARE][cls].second = limit;
        }
    }
}

bool osh_pairs_exchange(enum osh_which which, unsigned cls, struct osh_chain *io)
{
    int cpu = sched_getcpu(); /* a miss: look where this thread is now */
    osh_pairs_mine = &osh_lists[(cpu < 0 ? 0u : (unsigned)cpu) % pairs_cores];

    osh_word2_t old;
    unsigned room = osh_class_limit(cls) - io->count;
    if (!osh_pair_exchange(&osh_pairs_mine->of.pair[which][cls], (osh_word_t)io->head, room,
                           &old)) {
        return false;
    }
    *io = chain_of(cls, old);
    return true;
}

void osh_pairs_reclaim(unsigned core, void (*give)(unsigned, struct osh_chain))
{
    for (unsigned cls = 1; cls <= OSH_CLASS_MAX; cls++) {
        for (unsigned which = OSH_ACTIVE; which <= OSH_SPARE; which++) {
            osh_word2_t old;
            if (osh_pair_exchange(&osh_lists[core].of.pair[which][cls], 0, osh_class_limit(cls),
                                  &old) &&
                old.first != 0) {
                give(cls, chain_of(cls, old));
            }
        }
    }
}

struct osh_chain osh_pairs_peek(unsigned core, enum osh_which which, unsigned cls)
{
    return chain_of(cls, osh_pair_read(&osh_lists[core].of.pair[which][cls]));
}
