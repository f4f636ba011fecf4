/* SPDX-License-Identifier: Apache-2.0 */
/* The number of CPUs by the kernel, and memory for their lists. */
#include "osh_linux.h"

#include "arch.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel copies a mask with a bit for every possible CPU number, in whole words, and returns
 * its length; a buffer that is too short is an error. The thread's affinity does not change the
 * length, and neither do files that a container shows differently. */
unsigned osh_linux_cpus(void)
{
    unsigned long mask[OSH_LISTS_MOST / (8 * sizeof(unsigned long))];
    long bytes = syscall(SYS_sched_getaffinity, 0, sizeof(mask), mask);
    return bytes > 0 ? (unsigned)bytes * 8u : 0;
}

unsigned osh_arch_usable_cores(void)
{
    unsigned long mask[OSH_LISTS_MOST / (8 * sizeof(unsigned long))];
    long bytes = syscall(SYS_sched_getaffinity, 0, sizeof(mask), mask);
    unsigned cpus = 0;
    for (long i = 0; i * (long)sizeof(mask[0]) < bytes; i++) {
        cpus += (unsigned)__builtin_popcountl(mask[i]);
    }
    return cpus > 0 ? cpus : 1;
}

void *osh_linux_zeroed(size_t bytes)
{
    void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return pages != MAP_FAILED ? pages : NULL;
}
