// SPDX-License-Identifier: Apache-2.0
#include "run.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "block.h"
#include "clock.h"
#include "hist.h"
#include "memory.h"
#include "rng.h"
#include "spell.h"

struct storm_run storm;

// Between two of them every thread does the same step of the run; the main thread
// takes part, to read the clocks while nobody works.
static pthread_barrier_t gate;

static uint64_t live_by_thread[STORM_MAX_THREADS];

static void pass(void)
{
    pthread_barrier_wait(&gate);
}

// Work at a stretch, the same for thread and main: begun, timed, ended.
static void thread_spell(struct storm_thread *t, bool recording)
{
    pass();
    t->recording = recording;
    pass();
    storm.scenario->run(t);
    pass();
    t->recording = false;
}

static void thread_phase(struct storm_thread *t, unsigned phase)
{
    if (storm.scenario->enter != NULL) {
        storm.scenario->enter(t, phase);
    }
    if (!storm.scenario->fixed_work) {
        uint64_t ops = t->ops;
        thread_spell(t, false);
        t->ops = ops;
        t->phase_ops[phase] = 0;
    }
    thread_spell(t, true);
}

static void *thread_main(void *arg)
{
    struct storm_thread *t = arg;
    const struct storm_scenario *s = storm.scenario;
    if (s->fill != NULL) {
        s->fill(t);
    }
    t->ops = 0;
    for (unsigned p = storm.first_phase; p < s->phases; p++) {
        thread_phase(t, p);
    }
    live_by_thread[t->id] = s->live(t);
    pass();
    if (s->drain != NULL) {
        s->drain(t);
    }
    return NULL;
}

static void set_phase(unsigned phase)
{
    atomic_store_explicit(&storm.phase, phase, memory_order_relaxed);
}

static void start_threads(pthread_t *handle)
{
    for (unsigned i = 0; i < storm.threads; i++) {
        int error = pthread_create(&handle[i], NULL, thread_main, &storm.thread[i]);
        if (error != 0) {
            storm_die(EXIT_SYSTEM, "cannot start thread %u: %s", i, strerror(error));
        }
    }
}

static void prepare_threads(void)
{
    storm.thread = storm_map(storm.threads * sizeof(*storm.thread));
    for (unsigned i = 0; i < storm.threads; i++) {
        struct storm_thread *t = &storm.thread[i];
        t->id = i;
        t->rng = storm_rng_seed(i);
        t->seq = i << 24;
        t->hist = storm_map_lazy(sizeof(*t->hist));
        for (unsigned c = 0; c < CALL_KINDS; c++) {
            t->until_sample[c] = STORM_SAMPLE_EVERY;
        }
    }
}

// The time to the last thread's arrival belongs to the phase, and so do the
// operations done in it.
static void main_spell(unsigned phase, void (*wait)(double), double seconds,
                       struct storm_result *result)
{
    pass();
    set_phase(phase);
    struct storm_use before = storm_use_now();
    uint64_t begin = storm_now_ns();
    pass();
    if (!storm.scenario->fixed_work) {
        wait(seconds);
        set_phase(STORM_STOPPED);
    }
    pass();
    result->phase_s[phase] = (double)(storm_now_ns() - begin) * 1e-9;
    result->elapsed_s += result->phase_s[phase];
    struct storm_use now = storm_use_now();
    result->cpu_s += now.cpu_s - before.cpu_s;
    result->faults += now.faults - before.faults;
}

static void measure(struct storm_result *result)
{
    unsigned phases = storm.scenario->phases - storm.first_phase;
    for (unsigned p = storm.first_phase; p < storm.scenario->phases; p++) {
        if (!storm.scenario->fixed_work) {
            struct storm_result warm = {0};
            main_spell(p, storm_wait_until_steady, storm.warm_seconds, &warm);
        }
        storm_clock_finish();
        main_spell(p, storm_wait, storm.seconds / phases, result);
    }
    pass();
    for (unsigned i = 0; i < storm.threads; i++) {
        result->ops += storm.thread[i].ops;
        result->live_bytes += live_by_thread[i];
    }
}

void storm_execute(struct storm_result *result)
{
    storm_clock_start();
    prepare_threads();
    if (storm.scenario->setup != NULL) {
        storm.scenario->setup();
    }
    pthread_barrier_init(&gate, NULL, storm.threads + 1);
    pthread_barrier_init(&storm.sync, NULL, storm.threads);
    pthread_t *handle = storm_map(storm.threads * sizeof(*handle));
    result->base_rss_bytes = storm_rss_bytes();
    start_threads(handle);
    measure(result);
    for (unsigned i = 0; i < storm.threads; i++) {
        pthread_join(handle[i], NULL);
    }
    result->peak_rss_bytes = storm_peak_rss_bytes();
    if (storm.scenario->finish != NULL) {
        storm.scenario->finish();
    }
    const char *broken = storm.verify ? storm_check_heap() : NULL;
    if (broken != NULL) {
        storm_die(EXIT_CORRUPT, "the heap's own check fails: %s", broken);
    }
}

void storm_die(int status, const char *format, ...)
{
    va_list args;
    char text[512];
    va_start(args, format);
    // clang-analyzer 14 does not see va_start here.
    // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized)
    int n = vsnprintf(text, sizeof(text) - 1, format, args);
    va_end(args);
    size_t used = n < 0 ? 0 : strnlen(text, sizeof(text) - 1);
    text[used++] = '\n';
    if (write(STDERR_FILENO, text, used) < 0) {
        _exit(EXIT_SYSTEM);
    }
    _exit(status);
}
