/* SPDX-License-Identifier: Apache-2.0 */
#include "misuse.h"
#include "os/os_heap_linux.h"
#include "osh_class.h"
#include "osh_kept.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEPT 24u
#define ENDS 2048u

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

/* An address in the heap: of a block, its header, its middle. */
static uintptr_t address_in_heap(struct trial *trial)
{
    uintptr_t block = (uintptr_t)kept[pick(trial, KEPT)];
    return block + sizeof(uintptr_t) * pick(trial, 8) - 2 * sizeof(uintptr_t);
}

uintptr_t plausible_word(struct trial *trial)
{
    static const char text[] = "a line of text, as logs have them";
    double number = 1.0 / (1 + pick(trial, 1000));
    uintptr_t word = 0;
    switch (pick(trial, 13)) {
    case 0:
        return 0;
    case 1:
        return pick(trial, 256);
    case 2:
        return 8 * (uintptr_t)(1 + pick(trial, 4096));
    case 3: /* a chunk of newlib's that size, the one before it in use */
        return 2 * sizeof(void *) * (2 + pick(trial, 64)) | 1;
    case 4:
        return 65;
    case 5:
        return 64 | pick(trial, 8);
    case 6: /* a fencepost */
        return sizeof(void *) | pick(trial, 2);
    case 7:
        memset(&word, (int)pick(trial, 256), sizeof(word));
        return word;
    case 8:
        memcpy(&word, text + pick(trial, sizeof(text) - sizeof(word)), sizeof(word));
        return word;
    case 9:
        memcpy(&word, &number, sizeof(word));
        return word;
    case 10:
        return (uintptr_t)0 - (1 + pick(trial, 64));
    case 11:
        return OSH_SLAB_MAX + 64 + 16 * pick(trial, OSH_SLAB_MAX / 16);
    default:
        return address_in_heap(trial);
    }
}

void contents(struct trial *trial, void *at, size_t bytes)
{
    uintptr_t words[32];
    static const unsigned periods[] = {1, 1, 2, 32};
    unsigned period = periods[pick(trial, 4)];
    for (unsigned i = 0; i < 32; i++) {
        words[i] = i < period ? plausible_word(trial) : words[i - period];
    }
    for (size_t done = 0; done < bytes; done += sizeof(words)) {
        size_t rest = bytes - done;
        memcpy((char *)at + done, words, rest < sizeof(words) ? rest : sizeof(words));
    }
}

/* Of long blocks both ends: the rest is what was there. */
void *block_of(struct trial *trial, size_t bytes)
{
    char *block = os_malloc(bytes);
    if (block == NULL) {
        (void)fputs("out of memory\n", stderr);
        _exit(3);
    }
    size_t end = bytes < ENDS ? bytes : ENDS;
    contents(trial, block, end);
    contents(trial, block + bytes - end, bytes > ENDS ? end : 0);
    return block;
}

void noise(struct trial *trial, size_t size)
{
    for (unsigned i = 0; i < KEPT; i++) {
        size_t bytes = pick(trial, 2) == 0 ? size : small_size(trial);
        kept[i] = block_of(trial, bytes);
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
        again[i] = block_of(trial, size);
    }
    for (unsigned i = 0; i < count; i++) {
        os_free(again[(i * 5) % count]);
    }
    for (unsigned i = 0; i < KEPT; i++) {
        os_free(kept[i]);
        kept[i] = NULL;
    }
    (void)os_heap_trim();
}

void begin_deferring(void)
{
    osh_kept_start(0); /* what is kept is not deferred */
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

void stop(void)
{
    end_of_trial();
}

void *opaque(const void *pointer)
{
    void *result;
    __asm__("" : "=r"(result) : "0"(pointer));
    return result;
}
