/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An optional thread that gives free memory back once the heap has been quiet for a while. The heap
 * itself looks at the clock only when pages are released: a program that frees much and then does
 * not call the heap keeps what the heap may keep.
 *
 * The thread is there if OSHEAP_OPTIONS has thread=on. It looks once in each decay period. If the
 * counts of free bytes are what they were the last time, and are not what they were after the last
 * trim, it calls os_heap_trim. So it trims once each time that the heap becomes quiet. A program
 * that works on in blocks of the cores' lists alone is quiet too: what a trim costs it is new
 * blocks for these lists.
 *
 * A child of fork has no other threads than the one that called fork; there the thread is started
 * again.
 */
#include "os/os_heap.h"
#include "osh_arena.h"
#include "osh_compiler.h"
#include "osh_linux.h"
#include "osh_malloc.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

OSH_VARIABLE const char osh_malloc_decay_loads = 1;

static size_t milliseconds;

/* Two counts of free bytes. */
struct counts {
    size_t in_no_block; /* and in no cache: changes when blocks leave slabs or newlib's heap */
    size_t committed;   /* and in no slab: with the same blocks in use, it tells of a peak */
};

/* At the start. Taken before the thread is: its first steps may come late. */
static struct counts start_counts;

static struct counts count(void)
{
    struct os_heap_gauge gauge;
    os_heap_gauge(&gauge);
    return (struct counts){gauge.free, osh_arena_idle_bytes()};
}

static bool is_same(struct counts one, struct counts other)
{
    return one.in_no_block == other.in_no_block && one.committed == other.committed;
}

static void sleep_for_a_while(void)
{
    struct timespec left = {(time_t)(milliseconds / 1000), (long)(milliseconds % 1000) * 1000000L};
    (void)nanosleep(&left, NULL); /* no signal comes here */
}

static _Noreturn void *decay(void *unused)
{
    (void)unused;
    struct counts before = start_counts;
    struct counts trimmed = before; /* a program that has done nothing has nothing to give back */
    for (;;) {
        sleep_for_a_while();
        struct counts now = count();
        if (is_same(now, before) && !is_same(now, trimmed)) {
            (void)os_heap_trim();
            now = trimmed = count();
        }
        before = now;
    }
}

/* With all signals blocked: they are for the program's own threads. */
static void start(void)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, &before);
    start_counts = count();
    pthread_t thread;
    if (pthread_create(&thread, NULL, decay, NULL) ==
        0) { /* without it memory stays, as without the option */
        (void)pthread_setname_np(thread, "osheap-decay");
        (void)pthread_detach(thread);
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* After osh_process.c's, which comes first: at a fork its handler for the child runs before this
 * one, so the heap is whole again. */
__attribute__((constructor(102))) static void load(void)
{
    milliseconds = osh_linux_thread_milliseconds();
    if (milliseconds != 0) {
        (void)pthread_atfork(NULL, NULL, start);
        start();
    }
}
