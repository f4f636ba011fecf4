/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chooses the form of the lists once, when the heap starts: restartable sequences if they
 * work, else pairs. OSHEAP_OPTIONS=port=portable or =rseq takes precedence. If it asks for rseq and
 * there is none, the program stops with a message.
 */
#include "arch.h"
#include "osh_linux.h"
#include "osh_pairs.h"

static bool use_rseq;

static bool choose_rseq(unsigned cpus)
{
    enum osh_linux_port port = osh_linux_port();
    if (port != OSH_PORT_PORTABLE && cpus > 0 && osh_rseq_available()) {
        return true;
    }
    if (port == OSH_PORT_RSEQ) {
        osh_arch_fail("OSHEAP_OPTIONS: port=rseq, but glibc or the kernel offers no restartable "
                      "sequences, or does not say which CPU numbers there are",
                      NULL);
    }
    return false;
}

void osh_arch_start(void)
{
    if (!osh_arch_os_started()) {
        osh_locks_start();
    }
    unsigned cpus = osh_linux_cpus();
    unsigned cores = osh_lists_start(cpus > 0 ? cpus : OSH_PAIRS_CORES);
    use_rseq = choose_rseq(cores == cpus ? cpus : 0);
    osh_hot.link_shift = use_rseq ? OSH_WORD_SHIFT : 0;
    osh_hot.link_mask = use_rseq ? OSH_WORD_ROOM : 0;
    if (use_rseq) {
        osh_rseq_start();
    } else {
        osh_pairs_start(cores);
    }
}

bool osh_arch_fast(void)
{
    return use_rseq;
}

const char *osh_arch_name(void)
{
    return use_rseq ? "rseq" : "portable";
}

unsigned osh_arch_cores(void)
{
    return osh_lists_cores();
}

unsigned osh_arch_core(void)
{
    return use_rseq ? osh_rseq_core() : osh_pairs_core();
}

void *osh_arch_pop_slow(unsigned cls)
{
    return use_rseq ? osh_rseq_pop(cls) : osh_pairs_pop_here(cls);
}

/* One copy of the sequence for both tries. */
static __attribute__((noinline)) bool push(unsigned cls, void *block)
{
    return osh_rseq_push(cls, block);
}

bool osh_arch_push_slow(unsigned cls, void *block)
{
    if (use_rseq) {
        return push(cls, block) || (osh_rseq_start_here() && push(cls, block));
    }
    return osh_pairs_push_here(cls, block);
}

bool osh_arch_exchange(enum osh_which which, unsigned cls, struct osh_chain *io)
{
    return use_rseq ? osh_rseq_swap(which, cls, io) : osh_pairs_exchange(which, cls, io);
}

bool osh_arch_stop(unsigned core, void (*give)(unsigned cls, struct osh_chain))
{
    return use_rseq ? osh_rseq_stop(core, give) : osh_pairs_stop(core, give);
}

void osh_arch_go_on(unsigned core)
{
    if (use_rseq) {
        osh_rseq_go_on(core);
    } else {
        osh_pairs_go_on(core);
    }
}

struct osh_chain osh_arch_peek(unsigned core, enum osh_which which, unsigned cls)
{
    return use_rseq ? osh_rseq_peek(core, which, cls) : osh_pairs_peek(core, which, cls);
}
