// SPDX-License-Identifier: Apache-2.0
// What a scenario sees: the run, its own thread, blocks and the clock's verdict.
#ifndef STORM_H
#define STORM_H

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORM_LINE 128
#define STORM_MAX_THREADS 1024
#define STORM_MAX_PHASES 16
#define STORM_MAX_MEASURES 4

enum storm_call { CALL_MALLOC, CALL_FREE, CALL_REALLOC, CALL_KINDS };

struct storm_hist;

// One per thread, on lines of its own so that the harness shares none.
struct storm_thread {
    _Alignas(STORM_LINE) uint64_t rng;
    uint64_t ops;
    uint32_t until_sample[CALL_KINDS];
    uint32_t seq;
    unsigned id;
    bool recording;
    struct storm_hist *hist;
    void *state;
    uint64_t phase_ops[STORM_MAX_PHASES];
};

// Memory seen at one point of a scenario that records its course.
struct storm_point {
    const char *label;
    uint64_t live_bytes;
    uint64_t rss_bytes;
    uint64_t live_after_bytes;
    uint64_t rss_after_bytes;
};

// What brink finds after everything was freed.
struct storm_recovery {
    uint64_t first_fill_bytes;
    uint64_t lowest_fill_bytes;
    uint64_t nulls;
    uint64_t large_bytes;
    bool large_had;
    uint64_t refill_bytes;
};

// A figure that one scenario has and others have not.
struct storm_measure {
    const char *name;
    uint64_t value;
};

struct storm_scenario {
    const char *name;
    const char *about;
    unsigned phases;                     // equal parts of the measured time, at least 1
    bool region_only;                    // runs inside a fixed region
    bool fixed_work;                     // run returns when it is done; no warm-up, no timer
    void (*setup)(void);                 // main thread, before the threads start
    void (*fill)(struct storm_thread *); // each thread, up to the steady state
    void (*enter)(struct storm_thread *, unsigned phase); // before it, untimed
    void (*run)(struct storm_thread *);                   // until !storm_running(); resumable
    uint64_t (*live)(struct storm_thread *);              // requested bytes held, while all rest
    void (*drain)(struct storm_thread *);                 // gives everything back
    unsigned (*phase_label)(unsigned phase);              // a number that names the phase
    void (*finish)(void); // main thread, when the threads have ended: storm_measure
};

// One process is one run, so the run is a global.
struct storm_run {
    const struct storm_scenario *scenario;
    unsigned threads;
    double seconds;
    double warm_seconds;
    bool verify;
    size_t region_bytes;
    unsigned large_live;
    size_t most_bytes;    // that fresh, afterwards and holes may ask for; SIZE_MAX: all they want
    unsigned first_phase; // those before are left out; a scenario's setup may say
    struct storm_thread *thread;
    pthread_barrier_t sync; // all threads of the run, for scenarios that need it
    struct storm_point point[STORM_MAX_PHASES];
    unsigned points;
    struct storm_recovery recovery;
    struct storm_measure measure[STORM_MAX_MEASURES];
    unsigned measures;
    // Written by the main thread's timer, polled by the threads. Relaxed on both
    // sides: it orders nothing, the barriers around a run do.
    atomic_uint phase;
};

extern struct storm_run storm;

#define STORM_STOPPED UINT_MAX

static inline unsigned storm_phase(void)
{
    return atomic_load_explicit(&storm.phase, memory_order_relaxed);
}

// Adds a figure to the report.
static inline void storm_measure(const char *name, uint64_t value)
{
    storm.measure[storm.measures++] = (struct storm_measure){name, value};
}

static inline size_t storm_at_most(size_t bytes)
{
    return bytes < storm.most_bytes ? bytes : storm.most_bytes;
}

static inline bool storm_running(void)
{
    return storm_phase() != STORM_STOPPED;
}

_Noreturn void storm_die(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Exit statuses the runner tells apart.
enum { EXIT_USAGE = 2, EXIT_NO_MEMORY = 3, EXIT_CORRUPT = 4, EXIT_SYSTEM = 5 };

#endif
