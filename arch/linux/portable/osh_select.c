/* SPDX-License-Identifier: Apache-2.0 */
/* The port's functions, for a library with the portable port only. */
#include "arch.h"
#include "osh_linux.h"

void osh_arch_start(void)
{
    if (osh_linux_port() == OSH_PORT_RSEQ) {
        osh_arch_fail("OSHEAP_OPTIONS: port must be portable: this library has no other", NULL);
    }
    if (!osh_arch_os_started()) {
        osh_locks_start();
    }
    unsigned cpus = osh_linux_cpus();
    osh_pairs_start(osh_lists_start(cpus > 0 ? cpus : OSH_PAIRS_CORES));
}

bool osh_arch_fast(void)
{
    return true;
}

const char *osh_arch_name(void)
{
    return "portable";
}

unsigned osh_arch_cores(void)
{
    return osh_lists_cores();
}

unsigned osh_arch_core(void)
{
    return osh_pairs_core();
}

void *osh_arch_pop_slow(unsigned cls)
{
    return osh_pairs_pop_here(cls);
}

bool osh_arch_push_slow(unsigned cls, void *block)
{
    return osh_pairs_push_here(cls, block);
}

bool osh_arch_exchange(enum osh_which which, unsigned cls, struct osh_chain *io)
{
    return osh_pairs_exchange(which, cls, io);
}

bool osh_arch_stop(unsigned core, void (*give)(unsigned cls, struct osh_chain))
{
    return osh_pairs_stop(core, give);
}

void osh_arch_go_on(unsigned core)
{
    osh_pairs_go_on(core);
}

struct osh_chain osh_arch_peek(unsigned core, enum osh_which which, unsigned cls)
{
    return osh_pairs_peek(core, which, cls);
}
