/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_pairs.h"
#include "arch.h"

#include <sched.h>

/* Stopped until the thread's first miss. */
OSH_VARIABLE _Thread_local struct osh_lists *osh_pairs_mine = &osh_lists_few[0];

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
}

unsigned osh_pairs_core(void)
{
    uintptr_t distance = (uintptr_t)osh_pairs_mine - (uintptr_t)osh_hot.lists;
    size_t core = distance / sizeof(struct osh_lists);
    return core < pairs_cores ? (unsigned)core : 0; /* always stopped lists belong to no core */
}

void osh_pairs_go_on(unsigned core)
{
    for (unsigned cls = 1; cls <= OSH_CLASS_MAX; cls++) {
        for (unsigned which = OSH_ACTIVE; which <= OSH_SPARE; which++) {
            osh_word2_t *list = &osh_hot.lists[core].of.pair[which][cls];
            osh_word2_t now = osh_pair_read(list);
            osh_word2_t empty = {0, now.second + OSH_PAIR_GENERATION + osh_class_limit(cls)};
            if (now.first == 0 && room_of(now) == 0 && osh_lists_may_run(cls)) {
                (void)osh_cas2(list, &now, empty); /* publishes nothing, since it is empty */
            }
        }
    }
}

/* Selects the lists of the CPU on which this thread runs now, and starts them if needed. False:
 * they are the same lists as before, and were started already. */
static bool look(void)
{
    struct osh_lists *before = osh_pairs_mine;
    int cpu = sched_getcpu();
    unsigned core = (cpu < 0 ? 0u : (unsigned)cpu) % pairs_cores;
    bool start = osh_lists_begin(core, osh_pairs_go_on);
    osh_pairs_mine = &osh_hot.lists[core];
    return start || osh_pairs_mine != before;
}

void *osh_pairs_pop_here(unsigned cls)
{
    void *block = osh_pairs_pop(cls);
    return block != NULL || !look() ? block : osh_pairs_pop(cls);
}

bool osh_pairs_push_here(unsigned cls, void *block)
{
    return osh_pairs_push(cls, block) || (look() && osh_pairs_push(cls, block));
}

bool osh_pairs_exchange(enum osh_which which, unsigned cls, struct osh_chain *io)
{
    (void)look(); /* a miss */

    osh_word2_t old;
    unsigned room = osh_class_limit(cls) - (unsigned)io->count;
    if (!osh_pair_exchange(&osh_pairs_mine->of.pair[which][cls], (osh_word_t)io->head, room,
                           &old)) {
        return false;
    }
    *io = chain_of(cls, old);
    return true;
}

bool osh_pairs_stop(unsigned core, void (*give)(unsigned, struct osh_chain))
{
    for (unsigned cls = 1; cls <= OSH_CLASS_MAX; cls++) {
        for (unsigned which = OSH_ACTIVE; which <= OSH_SPARE; which++) {
            osh_word2_t old = osh_pair_stop(&osh_hot.lists[core].of.pair[which][cls]);
            if (old.first != 0) {
                give(cls, chain_of(cls, old));
            }
        }
    }
    return true;
}

struct osh_chain osh_pairs_peek(unsigned core, enum osh_which which, unsigned cls)
{
    return chain_of(cls, osh_pair_read(&osh_hot.lists[core].of.pair[which][cls]));
}
