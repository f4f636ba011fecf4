/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An optional thread that gives free memory back once the heap has been quiet for a while. The heap
 * itself has no clock: a program that frees much and then waits keeps what the heap may keep.
 *
 * The thread is there if OSHEAP_OPTIONS has decay=MILLISECONDS. It looks once in that time. If the
 * count of bytes in use is what it was the last time, and is not what it was after the last trim,
 * it calls os_heap_trim. So it trims once each time that the heap becomes quiet. A program that
 * works on in blocks of the cores' lists alone is quiet too: what a trim costs it is new blocks for
 * these lists.
 *
 * A child of fork has no other threads than the one that called fork; there the thread is started
 * again.
 */
#include "os/os_heap.h"
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

/* Bytes that are in no block and no cache. They change when blocks leave slabs or newlib's heap, or
 * return. */
static size_t free_bytes(void)
{
    struct os_heap_gauge gauge;
    os_heap_gauge(&gauge);
    return gauge.free;
}

static void sleep_for_a_while(void)
{
    struct timespec left = {(time_t)(milliseconds / 1000), (long)(milliseconds % 1000) * 1000000L};
    (void)nanosleep(&left, NULL); /* no signal comes here */
}

static _Noreturn void *decay(void *unused)
{
    (void)unused;
    size_t before = free_bytes();
    size_t trimmed = before; /* a program that has done nothing yet has nothing to give back */
    for (;;) {
        sleep_for_a_while();
        size_t now = free_bytes();
        if (now == before && now != trimmed) {
            (void)os_heap_trim();
            now = trimmed = free_bytes();
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
    milliseconds = osh_linux_decay_milliseconds();
    if (milliseconds != 0) {
        (void)pthread_atfork(NULL, NULL, start);
        start();
    }
}
