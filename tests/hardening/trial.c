/* SPDX-License-Identifier: Apache-2.0 */
#include "misuse.h"
#include "os/os_heap_linux.h"
#include "osh_class.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEPT 24u

static void *kept[KEPT];

unsigned pick(struct trial *trial, unsigned below)
{
    uint32_t x = trial->seed * 2654435761u + 0x9e3779b9u;
    x ^= x >> 15;
    trial->seed = x;
    return (x >> 4) % below;
}

size_t small_size(struct trial *trial)
{
    return 1 + (pick(trial, 3) == 0 ? pick(trial, OSH_SLAB_MAX / 8) : pick(trial, 200));
}

size_t large_size(struct trial *trial)
{
    return OSH_SLAB_MAX + 64 + pick(trial, OSH_SLAB_MAX);
}

void *block_of(size_t bytes)
{
    void *block = os_malloc(bytes);
    if (block == NULL) {
        (void)fputs("out of memory\n", stderr);
        _exit(3);
    }
    memset(block, 0x11, bytes);
    return block;
}

void noise(struct trial *trial, size_t size)
{
    for (unsigned i = 0; i < KEPT; i++) {
        size_t bytes = pick(trial, 2) == 0 ? size : small_size(trial);
        kept[i] = block_of(bytes);
    }
    for (unsigned i = 0; i < KEPT; i += 1 + pick(trial, 3)) {
        os_free(kept[i]);
        kept[i] = NULL;
    }
}

void aftermath(struct trial *trial, size_t size)
{
    void *again[4 * KEPT];
    unsigned count = size > OSH_SLAB_MAX / 4 ? KEPT / 3 : 4 * KEPT;
    for (unsigned i = 0; i < count; i++) {
        again[i] = block_of(size);
    }
    for (unsigned i = 0; i < count; i++) {
        os_free(again[(i * 5) % count]);
    }
    for (unsigned i = 0; i < KEPT; i++) {
        os_free(kept[i]);
        kept[i] = NULL;
    }
    (void)trial;
    (void)os_heap_trim();
}

void begin_deferring(void)
{
    os_heap_signal_enter();
}

void end_deferring(void)
{
    os_heap_signal_leave();
}

static int first_cpu;
static int last_cpu;

static void keep_to(int cpu)
{
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET((unsigned)cpu, &cpus);
    (void)sched_setaffinity(0, sizeof(cpus), &cpus);
}

void keep_to_one_cpu(void)
{
    cpu_set_t all;
    (void)sched_getaffinity(0, sizeof(all), &all);
    first_cpu = -1;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (CPU_ISSET((unsigned)cpu, &all)) {
            first_cpu = first_cpu < 0 ? cpu : first_cpu;
            last_cpu = cpu;
        }
    }
    keep_to(first_cpu);
}

struct errand {
    void (*run)(void *argument);
    void *argument;
};

static void *run_errand(void *given)
{
    struct errand *errand = given;
    keep_to(last_cpu);
    errand->run(errand->argument);
    return NULL;
}

void elsewhere(void (*run)(void *argument), void *argument)
{
    struct errand errand = {run, argument};
    pthread_t thread;
    if (pthread_create(&thread, NULL, run_errand, &errand) != 0) {
        _exit(3);
    }
    (void)pthread_join(thread, NULL);
}

void *opaque(const void *pointer)
{
    void *result;
    __asm__("" : "=r"(result) : "0"(pointer));
    return result;
}
