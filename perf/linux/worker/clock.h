// SPDX-License-Identifier: Apache-2.0
// Time around one call: the CPU's counter where it has a cheap one.
#ifndef STORM_CLOCK_H
#define STORM_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t storm_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// The fences keep the timed call between the two reads.
#if defined(__x86_64__)
#include <x86intrin.h>
static inline uint64_t storm_tick_begin(void)
{
    _mm_lfence();
    uint64_t tick = __rdtsc();
    _mm_lfence();
    return tick;
}
static inline uint64_t storm_tick_end(void)
{
    unsigned aux;
    uint64_t tick = __rdtscp(&aux);
    _mm_lfence();
    return tick;
}
#elif defined(__aarch64__)
static inline uint64_t storm_tick_begin(void)
{
    uint64_t tick;
    __asm__ volatile("isb; mrs %0, cntvct_el0; isb" : "=r"(tick)::"memory");
    return tick;
}
static inline uint64_t storm_tick_end(void)
{
    return storm_tick_begin();
}
#else
static inline uint64_t storm_tick_begin(void)
{
    return storm_now_ns();
}
static inline uint64_t storm_tick_end(void)
{
    return storm_now_ns();
}
#endif

// Calibration spans the warm-up: start it first thing, finish it before the
// first recorded sample.
void storm_clock_start(void);
void storm_clock_finish(void);

// A tick interval in nanoseconds, less what reading the counter costs.
uint64_t storm_ticks_to_ns(uint64_t ticks);

// What reading the counter twice costs, in nanoseconds.
double storm_clock_overhead_ns(void);

#endif
