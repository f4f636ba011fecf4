/* SPDX-License-Identifier: Apache-2.0 */
/* The Linux port on the machine: restartable sequences, or double-word CAS. */
#include "model_port.h"

#include "arch.h"
#include "model_libc.h"
#include "osh_linux.h"
#include "osh_pairs.h"

#include <linux/membarrier.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>

static struct rseq area;
ptrdiff_t model_rseq_offset;
static enum osh_linux_port chosen = OSH_PORT_RSEQ;

void model_port_start(void)
{
    model_rseq_offset = (char *)&area - (char *)__builtin_thread_pointer();
}

const char *model_port_suffix(void)
{
    return "";
}

bool model_port_choose(const char *port)
{
    bool portable = port != NULL && strcmp(port, "portable") == 0;
    chosen = portable ? OSH_PORT_PORTABLE : OSH_PORT_RSEQ;
    return true;
}

enum osh_linux_port osh_linux_port(void)
{
    return chosen;
}

void model_port_on_core(unsigned core)
{
    area.cpu_id = core;
}

void model_port_start_lists(void)
{
    for (unsigned core = 0; core < OSH_CORES; core++) {
        (void)osh_lists_begin(core, osh_arch_go_on);
    }
}

void *model_port_thread_lists(void)
{
    return osh_pairs_mine;
}

void model_port_set_thread_lists(void *lists)
{
    osh_pairs_mine = lists != NULL ? lists : osh_lists_few;
}

long model_syscall(long number, ...)
{
    va_list arguments;
    va_start(arguments, number);
    int command = va_arg(arguments, int);
    unsigned flags = va_arg(arguments, unsigned);
    unsigned cpu = va_arg(arguments, unsigned);
    va_end(arguments);
    if (number != SYS_membarrier) {
        machine_fail("the port makes system call %ld, which the model does not know", number);
    }
    if (command == MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ) {
        machine_fence_core(flags == MEMBARRIER_CMD_FLAG_CPU ? (int)cpu : -1);
    }
    return command == MEMBARRIER_CMD_QUERY ? MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ : 0;
}

int model_getcpu(void)
{
    return (int)machine_core();
}

unsigned osh_linux_cpus(void)
{
    return OSH_CORES;
}

static unsigned usable_cores = 1;

void model_port_cores(unsigned cores)
{
    usable_cores = cores;
}

unsigned osh_arch_usable_cores(void)
{
    return usable_cores;
}

void *osh_linux_zeroed(size_t bytes)
{
    static struct osh_lists lists[OSH_STOPPED_LISTS + OSH_CORES];
    return bytes <= sizeof(lists) ? lists : NULL;
}

void osh_locks_start(void)
{
}

/* A purge would be osh_arena_decommit(), which arena-trim calls. */
size_t osh_arch_idle_bytes(void)
{
    return SIZE_MAX;
}

size_t osh_arch_decay(void)
{
    return 0;
}

osh_word_t osh_arch_milliseconds(void)
{
    return 0;
}

bool osh_arch_commit_huge(void *start, size_t bytes)
{
    (void)start;
    (void)bytes;
    machine_step("the kernel commits a huge page");
    return true;
}

bool osh_arch_move(void *to, void *from, size_t bytes)
{
    (void)to;
    (void)from;
    (void)bytes;
    return false;
}
