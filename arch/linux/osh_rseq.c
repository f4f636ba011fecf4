/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_rseq.h"

#include "arch.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <unistd.h>

static long membarrier(int command, unsigned flags, unsigned cpu)
{
    int before = errno; /* a call that succeeds after a refusal leaves errno as it was */
    long result = syscall(SYS_membarrier, command, flags, cpu);
    errno = before;
    return result;
}

static const volatile struct rseq *area(void)
{
    return (const volatile struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);
}

/* Negative if this thread has no rseq area that the kernel maintains. */
static int cpu_number(void)
{
    return (int)area()->cpu_id;
}

unsigned osh_rseq_core(void)
{
    int core = cpu_number();
    return core < 0 ? 0 : (unsigned)core;
}

bool osh_rseq_available(void)
{
    if (__rseq_size == 0) {
        return false;
    }
    long known = membarrier(MEMBARRIER_CMD_QUERY, 0, 0);
    return cpu_number() >= 0 && known > 0 && (known & MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ) != 0;
}

void osh_rseq_start(void)
{
    osh_hot.rseq = __rseq_offset;
}

static osh_word_t word_of(unsigned cls, struct osh_chain chain)
{
    return ((osh_word_t)chain.head << OSH_WORD_SHIFT) |
           (osh_word_t)(osh_class_limit(cls) - chain.count);
}

static struct osh_chain chain_of(unsigned cls, osh_word_t word)
{
    struct osh_chain chain = {(void *)(word >> OSH_WORD_SHIFT), 0};
    if (chain.head != NULL) {
        chain.count = osh_class_limit(cls) - (unsigned)(word & OSH_WORD_ROOM);
    }
    return chain;
}

static unsigned index_of(enum osh_which which, unsigned cls)
{
    return (unsigned)which * OSH_CLASSES + cls;
}

void osh_rseq_go_on(unsigned core)
{
    osh_word_t *list = &osh_hot.lists[core].of.word[0][0];
    for (unsigned i = 0; i < 2 * OSH_CLASSES; i++) {
        unsigned cls = i % OSH_CLASSES;
        osh_word_t stopped = 0;
        if (cls != 0 && osh_lists_may_run(cls) && osh_load(&list[i]) == 0) {
            /* The first caller succeeds. Publishes nothing, because the list is empty. */
            (void)osh_cas(&list[i], &stopped, osh_class_limit(cls));
        }
    }
}

bool osh_rseq_start_here(void)
{
    int core = cpu_number();
    return core >= 0 && osh_lists_begin((unsigned)core, osh_rseq_go_on);
}

/* Not inlined, so that there is one copy of the sequence. */
static __attribute__((noinline)) osh_word_t exchange(unsigned index, osh_word_t word)
{
    return osh_rseq_exchange(index, word);
}

bool osh_rseq_swap(enum osh_which which, unsigned cls, struct osh_chain *io)
{
    osh_word_t word = word_of(cls, *io);
    osh_word_t old;
    while ((old = exchange(index_of(which, cls), word)) == 0) {
        if (!osh_rseq_start_here()) {
            return false; /* no rseq area, or another thread reclaims or starts the lists */
        }
    }
    *io = chain_of(cls, old);
    return true;
}

/* If the CPU is offline, or the kernel does not know the flag, fences all CPUs. */
static bool fence(unsigned core)
{
    return membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, MEMBARRIER_CMD_FLAG_CPU, core) == 0 ||
           membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, 0, 0) == 0;
}

/* After this every sequence that began on the core before has committed, or will begin again.
 * False: the kernel refuses. It does so until the process is registered. That is left to the first
 * fence, because in a process with threads it takes 8 to 15 ms, and most never reclaim. */
static bool fence_core(unsigned core)
{
    return fence(core) ||
           (membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ, 0, 0) == 0 && fence(core));
}

/* Puts the taken word back into its list, unless a sequence has committed since. A sequence that
 * read the list before it was stopped may still commit: it stores a word made from the one that is
 * there again, so nothing is lost. */
static void put_back(osh_word_t *list, osh_word_t taken)
{
    osh_word_t stopped = 0;
    /* Publishes nothing new: the word was in the list before. Pairs with the load of every
     * sequence. */
    (void)osh_cas(list, &stopped, taken);
}

/*
 * Stops all lists of a core that goes on working. Exchanging a list for "stopped"
 * is not enough: a sequence on that core may have read the list before and be
 * about to store over our word. So: exchange, fence, look again.
 *
 * - Still stopped: no sequence has committed over it, none that read the old chain
 *   is running, and those that begin now refuse. The chain is ours.
 * - Not stopped: a sequence has committed a chain made from the one we read. We drop
 *   our copy, nothing is lost, and we try this list again.
 * - The kernel refuses the fence: nothing is ours, and we put the lists back.
 *
 * Only the caller (one at a time) stops lists, and stopped lists are left alone
 * by every sequence.
 */
bool osh_rseq_stop(unsigned core, void (*give)(unsigned, struct osh_chain))
{
    osh_word_t *list = &osh_hot.lists[core].of.word[0][0];
    osh_word_t taken[2 * OSH_CLASSES];
    unsigned pending = 0;
    bool fenced = true;

    for (unsigned i = 0; i < 2 * OSH_CLASSES; i++) {
        /* Stops the list, unless it is; pairs with the load of every sequence. */
        taken[i] = osh_load(&list[i]) != 0 ? osh_exchange(&list[i], 0) : 0;
        pending += taken[i] != 0;
    }
    while (pending > 0) {
        fenced = fence_core(core);
        for (unsigned i = 0; i < 2 * OSH_CLASSES; i++) {
            if (taken[i] == 0) {
                continue;
            }
            if (!fenced) {
                put_back(&list[i], taken[i]);
                pending--;
                continue;
            }
            if (osh_load_acquire(&list[i]) != 0) {
                /* Stops it again; pairs with the load of every sequence. */
                taken[i] = osh_exchange(&list[i], 0);
                continue;
            }
            unsigned cls = i % OSH_CLASSES;
            struct osh_chain chain = chain_of(cls, taken[i]);
            taken[i] = 0;
            pending--;
            if (chain.count > 0) {
                give(cls, chain);
            }
        }
    }
    return fenced;
}

struct osh_chain osh_rseq_peek(unsigned core, enum osh_which which, unsigned cls)
{
    return chain_of(cls, osh_load(&osh_hot.lists[core].of.word[which][cls]));
}
