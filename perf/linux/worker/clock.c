// SPDX-License-Identifier: Apache-2.0
#include "clock.h"

enum { SHORTEST_CALIBRATION_NS = 5000000, OVERHEAD_READS = 2000 };

static uint64_t start_ns;
static uint64_t start_tick;
static double ns_per_tick;
static uint64_t overhead_ticks;

void storm_clock_start(void)
{
    start_ns = storm_now_ns();
    start_tick = storm_tick_begin();
    // The minimum: a larger value holds an interrupt, and subtracting that
    // would flatter short calls.
    overhead_ticks = UINT64_MAX;
    for (int i = 0; i < OVERHEAD_READS; i++) {
        uint64_t begin = storm_tick_begin();
        uint64_t spent = storm_tick_end() - begin;
        if (spent < overhead_ticks) {
            overhead_ticks = spent;
        }
    }
}

void storm_clock_finish(void)
{
    uint64_t ns;
    do {
        ns = storm_now_ns() - start_ns;
    } while (ns < SHORTEST_CALIBRATION_NS);
    ns_per_tick = (double)ns / (double)(storm_tick_begin() - start_tick);
}

uint64_t storm_ticks_to_ns(uint64_t ticks)
{
    uint64_t own = ticks > overhead_ticks ? ticks - overhead_ticks : 0;
    return (uint64_t)((double)own * ns_per_tick + 0.5);
}

double storm_clock_overhead_ns(void)
{
    return (double)overhead_ticks * ns_per_tick;
}
