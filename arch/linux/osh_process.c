/* SPDX-License-Identifier: Apache-2.0 */
/* What the heap does when it is loaded, when the process forks, and to stay loaded. */
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

OSH_VARIABLE const char osh_process_loads = 1;

/* Weak: a static program does not have these. */
extern __typeof(dladdr) dladdr __attribute__((weak));
extern __typeof(dlopen) dlopen __attribute__((weak));

/* The first byte of the program or shared object that contains this file. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((weak, visibility("hidden")));

static bool is_in_the_program(void)
{
    return &__ehdr_start == NULL ||
           (uintptr_t)&__ehdr_start + __ehdr_start.e_phoff == getauxval(AT_PHDR);
}

/* Keeps a shared object with this heap loaded. When the kernel preempts a thread it reads the
 * descriptor of the thread's last sequence, perhaps long after the call, so that must stay mapped.
 */
static void stay_loaded(void)
{
    Dl_info found;
    if (!is_in_the_program() && dladdr != NULL && dlopen != NULL &&
        dladdr(&__ehdr_start, &found) != 0) {
        (void)dlopen(found.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
    }
}

/* Blocks signals, because handlers could otherwise run in the child before the heap is repaired. */
static void in_child(void)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, &before);
    osh_locks_in_child();
    osh_fork_in_child();
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Runs before most other constructors. At a fork, handlers that were registered later run first, so
 * these still find the heap unlocked. */
__attribute__((constructor(101))) static void load(void)
{
    osh_locks_start();
    (void)pthread_atfork(osh_fork_prepare, osh_fork_in_parent, in_child);
    stay_loaded();
}
