/* SPDX-License-Identifier: Apache-2.0 */
/* The heap in the life of a process: when it is loaded, forks and would be unloaded. */
#include "osh_fork.h"
#include "osh_linux.h"

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/auxv.h>

const char osh_process_loads = 1;

/* Absent from a static program. */
extern __typeof(dladdr) dladdr __attribute__((weak));
extern __typeof(dlopen) dlopen __attribute__((weak));

/* Where the linker put the first byte of whatever this is linked into. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((weak, visibility("hidden")));

static bool is_in_the_program(void)
{
    return &__ehdr_start == NULL ||
           (uintptr_t)&__ehdr_start + __ehdr_start.e_phoff == getauxval(AT_PHDR);
}

/* The kernel reads the description of a thread's last sequence when it preempts the thread
 * next, whenever that is: it must not be unmapped. */
static void stay_loaded(void)
{
    Dl_info found;
    if (!is_in_the_program() && dladdr != NULL && dlopen != NULL &&
        dladdr(&__ehdr_start, &found) != 0) {
        (void)dlopen(found.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
    }
}

/* Handlers run in the child as soon as it has begun. */
static void in_child(void)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, &before);
    osh_locks_in_child();
    osh_fork_in_child();
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Before the constructors of most: what others registered later comes before ours when
 * a process forks, and finds the heap open. */
__attribute__((constructor(101))) static void load(void)
{
    osh_locks_start();
    (void)pthread_atfork(osh_fork_prepare, osh_fork_in_parent, in_child);
    stay_loaded();
}
