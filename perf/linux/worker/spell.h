// SPDX-License-Identifier: Apache-2.0
// How long the threads work at a stretch. The main thread waits here meanwhile.
#ifndef STORM_SPELL_H
#define STORM_SPELL_H

// What the process has used so far.
struct storm_use {
    double cpu_s;
    unsigned long faults;
};

struct storm_use storm_use_now(void);

// `seconds` by the clock, and longer while the threads have not had as much CPU time as
// that gives them on an idle machine: at most twice as long.
void storm_wait(double seconds);

// The same, then on until the process hardly touches new pages any more: at most four
// times as long. An allocator whose pages always come and go never gets there.
void storm_wait_until_steady(double seconds);

#endif
