/* SPDX-License-Identifier: Apache-2.0 */
/* The cores in turn, and what they do to lines. */
#include "lines.h"
#include "model_port.h"

#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

enum { STACK_BYTES = 256 * 1024 };

struct core {
    ucontext_t here;
    void *stack;
    uint64_t now;
    bool ended;
    bool in_call, call_shares;
    struct lines_counts counts;
};

static struct core cores[LINES_CORES_MOST];
static ucontext_t caller;
static unsigned core_count;
static struct core *running;
static void (*the_body)(unsigned core);
static uint64_t others_now; /* of the one that is furthest behind, when `running` began */
static unsigned met;
static unsigned meetings;

unsigned lines_core(void)
{
    return (unsigned)(running - cores);
}

bool lines_running(void)
{
    return running != NULL;
}

/* The one that is furthest behind, of equals the lowest. */
static struct core *next(void)
{
    struct core *chosen = NULL;
    for (struct core *core = cores; core < cores + core_count; core++) {
        if (!core->ended && (chosen == NULL || core->now < chosen->now)) {
            chosen = core;
        }
    }
    return chosen;
}

static uint64_t least_of_others(void)
{
    uint64_t least = UINT64_MAX - LINES_TRANSFER;
    for (const struct core *core = cores; core < cores + core_count; core++) {
        least = core != running && !core->ended && core->now < least ? core->now : least;
    }
    return least;
}

static void go_on(struct core *to, ucontext_t *from)
{
    running = to;
    if (to != NULL) {
        model_port_on_core(lines_core());
        others_now = least_of_others();
    }
    (void)swapcontext(from, to != NULL ? &to->here : &caller);
}

static void let_others_run(void)
{
    struct core *to = next();
    if (to != running) {
        go_on(to, &running->here);
    }
}

/* No core is further ahead of another than a transfer takes. */
static bool is_ahead(void)
{
    return running->now > others_now + LINES_TRANSFER;
}

static void top(void)
{
    the_body(lines_core());
    struct core *done = running;
    done->ended = true;
    go_on(next(), &done->here);
}

void lines_run(unsigned count, void (*body)(unsigned core))
{
    core_count = count;
    the_body = body;
    met = meetings = 0;
    lines_forget();
    for (struct core *core = cores; core < cores + count; core++) {
        void *stack = core->stack != NULL ? core->stack : aligned_alloc(4096, STACK_BYTES);
        if (stack == NULL) {
            (void)fprintf(stderr, "lines: no memory for stacks\n");
            exit(EXIT_FAILURE);
        }
        *core = (struct core){.stack = stack};
        (void)getcontext(&core->here);
        core->here.uc_stack.ss_sp = stack;
        core->here.uc_stack.ss_size = STACK_BYTES;
        makecontext(&core->here, top, 0);
    }
    go_on(&cores[0], &caller);
}

static void touch(uintptr_t line, enum lines_access how)
{
    unsigned core = lines_core();
    bool transfer = lines_transfers(core, line, how != LINES_READ);
    bool shared_atomic = how == LINES_ATOMIC && lines_is_shared(core, line);
    running->now += transfer ? LINES_TRANSFER : 1;
    if (running->in_call) {
        running->counts.in_calls += transfer;
        running->counts.atomics += how == LINES_ATOMIC;
        running->counts.shared_atomics += shared_atomic;
        running->call_shares = running->call_shares || transfer || shared_atomic;
    } else {
        running->counts.in_program += transfer;
    }
    if (is_ahead()) {
        let_others_run();
    }
}

void lines_access(const volatile void *address, size_t bytes, enum lines_access how)
{
    uintptr_t first = (uintptr_t)address / LINES_BYTES;
    uintptr_t last = ((uintptr_t)address + bytes - 1) / LINES_BYTES;
    for (uintptr_t line = first; running != NULL && line <= last; line++) {
        touch(line, how);
    }
}

void lines_pause(void)
{
    running->now += LINES_TRANSFER;
    let_others_run();
}

void lines_meet(void)
{
    unsigned meeting = meetings;
    if (++met == core_count) {
        met = 0;
        meetings++;
    }
    while (meeting == meetings) {
        lines_pause();
    }
}

void lines_count_from_here(void)
{
    running->counts = (struct lines_counts){0};
}

struct lines_counts lines_counted(void)
{
    struct lines_counts sum = {0};
    for (const struct core *core = cores; core < cores + core_count; core++) {
        sum.calls += core->counts.calls;
        sum.in_calls += core->counts.in_calls;
        sum.in_program += core->counts.in_program;
        sum.atomics += core->counts.atomics;
        sum.shared_atomics += core->counts.shared_atomics;
        sum.calls_that_share += core->counts.calls_that_share;
    }
    return sum;
}

void lines_enter_call(void)
{
    running->in_call = true;
    running->call_shares = false;
}

void lines_leave_call(void)
{
    running->in_call = false;
    running->counts.calls++;
    running->counts.calls_that_share += running->call_shares;
}
