// SPDX-License-Identifier: Apache-2.0
#include "spell.h"

#include <errno.h>
#include <sched.h>
#include <sys/resource.h>

#include "clock.h"
#include "storm.h"

enum {
    LONGEST_FOR_CPU = 2,
    LONGEST_TO_BE_STEADY = 4,
    SLICE_NS = 2000000,
    STEADY_SLICES = 10,
    FEW_FAULTS = 64, // in so many slices: a hundredth of their time, at 3 us a fault
};

// Threads that are not on a CPU wait for one: no machine gives them this share.
static const double LEAST_SHARE = 0.9;

struct storm_use storm_use_now(void)
{
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return (struct storm_use){
        .cpu_s = (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
                 (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) * 1e-6,
        .faults = (unsigned long)use.ru_minflt + (unsigned long)use.ru_majflt,
    };
}

static void sleep_until_ns(uint64_t ns)
{
    struct timespec until = {.tv_sec = (time_t)(ns / 1000000000u),
                             .tv_nsec = (long)(ns % 1000000000u)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) {
    }
}

static unsigned busy_cpus(void)
{
    cpu_set_t set;
    unsigned cpus = sched_getaffinity(0, sizeof(set), &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
    return storm.threads < cpus ? storm.threads : cpus;
}

static uint64_t after(uint64_t begin, double seconds)
{
    return begin + (uint64_t)(seconds * 1e9);
}

void storm_wait(double seconds)
{
    uint64_t begin = storm_now_ns();
    double enough = storm_use_now().cpu_s + seconds * busy_cpus() * LEAST_SHARE;
    uint64_t last = after(begin, seconds * LONGEST_FOR_CPU);
    sleep_until_ns(after(begin, seconds));
    while (storm_use_now().cpu_s < enough && storm_now_ns() < last) {
        sleep_until_ns(storm_now_ns() + SLICE_NS);
    }
}

void storm_wait_until_steady(double seconds)
{
    uint64_t last = after(storm_now_ns(), seconds * LONGEST_TO_BE_STEADY);
    unsigned long before;
    storm_wait(seconds);
    do {
        before = storm_use_now().faults;
        sleep_until_ns(storm_now_ns() + STEADY_SLICES * (uint64_t)SLICE_NS);
    } while (storm_use_now().faults - before > FEW_FAULTS && storm_now_ns() < last);
}
