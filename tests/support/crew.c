/* SPDX-License-Identifier: Apache-2.0 */
#include "crew.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct crew {
    void (*work)(unsigned member, void *shared);
    void *shared;
    pthread_barrier_t together;
};

struct member {
    struct crew *crew;
    unsigned number;
    pthread_t thread;
};

static cpu_set_t allowed;
static pthread_once_t allowed_known = PTHREAD_ONCE_INIT;

static void must(int error, const char *what)
{
    if (error != 0) {
        (void)fprintf(stderr, "%s: %s\n", what, strerror(error));
        abort();
    }
}

static void *live(void *argument)
{
    struct member *member = argument;
    unpin();
    (void)pthread_barrier_wait(&member->crew->together);
    member->crew->work(member->number, member->crew->shared);
    return NULL;
}

void run_crew(unsigned count, void (*work)(unsigned member, void *shared), void *shared)
{
    static struct member members[CREW_MAX];
    struct crew crew = {.work = work, .shared = shared};
    must(count > CREW_MAX, "too large a crew");
    must(pthread_barrier_init(&crew.together, NULL, count), "pthread_barrier_init");
    for (unsigned i = 0; i < count; i++) {
        members[i].crew = &crew;
        members[i].number = i;
        must(pthread_create(&members[i].thread, NULL, live, &members[i]), "pthread_create");
    }
    for (unsigned i = 0; i < count; i++) {
        must(pthread_join(members[i].thread, NULL), "pthread_join");
    }
    must(pthread_barrier_destroy(&crew.together), "pthread_barrier_destroy");
}

struct errand {
    unsigned cpu;
    void (*work)(void);
};

static void *run_errand(void *argument)
{
    const struct errand *errand = argument;
    pin_to_cpu(errand->cpu);
    errand->work();
    return NULL;
}

void run_on_cpu(unsigned cpu, void (*work)(void))
{
    pthread_t thread;
    struct errand errand = {cpu, work};
    must(pthread_create(&thread, NULL, run_errand, &errand), "pthread_create");
    must(pthread_join(thread, NULL), "pthread_join");
}

static void learn_allowed(void)
{
    CPU_ZERO(&allowed);
    must(sched_getaffinity(0, sizeof(allowed), &allowed) != 0, "sched_getaffinity");
}

unsigned usable_cpus(void)
{
    (void)pthread_once(&allowed_known, learn_allowed);
    return (unsigned)CPU_COUNT(&allowed);
}

void pin_to_cpu(unsigned cpu)
{
    cpu_set_t one;
    unsigned left = cpu % usable_cpus();
    size_t number = 0;
    while (!CPU_ISSET(number, &allowed) || left-- > 0) {
        number++;
    }
    CPU_ZERO(&one);
    CPU_SET(number, &one);
    must(sched_setaffinity(0, sizeof(one), &one) != 0, "sched_setaffinity");
}

void unpin(void)
{
    (void)pthread_once(&allowed_known, learn_allowed);
    must(sched_setaffinity(0, sizeof(allowed), &allowed) != 0, "sched_setaffinity");
}

#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
#define TSAN 1
#else
#define TSAN 0
#endif
#if TSAN || defined(OSH_TEST_SLOW) || defined(__SANITIZE_ADDRESS__) || \
    __has_feature(address_sanitizer)
#define SLOWER 10
#else
#define SLOWER 1
#endif

bool thread_sanitizer_watches(void)
{
    return TSAN;
}

unsigned rounds(unsigned natively)
{
    return natively / SLOWER;
}

uint64_t random_below(uint64_t *seed, uint64_t limit)
{
    uint64_t x = *seed;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    *seed = x;
    return (x >> 11) % limit;
}
