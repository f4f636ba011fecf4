/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The heap's mutexes, and who may wait for them. Before a thread asks for a mutex, it notes that it
 * wants it. So a signal handler, announced or not, never waits for the code that it has
 * interrupted. Nor does it wait for a thread that waits for that code: a call asks for the
 * reclaim's mutex first, and then for newlib's; who asks the other way round is a handler, and only
 * tries. The mutexes are robust: if the owner's thread ends, the next thread that asks gets the
 * mutex, and sees by the heap's own marks that the owner ended inside.
 */
#include "arch.h"
#include "os/os_heap_linux.h"
#include "osh_brink.h"
#include "osh_config.h"
#include "osh_linux.h"

#include <errno.h>
#include <pthread.h>
#ifdef __GLIBC__
#include <sys/single_threaded.h>
#else
#define __libc_single_threaded false /* musl does not tell: the heap always locks */
#endif

/* Makes the linker take osh_process.c with this file. Nobody calls that file's constructor by
 * name. */
static const char *const loads __attribute__((used)) = &osh_process_loads;

/* A waiter tries so often before it sleeps, because the mutex is held for a few hundred
 * instructions only. */
#define TRIES 100

static struct {
    pthread_mutex_t mutex OSH_ALIGNED(OSH_CACHELINE);
} mutexes[OSH_MUTEXES] = {{PTHREAD_MUTEX_INITIALIZER}, {PTHREAD_MUTEX_INITIALIZER}};

#define OF_THIS_THREAD static _Thread_local __attribute__((tls_model("initial-exec")))
OF_THIS_THREAD volatile unsigned signal_depth;
OF_THIS_THREAD volatile unsigned wanted; /* a bit per mutex: asked for, and not given back */
OF_THIS_THREAD volatile unsigned held;   /* a bit per mutex: the thread has it */

void os_heap_signal_enter(void)
{
    signal_depth++;
}

void os_heap_signal_leave(void)
{
    signal_depth--;
}

/* Called if the owner of the mutex ended inside. If it was reclaiming, starts the lists that it had
 * stopped, as empty lists. If it was starting the heap, there are no lists yet. The newlib heap has
 * a mark of its own. */
static void after_left(enum osh_mutex mutex)
{
    if (mutex != OSH_MUTEX_RECLAIM || osh_hot.lists == NULL) {
        return;
    }
    osh_brink_end();
    for (unsigned core = 0; core < osh_arch_cores(); core++) {
        osh_arch_go_on(core);
    }
}

/* Gives back the mutexes of a call that the thread left by a jump. */
void os_heap_signal_reset(void)
{
    signal_depth = 0;
    for (unsigned mutex = 0; mutex < OSH_MUTEXES; mutex++) {
        if ((held >> mutex & 1) != 0) {
            after_left(mutex);
            osh_arch_unlock(mutex);
        }
    }
    wanted = 0;
}

bool osh_arch_in_interrupt(void)
{
    return signal_depth > 0;
}

bool osh_arch_os_started(void)
{
    return !__libc_single_threaded;
}

static bool want(enum osh_mutex mutex)
{
    if ((wanted >> mutex & 1) != 0) {
        return false; /* we have interrupted ourselves */
    }
    wanted |= 1u << mutex;
    return true;
}

static bool got(enum osh_mutex mutex, int status)
{
    if (status == EOWNERDEAD) {
        status = pthread_mutex_consistent(&mutexes[mutex].mutex);
        after_left(mutex);
    }
    if (status != 0) {
        wanted &= ~(1u << mutex);
        return false;
    }
    held |= 1u << mutex;
    return true;
}

bool osh_arch_lock(enum osh_mutex mutex)
{
    bool in_order = mutex != OSH_MUTEX_RECLAIM || wanted == 0;
    if (signal_depth > 0 || !want(mutex)) {
        return false;
    }
    if (!in_order) {
        return got(mutex, pthread_mutex_trylock(&mutexes[mutex].mutex));
    }
    int status = EBUSY;
    for (unsigned tries = TRIES; status == EBUSY && tries > 0; tries--) {
        status = pthread_mutex_trylock(&mutexes[mutex].mutex);
        osh_relax();
    }
    return got(mutex, status == EBUSY ? pthread_mutex_lock(&mutexes[mutex].mutex) : status);
}

bool osh_arch_try_lock(enum osh_mutex mutex)
{
    return want(mutex) && got(mutex, pthread_mutex_trylock(&mutexes[mutex].mutex));
}

void osh_arch_unlock(enum osh_mutex mutex)
{
    held &= ~(1u << mutex);
    (void)pthread_mutex_unlock(&mutexes[mutex].mutex);
    wanted &= ~(1u << mutex);
}

static void make_anew(enum osh_mutex mutex)
{
    pthread_mutexattr_t attributes;
    (void)pthread_mutexattr_init(&attributes);
    (void)pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    (void)pthread_mutex_init(&mutexes[mutex].mutex, &attributes);
    (void)pthread_mutexattr_destroy(&attributes);
}

void osh_locks_start(void)
{
    static bool done;
    if (done) {
        return;
    }
    done = true;
    for (unsigned mutex = 0; mutex < OSH_MUTEXES; mutex++) {
        make_anew(mutex);
    }
}

void osh_locks_in_child(void)
{
    for (unsigned mutex = 0; mutex < OSH_MUTEXES; mutex++) {
        make_anew(mutex);
        if ((held >> mutex & 1) != 0) {
            (void)pthread_mutex_lock(&mutexes[mutex].mutex);
        }
    }
}
